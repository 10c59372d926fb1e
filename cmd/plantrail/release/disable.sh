#!/bin/sh
# The argument is "remove" (deb) or 0 (rpm) where the package goes, and is not replaced.
set -e
if [ -d /run/systemd/system ]; then
	case ${1:-} in
	remove | 0) systemctl --quiet disable --now plantrail.timer plantrail-verify.timer || true ;;
	esac
fi
