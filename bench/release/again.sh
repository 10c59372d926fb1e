#!/bin/sh
# Builds the last commit a second time, in another clone, under another home, umask, time
# zone and name of the machine, with nothing compiled before, and compares what came out.
#
#   again.sh FOLDER
set -eu
top=$(pwd)
home=$(mktemp -d)
trap 'chmod -R u+w "$home"; rm -rf "$home"' EXIT
go_modules=$(go env GOMODCACHE)
again() {
	umask 077
	HOME=$home TMPDIR=$home TZ=Pacific/Auckland LC_ALL=C GOCACHE=$home/cache GOMODCACHE=$go_modules \
		"$@" "$top/bench/release/snapshot.sh" "$home/dist"
}
# Another host name, where this user may have a name space of his own.
if unshare --uts hostname another 2>/dev/null; then
	again unshare --uts sh -c 'hostname another && exec "$0" "$@"'
else
	again env
fi
# The checksums are of all that is published; the archives' binaries are in them.
cp "$home/dist/checksums.txt" "$top/bin/release/checksums-again.txt"
diff "$1/checksums.txt" "$home/dist/checksums.txt"
(cd "$home/dist" && sha256sum --quiet --check checksums.txt)
echo "$(wc -l < "$1/checksums.txt") files, the same bytes in both builds"
