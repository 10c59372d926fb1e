"""Asks a question of queries/ in DuckDB, and prints the answer as CSV.

python ask.py TABLE QUERY.sql

plantrail must be on the PATH; TABLE is a folder. The views know what raw rows do not say:
who the actor is, what a level is called, which addendum amends which call.
"""

import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd


def ask(table: str, query: str) -> pd.DataFrame:
    views = subprocess.run(["plantrail", "ddl", "duckdb", "--table", table], check=True, capture_output=True, text=True)
    with duckdb.connect() as database:
        database.execute(views.stdout)
        return database.execute(query).df()  # or .pl() for polars, .arrow() for Arrow


if __name__ == "__main__":
    sys.stdout.write(ask(sys.argv[1], Path(sys.argv[2]).read_text()).to_csv(index=False))
