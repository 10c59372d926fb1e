# What reader.py and spark_reader.py print: one JSON value a line, {"KIND": …} each.
#
# A row is an object of its columns: texts as they are, a time as the microseconds since
# 1970, null as null, a struct as an object and a list as an array. A text of more than
# 1000 bytes is its length and its SHA-256, as in readers_test.go.
import datetime
import hashlib
import json
import os
import sys

# What a reader itself prints goes elsewhere.
out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
os.dup2(2, 1)

epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def say(kind, value):
    out.write(json.dumps({kind: value}) + "\n")


def plain(value):
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, bytes):
        return "bytes that are no text: " + value.hex()[:100]
    if isinstance(value, str):
        text = value.encode()
        return value if len(text) <= 1000 else f"{len(text)} bytes, SHA-256 {hashlib.sha256(text).hexdigest()}"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return (value - epoch) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    return [plain(v) for v in value]


def arguments():
    return sys.argv[1:]
