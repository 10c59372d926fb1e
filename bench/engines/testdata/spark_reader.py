# Reads a table with Spark: FOLDER ZONE WAREHOUSE, in a session of a time zone. What it
# prints is in rows.py.
import os
import time

os.environ["TZ"] = "UTC"  # of the times that Python is given
time.tzset()

import older_java  # noqa: F401
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, StructType

from rows import arguments, out, plain, say

folder, zone, warehouse = arguments()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.warehouse.dir", warehouse)
    .config("spark.sql.session.timeZone", zone)
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
say("version", spark.version)
frame = spark.read.option("mergeSchema", "true").parquet(folder)
types = {}


def add(name, t):
    if isinstance(t, StructType):
        for field in t.fields:
            add(f"{name}.{field.name}" if name else field.name, field.dataType)
    elif isinstance(t, ArrayType):
        add(name, t.elementType)
    else:
        types[name] = t.simpleString()


add("", frame.schema)
say("types", types)
for row in frame.toLocalIterator():
    say("row", plain(row.asDict(recursive=True)))
out.flush()
