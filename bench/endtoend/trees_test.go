package endtoend_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/bench/duck"
	"plantrail/bench/s3server"
	"plantrail/pipeline"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail/trailtest"
)

// gzipped returns a log file with one event.
func gzipped(t *testing.T, id string) []byte {
	t.Helper()
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	fmt.Fprintf(w, `{"Records":[{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-01T12:00:00Z","eventID":%q,"recipientAccountId":"111122223333"}]}`, id)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// In random trees in a bucket every object is in exactly one class, every event of
// a log file is in the table, and a plan and an inventory agree with that.
func TestTrees(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "tables")
	server.CreateBucket(t, "inventories")
	db := duck.Open(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			keys := trailtest.Tree{Random: random}
			bucket := fmt.Sprintf("trees-%d", seed)
			server.CreateBucket(t, bucket)
			var want []string
			all := map[string]bool{}
			for i := range 1 + random.IntN(60) {
				key := keys.Key()
				if slash := strings.LastIndexByte(key, '/'); slash > 0 && random.IntN(8) == 0 {
					key = key[:slash+1] // a folder marker
				}
				if all[key] {
					continue
				}
				all[key] = true
				var body []byte
				if trailtest.Wanted(key) {
					id := fmt.Sprintf("event-%04d", i)
					want = append(want, id)
					body = gzipped(t, id)
				}
				if err := server.Put(t.Context(), bucket, key, body); err != nil {
					t.Fatal(err)
				}
			}
			inventory, err := inventorytest.Write(t.Context(), located(t, server.URL("inventories", bucket)),
				slices.Values(objects(t, located(t, server.URL(bucket, "")))), inventorytest.Options{Bucket: bucket, Created: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			for _, inventories := range [][]store.URL{nil, {mustParse(t, server.URL("inventories", inventory))}} {
				name := fmt.Sprintf("%s-%d", bucket, len(inventories))
				c := config(t, server.URL(bucket, ""), server.URL("tables", name))
				c.Inventories = inventories
				plan, err := pipeline.MakePlan(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				report, err := pipeline.Run(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if report.Listed+report.Skipped != int64(len(all)) || report.Read != int64(len(want)) || len(report.Quarantined) > 0 {
					t.Errorf("of %d objects, %d of them log files, %d are read and %d skipped; quarantined: %v", len(all), len(want), report.Read, report.Skipped, report.Quarantined)
				}
				if plan.LogFiles != report.Read || plan.Skipped != report.Skipped || len(plan.Unreachable) != len(report.Unreachable) {
					t.Errorf("planned %d and %d skipped: %d, %d", plan.LogFiles, plan.Skipped, report.Read, report.Skipped)
				}
				if report.Complete() != (len(want) > 0) {
					t.Errorf("unreachable: %v", report.Unreachable)
				}
				if len(want) > 0 {
					got := query(t, db, fmt.Sprintf("SELECT eventid FROM read_parquet('%s/*/*.parquet') ORDER BY eventid", download(t, server.URL("tables", name))))
					if !slices.Equal(got, want) {
						t.Errorf("events %v, want %v", got, want)
					}
				}
				if report, err = pipeline.Run(t.Context(), c); err != nil || report.Read != 0 {
					t.Errorf("again: read %d, %v", report.Read, err)
				}
			}
		})
	}
}

func mustParse(t *testing.T, text string) store.URL {
	t.Helper()
	u, err := store.ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
