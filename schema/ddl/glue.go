package ddl

import "encoding/json"

// What Hive calls the way to read Parquet.
const (
	parquetSerDe  = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
	parquetInput  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
	parquetOutput = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
)

type (
	createTable struct {
		DatabaseName string
		TableInput   tableInput
	}
	tableInput struct {
		Name              string
		TableType         string
		Parameters        map[string]string
		PartitionKeys     []glueColumn
		StorageDescriptor storage
	}
	storage struct {
		Columns      []glueColumn
		Location     string
		InputFormat  string
		OutputFormat string
		SerdeInfo    serde
	}
	serde struct {
		SerializationLibrary string
		Parameters           map[string]string
	}
	glueColumn struct{ Name, Type string }
)

// Glue returns the table as JSON for aws glue create-table --cli-input-json: the
// same table that [Table.Athena] creates, without the views.
func (t Table) Glue() (string, error) {
	all, p, err := t.forAWS()
	if err != nil {
		return "", err
	}
	input := tableInput{
		Name:          t.Name,
		TableType:     "EXTERNAL_TABLE",
		Parameters:    map[string]string{"EXTERNAL": "TRUE", "classification": "parquet"},
		PartitionKeys: []glueColumn{{p.column, "string"}},
		StorageDescriptor: storage{
			Location:     t.Location + "/",
			InputFormat:  parquetInput,
			OutputFormat: parquetOutput,
			SerdeInfo:    serde{parquetSerDe, map[string]string{"serialization.format": "1"}},
		},
	}
	for _, property := range t.properties(p) {
		input.Parameters[property.name] = property.value
	}
	for _, c := range all {
		input.StorageDescriptor.Columns = append(input.StorageDescriptor.Columns, glueColumn{c.name, c.hive()})
	}
	out, err := json.MarshalIndent(createTable{t.Database, input}, "", "  ")
	return string(out) + "\n", err
}
