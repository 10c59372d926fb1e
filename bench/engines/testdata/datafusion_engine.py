# Runs statements in DataFusion. The first argument is a table's folder, the second the
# name of its partition column; the table is called t.
import sys

import datafusion

from answers import answer, statements

context = datafusion.SessionContext()
context.sql(f"CREATE EXTERNAL TABLE t STORED AS PARQUET PARTITIONED BY ({sys.argv[2]}) LOCATION '{sys.argv[1]}/'")


def rows(statement):
    for batch in context.sql(statement).collect():
        yield from zip(*(column.to_pylist() for column in batch.columns))


for statement in statements():
    answer(rows, statement)
