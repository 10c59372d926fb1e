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


def chain(node):
    """Writes what chains of addenda are followed with in the words of DuckDB."""
    if isinstance(node, sqlglot.exp.Reduce):
        steps = node.this.args["end"].sql("duckdb")
        start, merge = node.args["initial"].sql("duckdb"), node.args["merge"]
        state, step = merge.expressions
        body = merge.this.sql("duckdb").replace(f" {step.name} >", f" CAST({step.name}[1] AS BIGINT) >")
        return sqlglot.parse_one(
            f"list_reduce([[CAST(n AS VARCHAR), NULL] FOR n IN range(1, CAST(1 + {steps} AS BIGINT))], "
            f"LAMBDA {state.name}, {step.name} : {body}, {start})[2]", read="duckdb")
    return node


rewritten = []
for statement in sys.stdin.read().split(";\n"):
    if not statement.strip():
        continue
    tree = sqlglot.parse_one(statement, read="athena", error_level=ErrorLevel.RAISE)
    if isinstance(tree, sqlglot.exp.Command):
        raise SystemExit(f"not understood: {statement}")
    tree = sqlglot.parse_one(WORDS.sub(r"words_of(\1)", statement), read="athena", error_level=ErrorLevel.RAISE)
    rewritten.append(tree.transform(chain).sql(dialect="duckdb").replace("ARRAY_LENGTH(leads)", "CARDINALITY(leads)"))
json.dump(rewritten, sys.stdout)
