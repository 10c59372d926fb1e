package endtoend_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/bench/duck"
	"plantrail/bench/s3server"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

const (
	largeMonths   = 24
	largeAccounts = 2000
)

// largeRecord is a record of the large table. One call in twenty is a change.
func largeRecord(random *rand.Rand, month time.Time) string {
	account := fmt.Sprintf("%012d", 100_000_000_000+random.IntN(largeAccounts))
	at := month.Add(time.Duration(random.Int64N(int64(month.AddDate(0, 1, 0).Sub(month))))).Format(time.RFC3339)
	uuid := func() string {
		a, b := random.Uint64(), random.Uint64()
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
	}
	name, request, readOnly := "GetSupportPlan", "null", "true"
	if random.IntN(20) == 0 {
		level := []string{"BASIC", "DEVELOPER", "BUSINESS", "ENTERPRISE"}[random.IntN(4)]
		name, request, readOnly = "StartSupportPlanUpdate", `{"clientToken":"`+uuid()+`","update":{"supportLevel":"`+level+`"}}`, "false"
	}
	user := fmt.Sprintf("user-%d", random.IntN(50))
	return `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAIDPPEZS35WEXAMPLE:` + user +
		`","arn":"arn:aws:sts::` + account + `:assumed-role/Admin/` + user + `","accountId":"` + account + `","accessKeyId":"ASIAIOSFODNN7EXAMPLE",` +
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAIDPPEZS35WEXAMPLE","arn":"arn:aws:iam::` + account + `:role/Admin","accountId":"` + account +
		`","userName":"Admin"},"attributes":{"creationDate":"` + at + `","mfaAuthenticated":"false"}}},"eventTime":"` + at +
		`","eventSource":"supportplans.amazonaws.com","eventName":"` + name + `","awsRegion":"us-west-2","sourceIPAddress":"192.0.2.` + strconv.Itoa(random.IntN(255)) +
		`","userAgent":"AWS-Support-Plans-Console, aws-internal/3","requestParameters":` + request + `,"responseElements":null,"requestID":"` + uuid() +
		`","eventID":"` + uuid() + `","readOnly":` + readOnly + `,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"` + account +
		`","eventCategory":"Management","sessionCredentialFromConsole":"true"}`
}

// largeTable makes a table of about that many rows, unless it is there already.
func largeTable(t *testing.T, folder string, rows int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "whole")); err == nil {
		return
	}
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, false, &store.Shared{Concurrency: 8})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), l, table.ByMonth, "v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2)
	for i := range largeMonths {
		group.Go(func() error {
			month := time.Date(2023, 1+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
			return largePartition(ctx, tbl, rand.New(rand.NewPCG(uint64(i), 0)), month, rows/largeMonths)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "whole"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func largePartition(ctx context.Context, tbl *table.Table, random *rand.Rand, month time.Time, rows int) error {
	var all []schema.Event
	for len(all) < rows {
		var records []string
		for range min(1000, rows-len(all)) {
			records = append(records, largeRecord(random, month))
		}
		events, _, err := schema.Decode([]byte(`{"Records":[`+strings.Join(records, ",")+`]}`), fmt.Sprintf("s3://trail/%d", len(all)))
		if err != nil {
			return err
		}
		all = append(all, events...)
	}
	_, err := tbl.Merge(ctx, tbl.Partition(&all[0]), all)
	return err
}

// bytesRead returns how many bytes the process has read so far, of files and
// connections.
func bytesRead(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skipf("it is not told how much is read: %v", err)
	}
	var n int64
	if _, err := fmt.Sscanf(string(text), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// How much of a large table is read for a question about one account in one
// month: by DuckDB, by the table's own reader in a directory, and on S3. Set
// PLANTRAIL_LARGE_ROWS to ten million or so, and PLANTRAIL_LARGE_TABLE to a
// directory to keep the table.
func TestLargeTable(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("PLANTRAIL_LARGE_ROWS"))
	if err != nil {
		t.Skip("PLANTRAIL_LARGE_ROWS does not say how many rows")
	}
	folder := os.Getenv("PLANTRAIL_LARGE_TABLE")
	if folder == "" {
		folder = t.TempDir()
	}
	largeTable(t, folder, rows)
	const account, month = "100000000007", "2023-05"
	since := time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)
	filter := table.Filter{
		Since: since, Until: since.AddDate(0, 1, 0), Accounts: []string{account}, Columns: schema.ChangeColumns(), Newest: true,
	}
	db := duck.Open(t)
	size := func(pattern string) (n int64) {
		names, err := filepath.Glob(filepath.Join(folder, pattern, "*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			n += info.Size()
		}
		return n
	}
	whole, partition := size("*"), size("eventmonth="+month)
	t.Logf("%d rows, %d bytes, partition %s %d bytes, %s row groups of it", rows, whole, month, partition,
		duck.Rows(t, db, fmt.Sprintf(`SELECT count(DISTINCT row_group_id) FROM parquet_metadata('%s/eventmonth=%s/*.parquet')`, folder, month))[0][0])
	measure := func(name string, most int64, read func() int) {
		before, start := bytesRead(t), time.Now()
		found := read()
		n := bytesRead(t) - before
		t.Logf("%-34s %6d rows, %11d bytes read, %.5f of the table, %.2f s", name, found, n, float64(n)/float64(whole), time.Since(start).Seconds())
		if n > most {
			t.Errorf("%s: %d bytes read, want at most %d", name, n, most)
		}
	}
	query := func(columns, where string) func() int {
		return func() int {
			return len(duck.Rows(t, db, fmt.Sprintf(`SELECT %s FROM read_parquet('%s/*/*.parquet', hive_partitioning = true, hive_types_autocast = false) WHERE %s`, columns, folder, where)))
		}
	}
	const columns = "eventtime, eventname, supportlevel, useridentity.arn, sourceipaddress, errorcode"
	measure("DuckDB, account and month", partition, query(columns, fmt.Sprintf("eventmonth = '%s' AND recipientaccountid = '%s'", month, account)))
	measure("DuckDB, account, day of the month", partition, query(columns,
		fmt.Sprintf("eventmonth = '%s' AND eventtime >= '2023-05-31' AND recipientaccountid = '%s'", month, account)))
	measure("DuckDB, account, all months", whole, query(columns, fmt.Sprintf("recipientaccountid = '%s'", account)))

	measure("directory, account and month", partition, func() int { return count(t, folder, filter, 0) })
	measure("directory, newest 20 changes", partition, func() int { return count(t, folder, table.Filter{Columns: filter.Columns, Newest: true}, 20) })
	measure("directory, account, all months", whole, func() int {
		return count(t, folder, table.Filter{Columns: filter.Columns, Newest: true, Accounts: filter.Accounts}, 0)
	})

	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "tables")
	for _, part := range []string{"_plantrail", "eventmonth=" + month} {
		server.PutTree(t, "tables", "large/"+part, filepath.Join(folder, part))
	}
	place := server.URL("tables", "large")
	// The end of a file comes whole, and the SDK reads files of its own.
	const margin = 2 << 20
	measure("S3, account and month", partition+margin, func() int { return count(t, place, filter, 0) })
	measure("S3, newest 20 changes", partition+margin, func() int { return count(t, place, table.Filter{Columns: filter.Columns, Newest: true}, 20) })
}

// count returns how many changes a table has of a filter, counting no further
// than limit if it is not 0.
func count(t *testing.T, place string, f table.Filter, limit int) (found int) {
	t.Helper()
	u, err := store.ParseURL(place)
	if err != nil {
		t.Fatal(err)
	}
	shared := &store.Shared{Concurrency: 8}
	l, err := store.Open(t.Context(), u, true, shared)
	if err != nil {
		t.Fatal(err)
	}
	r, err := table.OpenReader(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	for event, err := range r.Rows(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := schema.ChangeOf(event); ok {
			if found++; found == limit {
				break
			}
		}
	}
	t.Logf("%d GET and %d LIST requests", shared.Requests.Get.Load(), shared.Requests.List.Load())
	return found
}
