package schema_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"plantrail/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The table's columns, their order, types and encodings are pinned: a change
// here is a change of the table, and needs another schema.Version.
func TestColumns(t *testing.T) {
	const golden = "testdata/columns.golden"
	var got strings.Builder
	fmt.Fprintf(&got, "schema version %d\n\n%s\n\n", schema.Version, schema.Parquet())
	for _, path := range schema.Parquet().Columns() {
		leaf, ok := schema.Parquet().Lookup(path...)
		if !ok {
			t.Fatalf("no column %v", path)
		}
		encoding := "PLAIN"
		if e := leaf.Node.Encoding(); e != nil {
			encoding = e.String()
		}
		fmt.Fprintf(&got, "%-60s %-10s %s\n", strings.Join(path, "."), leaf.Node.Type().Kind(), encoding)
	}
	fmt.Fprintf(&got, "\nwithout bounds\n")
	for _, path := range schema.LongText() {
		fmt.Fprintln(&got, strings.Join(path, "."))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the columns have changed; if that is meant, raise schema.Version and run with -update\n%s", got.String())
	}
}

// Every event survives the way into columns and back.
func TestColumnsRoundTrip(t *testing.T) {
	records := []string{
		with(``),
		with(`"resources":[]`),
		with(`"resources":[{"ARN":"a"},{}],"errorCode":"","requestParameters":{"n":9007199254740993}`),
		with(`"userIdentity":{"sessionContext":{"sessionIssuer":{},"attributes":{"mfaAuthenticated":"false","creationDate":"20131102T010628Z"}},"onBehalfOf":{},"inScopeOf":{"sourceArn":"x"}}`),
		with(`"tlsDetails":{"keyExchange":"x"},"addendum":{"reason":"DELIVERY_DELAY"}`),
		sample(t, "CreateSupportPlanSchedule"),
		sample(t, "UpdateSupportLevel"),
	}
	for _, record := range records {
		want := decodeOne(t, record)
		row := schema.Parquet().Deconstruct(nil, &want)
		var got schema.Event
		if err := schema.Parquet().Reconstruct(&got, row); err != nil {
			t.Fatal(err)
		}
		if a, b := mustJSON(t, want), mustJSON(t, got); a != b {
			t.Errorf("got %s\nwant %s", b, a)
		}
		if (got.Resources == nil) != (want.Resources == nil) {
			t.Errorf("a null list and an empty one are confused")
		}
	}
}
