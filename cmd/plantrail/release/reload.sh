#!/bin/sh
# systemd reads the units again. Nothing is switched on: a timer needs to be told a table.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
