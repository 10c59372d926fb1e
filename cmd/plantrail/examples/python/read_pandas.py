"""Reads a table with pandas and pyarrow, and prints what was called by month.

python read_pandas.py TABLE [MONTH]

TABLE is a folder or s3://bucket/prefix, MONTH the first to read, such as 2026-06.
"""

import sys

import pandas as pd
import pyarrow as pa
from pyarrow import dataset

# Without this, the partition's column is a category, and eventyear one of numbers. A
# table partitioned otherwise has eventday or eventyear.
MONTHS = dataset.partitioning(pa.schema([("eventmonth", pa.string())]), flavor="hive")


def read(table: str, since: str = "", columns: list[str] | None = None) -> pd.DataFrame:
    # What begins with _, plantrail's state, is left out by pyarrow itself.
    months = [("eventmonth", ">=", since)]  # reads these months only
    return pd.read_parquet(table, engine="pyarrow", columns=columns, filters=months, partitioning=MONTHS)


def main() -> None:
    rows = read(*sys.argv[1:], columns=["eventmonth", "eventname", "eventtime", "errorcode", "useridentity"])
    rows["caller"] = rows["useridentity"].map(lambda identity: identity and identity["arn"])
    answer = rows.groupby(["eventmonth", "eventname"]).agg(
        events=("eventname", "size"),
        errors=("errorcode", "count"),
        callers=("caller", "nunique"),
        last=("eventtime", lambda times: times.max().date()),
    )
    sys.stdout.write(answer.to_csv())


if __name__ == "__main__":
    main()
