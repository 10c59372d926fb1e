package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

// ddlCommand is plantrail ddl.
type ddlCommand struct {
	Athena athenaCommand `cmd:"" help:"Statements for Athena: table and views."`
	Glue   glueCommand   `cmd:"" help:"The table for the Glue catalog, as JSON."`
	DuckDB duckDBCommand `cmd:"" name:"duckdb" help:"Statements for DuckDB: table and views."`
	Trino  trinoCommand  `cmd:"" help:"Statements for Trino's Hive connector: table and views."`
	Spark  sparkCommand  `cmd:"" help:"Statements for Spark SQL: table and views."`
}

// Help is shown by plantrail ddl --help.
func (ddlCommand) Help() string {
	return `Prints what makes the table queryable, and the views support_plan_changes, support_plan_timeline, support_plan_current, support_plan_readers and cloudtrail_logs. Reads and changes nothing.`
}

// tableFlags name the table. All forms share them.
type tableFlags struct {
	Table string `help:"Where the table is: s3://bucket/prefix or a directory." placeholder:"URL"`
	Name  string `help:"What to call the table (default ${default})." placeholder:"NAME" default:"${table_name}"`
}

// table returns the table that the flags name, and its URL.
func (f *tableFlags) table() (ddl.Table, store.URL, error) {
	if f.Table == "" {
		return ddl.Table{}, store.URL{}, usage(errors.New("no table: name where it is, as in --table s3://my-tables/support-plans"))
	}
	u, err := store.ParseURL(f.Table)
	if err != nil {
		return ddl.Table{}, store.URL{}, usage(fmt.Errorf("--table %w", err))
	}
	t := ddl.Table{Location: u.String(), Name: f.Name, Endpoint: u.Endpoint, PathStyle: u.PathStyle}
	if u.Bucket == "" {
		t.Location = filepath.FromSlash("/" + u.Prefix)
	}
	return t, u, nil
}

// catalogFlags name the table in a catalog of AWS.
type catalogFlags struct {
	tableFlags
	Database  string `help:"Database of the table and views (default ${default})." placeholder:"NAME" default:"${database}"`
	Partition string `help:"How the table is partitioned: day, month or year, as it was first written (default ${default})." placeholder:"BY" default:"month"`
}

func (f *catalogFlags) table() (ddl.Table, error) {
	t, u, err := f.tableFlags.table()
	if err != nil {
		return t, err
	}
	if u.Endpoint != "" {
		return t, usage(fmt.Errorf("--table %s: Athena reads S3 of AWS only, not the endpoint %s", u, u.Endpoint))
	}
	scheme, err := parseScheme(f.Partition)
	t.Partition, t.Database = string(scheme), f.Database
	return t, err
}

// athenaCommand is plantrail ddl athena.
type athenaCommand struct{ catalogFlags }

// Help is shown by plantrail ddl athena --help.
func (athenaCommand) Help() string {
	return `Athena runs one statement at a time; each ends with a semicolon at the end of a line.

Example:

  plantrail ddl athena --table s3://my-tables/support-plans --database audit`
}

// Run carries out the command.
func (a *athenaCommand) Run(context.Context) error {
	t, err := a.table()
	if err != nil {
		return err
	}
	return printDDL(t.Athena())
}

// glueCommand is plantrail ddl glue.
type glueCommand struct{ catalogFlags }

// Help is shown by plantrail ddl glue --help.
func (glueCommand) Help() string {
	return `The same table as ddl athena makes, without the views.

Example:

  plantrail ddl glue --table s3://my-tables/support-plans > table.json
  aws glue create-table --cli-input-json file://table.json`
}

// Run carries out the command.
func (g *glueCommand) Run(context.Context) error {
	t, err := g.table()
	if err != nil {
		return err
	}
	return printDDL(t.Glue())
}

// duckDBCommand is plantrail ddl duckdb.
type duckDBCommand struct{ tableFlags }

// Help is shown by plantrail ddl duckdb --help.
func (duckDBCommand) Help() string {
	return `Looks whether the table has rows: where it has none yet, the views are over none, and DuckDB must be told again after the first run.

Example:

  plantrail ddl duckdb --table support-plans | duckdb plans.duckdb`
}

// Run carries out the command.
func (d *duckDBCommand) Run(ctx context.Context, v *voice) error {
	t, u, err := d.table()
	if err != nil {
		return err
	}
	scheme, none := hasNoRows(ctx, u)
	if !none {
		return printDDL(t.DuckDB())
	}
	t.Partition = string(scheme)
	if err := printDDL(t.EmptyDuckDB()); err != nil {
		return err
	}
	v.note("there are no rows yet, so the views are over none: print them again after the first run")
	return nil
}

// lookTime is how long it may take to find out whether a table has rows. Who prints
// statements for elsewhere may have no way to it from here.
const lookTime = 3 * time.Second

// hasNoRows reports whether it is certain that a table has no rows, and how it is
// partitioned if there is one.
func hasNoRows(ctx context.Context, u store.URL) (scheme table.Scheme, none bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	location, err := store.Open(ctx, u, false, &store.Shared{Concurrency: 1})
	if err != nil {
		return "", false
	}
	reader, err := table.OpenReader(ctx, location)
	if err != nil {
		return "", errors.Is(err, table.ErrNone)
	}
	some := false // a row, or a reason why it cannot be read
	reader.Rows(ctx, table.Filter{Columns: []string{"eventtime"}})(func(*schema.Event, error) bool {
		some = true
		return false
	})
	return reader.Scheme(), !some
}

// trinoCommand is plantrail ddl trino.
type trinoCommand struct{ catalogFlags }

// Help is shown by plantrail ddl trino --help.
func (trinoCommand) Help() string {
	return `For a session whose catalog is one of the Hive connector. Partitions are registered by the CALL, which is to be run again when there are new ones.

Example:

  plantrail ddl trino --table s3://my-tables/support-plans | trino --catalog hive`
}

// Run carries out the command.
func (c *trinoCommand) Run(context.Context) error {
	t, err := c.table()
	if err != nil {
		return err
	}
	return printDDL(t.Trino())
}

// sparkCommand is plantrail ddl spark.
type sparkCommand struct{ catalogFlags }

// Help is shown by plantrail ddl spark --help.
func (sparkCommand) Help() string {
	return `For Spark 3.5 and later. Partitions are registered by MSCK REPAIR TABLE, which is to be run again when there are new ones.

Example:

  plantrail ddl spark --table s3://my-tables/support-plans > plans.sql
  spark-sql -f plans.sql`
}

// Run carries out the command.
func (c *sparkCommand) Run(context.Context) error {
	t, err := c.table()
	if err != nil {
		return err
	}
	return printDDL(t.Spark())
}

// printDDL prints statements, or says what cannot be rendered.
func printDDL(statements string, err error) error {
	if errors.Is(err, ddl.ErrName) || errors.Is(err, ddl.ErrLocation) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(os.Stdout, statements)
	return err
}
