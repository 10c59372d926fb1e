package table

import (
	"reflect"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"plantrail/schema"
)

// A projection is some of an event's top-level columns. Only their pages are
// read.
type projection struct {
	row    reflect.Type // a struct of those fields of schema.Event
	fields []int        // their places in schema.Event
	schema *parquet.Schema
	times  []timeField

	time, account int // their places in a row: no list comes before them
	original      int // the column of what an addendum amends; -1 where it is not read
}

// project returns the projection to the named columns, or to all without names.
// The columns that a filter looks at are among them.
func project(names ...string) *projection {
	event := reflect.TypeFor[schema.Event]()
	p := &projection{}
	var fields []reflect.StructField
	for i := range event.NumField() {
		name, _, _ := strings.Cut(event.Field(i).Tag.Get("parquet"), ",")
		if len(names) == 0 || slices.Contains(names, name) {
			fields = append(fields, event.Field(i))
			p.fields = append(p.fields, i)
		}
	}
	p.row = reflect.StructOf(fields)
	p.schema = parquet.SchemaOf(reflect.New(p.row).Interface())
	p.times = timeFields(p.schema)
	at, _ := p.schema.Lookup(timeColumn)
	account, _ := p.schema.Lookup(accountColumn)
	p.time, p.account, p.original = at.ColumnIndex, account.ColumnIndex, -1
	if original, ok := p.schema.Lookup(originalColumn()...); ok {
		p.original = original.ColumnIndex
	}
	return p
}

// rows reads the projection's columns of a row group. A column that the group
// lacks is null.
func (p *projection) rows(group parquet.RowGroup) (parquet.Rows, error) {
	conversion, err := parquet.Convert(p.schema, group.Schema())
	if err != nil {
		return nil, err
	}
	return parquet.ConvertRowGroup(group, conversion).Rows(), nil
}

// bareRows reads the projection's columns, none of which may be nested, for a look
// at values by their place: the values themselves say the row group's places, so
// they make no event. It saves most of the time that rows takes, which makes
// nulls of all other columns on its way.
func (p *projection) bareRows(group parquet.RowGroup) (parquet.Rows, error) {
	b := bareGroup{RowGroup: group, schema: p.schema}
	for _, field := range p.schema.Fields() {
		column, ok := group.Schema().Lookup(field.Name())
		if !ok || !parquet.EqualNodes(column.Node, field) {
			return p.rows(group)
		}
		b.columns = append(b.columns, group.ColumnChunks()[column.ColumnIndex])
	}
	return parquet.NewRowGroupRowReader(b), nil
}

// A bareGroup is some columns of a row group.
type bareGroup struct {
	parquet.RowGroup
	schema  *parquet.Schema
	columns []parquet.ColumnChunk
}

// Schema implements [parquet.RowGroup].
func (b bareGroup) Schema() *parquet.Schema { return b.schema }

// ColumnChunks implements [parquet.RowGroup].
func (b bareGroup) ColumnChunks() []parquet.ColumnChunk { return b.columns }

// event returns a row as an event whose other columns are null.
func (p *projection) event(row parquet.Row) (e schema.Event, err error) {
	from := reflect.New(p.row)
	if err := p.schema.Reconstruct(from.Interface(), row); err != nil {
		return e, err
	}
	to := reflect.ValueOf(&e).Elem()
	for i, field := range p.fields {
		to.Field(field).Set(from.Elem().Field(i))
	}
	for _, field := range p.times {
		for _, value := range row {
			if value.Column() == field.column && !value.IsNull() {
				field.set(&e, timeOf(value).UTC())
			}
		}
	}
	return e, nil
}
