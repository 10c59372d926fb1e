#!/bin/sh
# Builds what a release of the last commit would have, without publishing or signing.
# It is built in a clone: what is not committed is no part of it.
#
#   snapshot.sh FOLDER
set -eu
tools=$(pwd)/bin/release
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$(git rev-parse --show-toplevel)" "$clone/plantrail"
# Images are built where there is an engine to build them.
skip=publish,sign
docker info >/dev/null 2>&1 || skip=$skip,docker
(cd "$clone/plantrail" && PATH=$tools:$PATH goreleaser release --snapshot --clean --skip="$skip")
rm -rf "$1"
mv "$clone/plantrail/dist" "$1"
