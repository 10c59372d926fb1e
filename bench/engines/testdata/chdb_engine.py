# Runs statements in ClickHouse. The first argument is a table's folder; the table is
# called t.
import json
import sys

from chdb.session import Session

from answers import answer, statements

session = Session()
session.query(f"CREATE VIEW t AS SELECT * FROM file('{sys.argv[1]}/event*/events.parquet', Parquet)")


def rows(statement):
    return json.loads(str(session.query(statement, "JSONCompact")))["data"]


for statement in statements():
    answer(rows, statement)
