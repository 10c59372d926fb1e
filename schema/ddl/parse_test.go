package ddl_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// A table as it was read back from a form.
type parsed struct {
	columns    []string // name and type
	partition  string
	location   string
	properties map[string]string
}

// parseAthena reads the table's statement with the little grammar that it needs.
func parseAthena(t *testing.T, statements string) parsed {
	t.Helper()
	var p parsed
	_, statement, found := strings.Cut(statements, "CREATE EXTERNAL TABLE IF NOT EXISTS `audit`.`support_plans` (\n")
	body, rest, closed := strings.Cut(statement, "\n)\n")
	match := regexp.MustCompile("(?s)^PARTITIONED BY \\(`(\\w+)` string\\)\nSTORED AS PARQUET\nLOCATION '([^']+)'\nTBLPROPERTIES \\((.*?)\n\\);\n").FindStringSubmatch(rest)
	if !found || !closed || match == nil {
		t.Fatalf("no table in\n%s", statements)
	}
	for line := range strings.SplitSeq(body, ",\n") {
		m := regexp.MustCompile("^  `(\\w+)` (\\S+)$").FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no column: %q", line)
		}
		p.columns = append(p.columns, m[1]+" "+m[2])
	}
	p.partition, p.location, p.properties = match[1], match[2], map[string]string{}
	for line := range strings.SplitSeq(strings.TrimPrefix(match[3], "\n"), ",\n") {
		m := regexp.MustCompile(`^  '([^']+)' = '([^']+)'$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no property: %q", line)
		}
		p.properties[m[1]] = m[2]
	}
	return p
}

func parseGlue(t *testing.T, text string) parsed {
	t.Helper()
	type column struct{ Name, Type string }
	var call struct {
		DatabaseName string
		TableInput   struct {
			Name, TableType   string
			Parameters        map[string]string
			PartitionKeys     []column
			StorageDescriptor struct {
				Columns  []column
				Location string
			}
		}
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&call); err != nil {
		t.Fatal(err)
	}
	table := call.TableInput
	if call.DatabaseName != "audit" || table.Name != "support_plans" || table.TableType != "EXTERNAL_TABLE" || len(table.PartitionKeys) != 1 || table.PartitionKeys[0].Type != "string" {
		t.Errorf("not the table: %+v", call)
	}
	p := parsed{partition: table.PartitionKeys[0].Name, location: table.StorageDescriptor.Location, properties: table.Parameters}
	for _, c := range table.StorageDescriptor.Columns {
		p.columns = append(p.columns, c.Name+" "+c.Type)
	}
	return p
}

// leaves takes a type of Hive apart: the paths of its leaves, as Parquet has
// them, with their types.
func leaves(t *testing.T, path, typed string) []string {
	t.Helper()
	if inner, ok := strings.CutPrefix(typed, "array<"); ok {
		return leaves(t, path+".list.element", strings.TrimSuffix(inner, ">"))
	}
	inner, ok := strings.CutPrefix(typed, "struct<")
	if !ok {
		return []string{path + " " + typed}
	}
	inner = strings.TrimSuffix(inner, ">")
	var all []string
	depth, begin := 0, 0
	for i, c := range inner + "," {
		switch {
		case c == '<':
			depth++
		case c == '>':
			depth--
		case c == ',' && depth == 0:
			name, of, found := strings.Cut(inner[begin:i], ":")
			if !found {
				t.Fatalf("no field: %q", inner[begin:i])
			}
			all = append(all, leaves(t, path+"."+name, of)...)
			begin = i + 1
		}
	}
	return all
}
