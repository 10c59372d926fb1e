package ddl

import "github.com/parquet-go/parquet-go"

// Render renders the views over other columns than the table's.
func Render(columns parquet.Node) error {
	all, err := columnsOf(columns)
	if err == nil {
		_, err = renderViews(trino(Table{}), all)
	}
	return err
}
