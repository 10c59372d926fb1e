"""Reads a table with polars, and prints what was called by month.

python read_polars.py TABLE [MONTH]

TABLE is a folder or s3://bucket/prefix, MONTH the first to read, such as 2026-06.
"""

import sys

import polars as pl


def read(table: str, since: str = "") -> pl.LazyFrame:
    # The pattern leaves out _plantrail, where plantrail keeps its state: polars reads a
    # folder only if all files in it are Parquet. The partition's column must be asked for,
    # and is text. A table partitioned otherwise has eventday or eventyear.
    files = f"{table.rstrip('/')}/event*=*/*.parquet"
    frame = pl.scan_parquet(files, hive_schema={"eventmonth": pl.String})
    return frame.filter(pl.col("eventmonth") >= since)  # reads these months only


def main() -> None:
    answer = (
        read(*sys.argv[1:])
        .with_columns(caller=pl.col("useridentity").struct.field("arn"))
        .group_by("eventmonth", "eventname")
        .agg(
            events=pl.len(),
            errors=pl.col("errorcode").is_not_null().sum(),
            callers=pl.col("caller").drop_nulls().n_unique(),
            last=pl.col("eventtime").max().dt.date(),
        )
        .sort("eventmonth", "eventname")
        .collect()
    )
    sys.stdout.write(answer.write_csv())


if __name__ == "__main__":
    main()
