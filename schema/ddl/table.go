package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The defaults of a [Table].
const (
	DefaultDatabase = "default"
	DefaultName     = "support_plans"
)

// A Table says where a table is and what it shall be called.
type Table struct {
	Location  string // s3://bucket/prefix, or the path of a directory; no slash behind
	Partition string // day, month or year: what one partition covers
	Database  string // of Athena or Glue
	Name      string

	// Endpoint and PathStyle say how another S3 server than AWS is reached. DuckDB
	// must be told; Athena reads AWS only.
	Endpoint  string // http://host:port or https://host
	PathStyle bool
}

// Errors of a [Table] that cannot be rendered.
var (
	// ErrName says that a table or database cannot be called so.
	ErrName = errors.New("cannot be a name")
	// ErrLocation says that a query engine cannot find a table there.
	ErrLocation = errors.New("cannot be the place of the table")
	// ErrPartition says that a table is not partitioned so.
	ErrPartition = errors.New("is not a way to partition: write day, month or year")
)

// checkName refuses names that Athena does not take, and those of the views.
// Names need no escapes then, in any dialect.
func (t Table) checkName() error {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
	switch {
	case t.Name == "" || len(t.Name) > 128 || strings.Trim(t.Name, letters) != "":
		return fmt.Errorf("table name %q %w: write lower-case letters, digits and _", t.Name, ErrName)
	case slices.Contains(viewNames(), t.Name):
		return fmt.Errorf("table name %q %w: a view is called so", t.Name, ErrName)
	}
	return nil
}

// checkCatalog refuses what cannot be said to a catalog.
func (t Table) checkCatalog() error {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789_-"
	if err := t.checkName(); err != nil {
		return err
	}
	if t.Database == "" || len(t.Database) > 128 || strings.Trim(t.Database, letters) != "" {
		return fmt.Errorf("database name %q %w: write lower-case letters, digits, _ and -", t.Database, ErrName)
	}
	if !strings.Contains(t.Location, "://") {
		return fmt.Errorf("%q %w: a catalog names tables in S3: write s3://bucket/prefix", t.Location, ErrLocation)
	}
	// Quotes and \ would end a literal, ${ begins a projected value, and the
	// rest is what S3 itself calls safe, and =.
	if strings.ContainsFunc(t.Location, func(r rune) bool {
		return r > '~' || r <= ' ' || strings.ContainsRune("'\"`\\$;{}^%[]<>#|?", r)
	}) {
		return fmt.Errorf("%q %w: Athena and Trino take letters, digits and !-_.*()=/ there", t.Location, ErrLocation)
	}
	return nil
}

// forAWS returns the table's columns and partitions, if Athena and Glue can have
// it.
func (t Table) forAWS() (all []column, p partition, err error) {
	if err := t.checkName(); err != nil {
		return nil, p, err
	}
	if !strings.HasPrefix(t.Location, "s3://") {
		return nil, p, fmt.Errorf("%q %w: Athena reads tables in S3 only: write s3://bucket/prefix", t.Location, ErrLocation)
	}
	return t.forCatalog()
}

// forCatalog returns the table's columns and partitions, if a catalog can have it.
func (t Table) forCatalog() (all []column, p partition, err error) {
	if err = t.checkCatalog(); err == nil {
		p, err = t.partition()
	}
	if err == nil {
		all, err = columns()
	}
	return all, p, err
}

// A partition is how a table is partitioned, as partition projection says it.
type partition struct {
	column string
	format string // of Java's DateTimeFormatter
	unit   string // of java.time.temporal.ChronoUnit
	first  string
}

// partition returns how the table is partitioned. The first partition is that
// of November 2013, when CloudTrail began: no trail holds an event from before,
// and none that a clock error puts there is worth a thousand empty partitions.
// The last one is NOW, which Athena takes in UTC, cuts to the format and
// includes: the month, or year, that has begun is among the partitions.
func (t Table) partition() (partition, error) {
	switch column := "event" + t.Partition; t.Partition {
	case "day":
		return partition{column, "yyyy-MM-dd", "DAYS", "2013-11-01"}, nil
	case "month":
		return partition{column, "yyyy-MM", "MONTHS", "2013-11"}, nil
	case "year":
		return partition{column, "yyyy", "YEARS", "2013"}, nil
	}
	return partition{}, fmt.Errorf("%q %w", t.Partition, ErrPartition)
}

// A property is a name and its value.
type property struct{ name, value string }

// properties returns the table properties for Athena and Glue. With partition
// projection no partition is ever added by hand, nor looked for.
func (t Table) properties(p partition) []property {
	column := "projection." + p.column + "."
	all := []property{
		{"parquet.compression", "ZSTD"},
		{"projection.enabled", "true"},
		{column + "type", "date"},
		{column + "format", p.format},
		{column + "interval", "1"},
		{column + "interval.unit", p.unit},
		{column + "range", p.first + ",NOW"},
		{"storage.location.template", t.Location + "/" + p.column + "=${" + p.column + "}/"},
	}
	if t.Partition != "day" {
		// Trino knows neither months nor years there: it takes the partitions that
		// are registered, which Athena ignores.
		all = append(all, property{"trino.partition_projection.ignore", "true"})
	}
	return all
}
