# Reads Athena's statements, parses each as Athena does, those that define tables
# as Hive and the others as Trino, and prints them as JSON, rewritten for DuckDB.
import json
import re
import sys

import sqlglot
from sqlglot.errors import ErrorLevel

# DuckDB has no transform_values: the rule that it is for is a macro of the test there.
# Trino itself runs it in make engines.
WORDS = re.compile(r"transform_values\(TRY\(CAST\(json_parse\(([a-z.]+)\).*? THEN json_format\(v\) END\)")

rewritten = []
for statement in sys.stdin.read().split(";\n"):
    if not statement.strip():
        continue
    tree = sqlglot.parse_one(statement, read="athena", error_level=ErrorLevel.RAISE)
    if isinstance(tree, sqlglot.exp.Command):
        raise SystemExit(f"not understood: {statement}")
    tree = sqlglot.parse_one(WORDS.sub(r"words_of(\1)", statement), read="athena", error_level=ErrorLevel.RAISE)
    rewritten.append(tree.sql(dialect="duckdb"))
json.dump(rewritten, sys.stdout)
