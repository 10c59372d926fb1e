#!/bin/sh
# Writes what an archive consists of, in SPDX, without what would differ the next time:
# the time is the commit's, and the name that must be unique comes from the archive's bytes.
#
#   sbom.sh ARCHIVE DOCUMENT TIME
set -eu
sum=$(sha256sum "$1" | cut -c 1-32)
created=$(date -u -d "$3" +%Y-%m-%dT%H:%M:%SZ)
SYFT_CHECK_FOR_APP_UPDATE=false syft scan "file:$1" --quiet --output "spdx-json=$2"
sed -i -E "$2" \
	-e "s/(\"created\": ?)\"[^\"]*\"/\1\"$created\"/" \
	-e "s/(\"documentNamespace\": ?\"[^\"]*)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"/\1-$sum\"/"
