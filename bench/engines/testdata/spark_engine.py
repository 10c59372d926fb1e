# Runs statements in Spark. The first argument is a folder for what Spark itself keeps.
import sys

import older_java  # noqa: F401
from pyspark.sql import SparkSession

from answers import answer, statements

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.warehouse.dir", sys.argv[1])
    .config("spark.sql.session.timeZone", sys.argv[2])
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def rows(statement):
    return spark.sql(statement).collect()


for statement in statements():
    answer(rows, statement)
