package ddl

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// A kind is the type of a column, as far as dialects name it.
type kind int

const (
	text kind = iota
	boolean
	timestamp
	structure
	list // of structures
)

// A column is a column of the table, or a field of one.
type column struct {
	name   string
	kind   kind
	fields []column // of a structure, or of a list's structures
}

// columns returns the table's columns, from the schema of its files.
func columns() ([]column, error) {
	return columnsOf(schema.Parquet())
}

func columnsOf(group parquet.Node) ([]column, error) {
	var all []column
	for _, field := range group.Fields() {
		c, err := columnOf(field.Name(), field)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func columnOf(name string, node parquet.Node) (c column, err error) {
	c.name = name
	logical := node.Type().String()
	switch {
	case !node.Leaf() && logical == "LIST":
		c.kind = list
		// A list is a group "list" that repeats a group "element".
		c.fields, err = columnsOf(node.Fields()[0].Fields()[0])
	case !node.Leaf():
		c.kind = structure
		c.fields, err = columnsOf(node)
	case logical == "BOOLEAN":
		c.kind = boolean
	case logical == "STRING":
		c.kind = text
	case logical == "TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS)":
		c.kind = timestamp
	default:
		err = fmt.Errorf("column %s: no dialect names the type %s", name, logical)
	}
	return c, err
}

// find returns the column of a name.
func find(all []column, name string) (column, error) {
	for _, c := range all {
		if c.name == name {
			return c, nil
		}
	}
	return column{}, fmt.Errorf("the table has no column %s", name)
}

// hive returns the column's type in the words of Hive, which Athena and Glue
// share.
func (c column) hive() string {
	switch c.kind {
	case boolean:
		return "boolean"
	case timestamp:
		return "timestamp"
	case structure:
		return c.hiveStruct()
	case list:
		return "array<" + c.hiveStruct() + ">"
	default:
		return "string"
	}
}

func (c column) hiveStruct() string {
	fields := make([]string, len(c.fields))
	for i, field := range c.fields {
		fields[i] = field.name + ":" + field.hive()
	}
	return "struct<" + strings.Join(fields, ",") + ">"
}
