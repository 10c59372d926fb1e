# How every engine is asked and answers: statements on standard input, each ended by a
# NUL; a line for each on standard output: ok or error, a tab, and the rows, joined by
# U+001E, of values joined by U+001F.
import os
import sys

# What an engine itself prints goes elsewhere.
out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
os.dup2(2, 1)


def statements():
    return [s for s in sys.stdin.buffer.read().decode().split("\0") if s]


def text(value):
    if value is None:
        return "null"
    if value is True or value is False:
        return str(value).lower()
    return str(value)


def answer(rows, statement):
    try:
        line = "ok\t" + "\x1e".join("\x1f".join(text(v) for v in row) for row in rows(statement))
    except Exception as error:
        line = f"error\t{error}"
    out.write(line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") + "\n")
    out.flush()
