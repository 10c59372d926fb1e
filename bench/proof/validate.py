"""Runs aws cloudtrail validate-logs once for each argument list on standard input, in one
process, and prints what each said and how it ended."""
import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver

for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
    if not os.environ.get(name):
        os.environ.pop(name, None)

results = []
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(["cloudtrail", "validate-logs", *arguments])
    results.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
json.dump(results, sys.stdout)
