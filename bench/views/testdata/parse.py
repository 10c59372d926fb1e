# Reads Athena's statements, parses each as Athena does, those that define tables
# as Hive and the others as Trino, and prints them as JSON, rewritten for DuckDB.
import json
import sys

import sqlglot
from sqlglot.errors import ErrorLevel

rewritten = []
for statement in sys.stdin.read().split(";\n"):
    if not statement.strip():
        continue
    tree = sqlglot.parse_one(statement, read="athena", error_level=ErrorLevel.RAISE)
    if isinstance(tree, sqlglot.exp.Command):
        raise SystemExit(f"not understood: {statement}")
    rewritten.append(tree.sql(dialect="duckdb"))
json.dump(rewritten, sys.stdout)
