package endtoend_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/s3server"
	"plantrail/pipeline"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

// takeInventory has an inventory of the bucket trail delivered into the bucket
// inventories.
func takeInventory(t *testing.T, server *s3server.Server, o inventorytest.Options) store.URL {
	t.Helper()
	o.Bucket, o.Files = "trail", 3
	manifest, err := inventorytest.Write(t.Context(), located(t, server.URL("inventories", "")), slices.Values(objects(t, located(t, server.URL("trail", "")))), o)
	if err != nil {
		t.Fatal(err)
	}
	u, err := store.ParseURL(server.URL("inventories", manifest))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A run that lists from an inventory writes the bytes of one that asks the
// bucket, with no list request but those to open places; and one more run ends
// in the same state.
func TestInventory(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	for _, bucket := range []string{"trail", "tables", "inventories"} {
		server.CreateBucket(t, bucket)
	}
	server.PutTree(t, "trail", "org", sample)
	source := server.URL("trail", "org")
	listed := run(t, source, server.URL("tables", "listed"))

	ago := func(hours int) time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
	for name, options := range map[string]inventorytest.Options{
		"CSV":                       {Created: ago(1)},
		"CSV of all versions":       {Created: ago(2), Versions: true},
		"Parquet":                   {Created: ago(3), Parquet: true},
		"Parquet, of all versions":  {Created: ago(4), Parquet: true, Versions: true},
		"from before the last days": {Created: time.Date(2024, 8, 16, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			table := strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(name))
			c := config(t, source, server.URL("tables", table))
			c.Inventories = []store.URL{takeInventory(t, server, options)}
			plan, err := pipeline.MakePlan(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			report, err := pipeline.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if report.Read != listed.Read || report.RowsAdded != listed.RowsAdded || report.Requests.List > 5 || plan.LogFiles != report.Read || plan.Bytes != report.BytesRead {
				t.Errorf("read %d, planned %d, added %d, %d list requests", report.Read, plan.LogFiles, report.RowsAdded, report.Requests.List)
			}
			// Days that were not over for long when the inventory was taken are
			// listed again; nothing is read again but what failed.
			again := run(t, source, server.URL("tables", table))
			if again.Read != 1 || again.RowsAdded != 0 || options.Created.Year() == 2024 && again.Listed < 2 {
				t.Errorf("again: listed %d, read %d, added %d", again.Listed, again.Read, again.RowsAdded)
			}
			sameTables(t, server, "listed", table)
		})
	}
}

// What has gone since the inventory was taken is named, and is no failure; what
// has come since, the next run finds.
func TestInventoryOutdated(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	for _, bucket := range []string{"trail", "inventories"} {
		server.CreateBucket(t, bucket)
	}
	server.PutTree(t, "trail", "", sample)
	bucket, key := "trail", "AWSLogs/444455556666/CloudTrail/us-west-2/2026/01/01/late.json"
	inventory := takeInventory(t, server, inventorytest.Options{})
	var gone string
	for _, object := range objects(t, located(t, server.URL("trail", ""))) {
		if strings.Contains(object.Key, "/2022/06/29/") {
			gone = object.Key
		}
	}
	if _, err := server.Client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &gone}); err != nil {
		t.Fatal(err)
	}
	if err := server.Put(t.Context(), bucket, key, []byte(`{"Records":[]}`)); err != nil {
		t.Fatal(err)
	}
	table := t.TempDir()
	c := config(t, server.URL("trail", ""), table)
	c.Inventories = []store.URL{inventory}
	report, err := pipeline.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if report.Gone != 1 || len(report.Unreachable) > 0 {
		t.Errorf("%d gone, unreachable %v", report.Gone, report.Unreachable)
	}
	c.Inventories = nil
	if report, err = pipeline.Run(t.Context(), c); err != nil || report.Read < 1 {
		t.Errorf("read %d, error %v", report.Read, err)
	}
}

// An inventory that cannot take the place of listing stops the run before
// anything is read.
func TestInventoryRefused(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	for _, bucket := range []string{"trail", "other", "inventories"} {
		server.CreateBucket(t, bucket)
	}
	server.PutTree(t, "trail", "", sample)
	good := takeInventory(t, server, inventorytest.Options{})
	nowhere := good
	nowhere.Prefix += "x"
	for name, test := range map[string]struct {
		source      string
		inventories []store.URL
		want        string
	}{
		"of another bucket": {server.URL("other", ""), []store.URL{good}, "no source is in that: name s3://trail as a source too"},
		"two of one bucket": {server.URL("trail", ""), []store.URL{good, good}, "name one of them"},
		"not there":         {server.URL("trail", ""), []store.URL{nowhere}, "not found"},
	} {
		table := t.TempDir()
		c := config(t, test.source, table)
		c.Inventories = test.inventories
		report, err := pipeline.Run(t.Context(), c)
		if err == nil || !strings.Contains(fmt.Sprint(err), test.want) || report.Read != 0 {
			t.Errorf("%s: read %d, error %v", name, report.Read, err)
		}
	}
}
