# Reads a table with a library of Python: MODE FOLDER PARTITION [filters], where PARTITION
# is the name of the partition column. What it prints is in rows.py: all there is or, with
# filters, how many rows meet each of those on standard input.
import datetime
import glob
import importlib.metadata
import json
import operator
import os
import sys

from rows import arguments, epoch, out, plain, say

mode, folder, partition, *what = arguments()
files = sorted(glob.glob(f"{folder}/event*/*.parquet"))
version = importlib.metadata.version(mode)
say("version", version)


def place(path):
    return path.split(os.sep)[-2]


def of(path):
    return place(path).partition("=")[2]


# arrow_types tells the types of an Arrow schema's leaves.
def arrow_types(schema):
    import pyarrow

    types = {}

    def add(name, t):
        if pyarrow.types.is_dictionary(t):
            t = t.value_type
        if pyarrow.types.is_struct(t):
            for i in range(t.num_fields):
                add(f"{name}.{t[i].name}", t[i].type)
        elif pyarrow.types.is_list(t):
            add(name, t.value_type)
        else:
            types[name] = str(t)

    for field in schema:
        add(field.name, field.type)
    say("types", types)


def rows_of(batches):
    for batch in batches:
        for row in batch.to_pylist():
            say("row", plain(row))


def read_pyarrow():
    import pyarrow
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    first = ds.dataset(folder, partitioning="hive")
    # A dataset has the columns of its first file, unless it is told others.
    schema = pyarrow.unify_schemas([pq.read_schema(f) for f in files] + [first.schema])
    dataset = ds.dataset(folder, schema=schema, partitioning=ds.partitioning(schema=pyarrow.schema([schema.field(partition)]), flavor="hive"))
    arrow_types(dataset.schema)
    rows_of(dataset.to_batches())
    for path in files:
        file = pq.ParquetFile(path)
        meta = file.metadata
        say("file", {
            "file": place(path), "createdby": meta.created_by, "keys": {k.decode(): v.decode() for k, v in meta.metadata.items()},
            "sorting": [[meta.schema.column(c.column_index).path, c.descending, c.nulls_first] for c in getattr(meta.row_group(0), "sorting_columns", ())],
            "groups": [[meta.row_group(g).num_rows, meta.row_group(g).total_byte_size] for g in range(meta.num_row_groups)],
        })
        for g in range(meta.num_row_groups):
            for c in range(meta.num_columns):
                chunk = meta.row_group(g).column(c)
                s = chunk.statistics
                bounds = (s.min, s.max) if s is not None and s.has_min_max else (None, None)
                say("chunk", {
                    "file": place(path), "group": g, "rows": meta.row_group(g).num_rows, "column": chunk.path_in_schema, "encodings": list(chunk.encodings), "compression": chunk.compression,
                    "low": plain(bounds[0]), "high": plain(bounds[1]), "nulls": s.null_count if s is not None and s.has_null_count else None,
                })


def read_polars():
    import polars

    frames = [polars.read_parquet(f) for f in files]
    if hasattr(polars, "Enum"):  # newer
        frame = polars.concat([polars.scan_parquet(f, hive_partitioning=True) for f in files], how="diagonal").collect()
    else:  # older know no partitions
        frame = polars.concat([f.with_columns(polars.lit(of(p)).alias(partition)) for f, p in zip(frames, files)], how="diagonal")
    types = {}

    def add(name, t):
        if isinstance(t, polars.Struct):
            for field in t.fields:
                add(f"{name}.{field.name}", field.dtype)
        elif isinstance(t, polars.List):
            add(name, t.inner)
        else:
            types[name] = str(t)

    for name, t in frame.schema.items():
        add(name, t)
    say("types", types)
    rows_of([frame.to_arrow()])  # not to_dicts: the older one's times are a microsecond off


# duckdb_type adds the leaves of a type as DuckDB writes it: STRUCT(a VARCHAR, b VARCHAR)[].
def duckdb_type(types, name, t):
    t = t.removesuffix("[]")
    if not t.startswith("STRUCT("):
        types[name] = t
        return
    depth, start, inside = 0, 0, t[len("STRUCT("):-1] + ","
    for i, c in enumerate(inside):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            field, _, inner = inside[start:i].strip().partition(" ")
            duckdb_type(types, f"{name}.{field.strip(chr(34))}", inner)
            start = i + 1


def read_duckdb():
    import duckdb

    db = duckdb.connect()
    db.execute("SET TimeZone = 'America/New_York'")
    source = f"read_parquet('{folder}/event*/*.parquet', hive_partitioning = true, union_by_name = true)"
    types = {}
    for name, t in ((row[0], row[1]) for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()):
        duckdb_type(types, name, t)
    say("types", types)
    cursor = db.execute(f"SELECT * FROM {source}")
    names = [column[0] for column in cursor.description]
    while True:
        batch = cursor.fetchmany(1000)
        if not batch:
            break
        for row in batch:
            say("row", plain(dict(zip(names, row))))
    query = (
        "SELECT file_name, row_group_id, row_group_num_rows, replace(path_in_schema, ', ', '.'), encodings, compression, stats_min_value, stats_max_value, stats_null_count"
        f" FROM parquet_metadata('{folder}/event*/*.parquet')"
    )
    for path, group, rows, column, encodings, compression, low, high, nulls in db.execute(query).fetchall():
        say("chunk", {
            "file": place(path), "group": group, "rows": rows, "column": column, "encodings": encodings.split(", "), "compression": compression,
            "low": low, "high": high, "nulls": nulls,
        })


def read_datafusion():
    import datafusion

    context = datafusion.SessionContext()
    context.sql(f"CREATE EXTERNAL TABLE t STORED AS PARQUET PARTITIONED BY ({partition}) LOCATION '{folder}/'")
    frame = context.sql("SELECT * FROM t")
    arrow_types(frame.schema())
    rows_of(frame.collect())


def read_fastparquet():
    import fastparquet

    file = fastparquet.ParquetFile(folder)
    frame = file.to_pandas()
    say("types", {name: str(t) for name, t in frame.dtypes.items()})
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        say("row", plain(row))
    codecs, coded = {6: "ZSTD"}, {0: "PLAIN", 3: "RLE", 8: "RLE_DICTIONARY"}

    def bound(kind, value):
        if value is None:
            return None
        if kind == 0:  # BOOLEAN
            return value != b"\0"
        if kind == 2:  # INT64, a time in milliseconds
            return int.from_bytes(value, "little", signed=True) * 1000
        return plain(value.decode())

    for path in files:
        for g, group in enumerate(fastparquet.ParquetFile(path).row_groups):
            for chunk in group.columns:
                meta = chunk.meta_data
                s = meta.statistics
                say("chunk", {
                    "file": place(path), "group": g, "rows": group.num_rows, "column": ".".join(meta.path_in_schema),
                    "encodings": [coded.get(e, e) for e in meta.encodings], "compression": codecs.get(meta.codec, meta.codec),
                    "low": bound(meta.type, s.min_value), "high": bound(meta.type, s.max_value), "nulls": s.null_count,
                })


signs = {"==": operator.eq, ">=": operator.ge, "<": operator.lt}


def filters():
    for c in json.load(sys.stdin):
        value = c["value"]
        if c["kind"] == "time":
            value = epoch + datetime.timedelta(microseconds=value)
        yield c["path"], c["sign"], c["kind"], value


def filter_pyarrow():
    import pyarrow
    import pyarrow.dataset as ds

    dataset = ds.dataset(folder, partitioning="hive")
    for path, sign, kind, value in filters():
        if kind == "time":
            value = pyarrow.scalar(value, pyarrow.timestamp("ms", "UTC"))
        say("count", dataset.count_rows(filter=signs[sign](ds.field(tuple(path) if len(path) > 1 else path[0]), value)))


def filter_polars():
    import polars

    frames = [polars.scan_parquet(f) for f in files]
    for path, sign, kind, value in filters():
        column = polars.col(path[0])
        for name in path[1:]:
            column = column.struct.field(name)
        if kind == "time":
            value = polars.lit(value).cast(frames[0].schema["eventtime"])
        say("count", sum(f.filter(signs[sign](column, value)).collect().height for f in frames))


def filter_fastparquet():
    import fastparquet

    file = fastparquet.ParquetFile(folder)
    for path, sign, kind, value in filters():
        name = ".".join(path)
        if kind == "time":
            value = value.replace(tzinfo=None)
        # It leaves out row groups.
        rest = file.to_pandas(columns=[name], filters=[(name, sign, value)])[name]
        say("count", int(signs[sign](rest[rest.notna()], value).sum()))


globals()[("filter_" if what else "read_") + mode]()
out.flush()
