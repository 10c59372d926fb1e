package endtoend_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"plantrail/bench/duck"
	"plantrail/bench/s3server"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/store/storetest"
)

const sample = "../../cmd/plantrail/testdata/trail"

func config(t *testing.T, source, table string) pipeline.Config {
	t.Helper()
	c := pipeline.DefaultConfig()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	u, err := store.ParseURL(source)
	if err != nil {
		t.Fatal(err)
	}
	c.Sources = []store.URL{u}
	if c.Table, err = store.ParseURL(table); err != nil {
		t.Fatal(err)
	}
	return c
}

func run(t *testing.T, source, table string) *pipeline.Report {
	t.Helper()
	report, err := pipeline.Run(t.Context(), config(t, source, table))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// columns are queried of every table: one of each type, at each depth.
const columns = `SELECT eventname, eventtime, eventsource, recipientaccountid, readonly, supportlevel,
	useridentity.sessioncontext.attributes.mfaauthenticated, useridentity.sessioncontext.attributes.creationdate,
	useridentity.type, schedule.endtimestamp, requestparameters->>'$.clientToken', rawevent->>'$.eventID' = eventid,
	resources IS NULL, parse_filename(logfile) <> ''
	FROM read_parquet('%s/*/*.parquet', hive_partitioning = true) ORDER BY eventtime, eventname`

// want is what columns returns of the documented events.
func want() []string {
	return []string{
		"DescribeSupportLevelSummary|2021-01-07 22:08:07+00|support-subscription.amazonaws.com|111122223333|true|NULL|false|2021-01-07 22:08:05+00|Root|NULL|NULL|true|true|true",
		"UpdateSupportLevel|2021-01-07 22:08:43+00|support-subscription.amazonaws.com|111122223333|false|new_developer|false|2021-01-07 22:08:05+00|Root|NULL|NULL|true|true|true",
		"UpdateProbationAutoCancellation|2021-01-07 23:28:43+00|support-subscription.amazonaws.com|111122223333|false|NULL|NULL|NULL|Root|NULL|NULL|true|true|true",
		"StartSupportPlanUpdate|2022-06-29 16:38:55+00|supportplans.amazonaws.com|111122223333|false|BASIC|false|2022-06-29 16:30:04+00|AssumedRole|NULL|98add111-dcc9-464d-8722-438d697fe242|true|true|true",
		"GetSupportPlanUpdateStatus|2022-06-29 16:39:02+00|supportplans.amazonaws.com|111122223333|true|NULL|false|2022-06-29 16:30:04+00|AssumedRole|NULL|NULL|true|true|true",
		"GetSupportPlan|2022-06-29 16:39:11+00|supportplans.amazonaws.com|111122223333|true|NULL|false|2022-06-29 16:30:04+00|AssumedRole|NULL|NULL|true|true|true",
		"CreateSupportPlanSchedule|2023-05-09 16:30:04+00|supportplans.amazonaws.com|111122223333|false|NULL|false|2023-05-09 16:30:04+00|AssumedRole|2023-09-03 17:23:55.109+00|b998de5e-ad1c-4448-90db-2bf86d6d9e9a|true|true|true",
		"ListSupportPlanModifiers|2024-08-15 16:29:59+00|supportplans.amazonaws.com|111122223333|true|NULL|false|2024-08-15 15:44:43+00|AssumedRole|NULL|NULL|true|true|true",
	}
}

func query(t *testing.T, db *sql.DB, text string) []string {
	t.Helper()
	var got []string
	for _, row := range duck.Rows(t, db, text) {
		got = append(got, strings.Join(row, "|"))
	}
	return got
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A real trail with the documented events planted among its records: eight
// rows, read alike by DuckDB and by Arrow.
func TestRealTrail(t *testing.T) {
	source, table := plant(t), t.TempDir()
	report := run(t, source, table)
	if report.RowsAdded != 8 || report.Duplicates != 3 || !report.Complete() {
		t.Errorf("%d rows added, %d duplicates, quarantined %v", report.RowsAdded, report.Duplicates, report.Quarantined)
	}
	db := duck.Open(t)
	equal(t, query(t, db, fmt.Sprintf(columns, table)), want())
	equal(t, readArrow(t, table), query(t, db, fmt.Sprintf(`SELECT eventtime::TIMESTAMP, eventid, eventname, rawevent
		FROM read_parquet('%s/*/*.parquet') ORDER BY eventtime, eventname`, table)))
}

// readArrow reads a table with Arrow's Parquet reader, all columns of it, and
// returns some.
func readArrow(t *testing.T, table string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(table, "*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var got []string
	for _, name := range names {
		reader, err := file.OpenParquetFile(name, false)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		all, err := rows.ReadTable(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		column := func(name string, row int) string {
			at := all.Schema().FieldIndices(name)[0]
			return all.Column(at).Data().Chunk(0).ValueStr(row)
		}
		for row := range int(all.NumRows()) {
			at := strings.Replace(strings.TrimSuffix(column("eventtime", row), "Z"), "T", " ", 1)
			got = append(got, strings.Join([]string{at, column("eventid", row), column("eventname", row), column("rawevent", row)}, "|"))
		}
		all.Release()
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func TestS3Contract(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	buckets := 0
	storetest.Run(t, func(t *testing.T) store.Location {
		buckets++
		name := fmt.Sprintf("contract-%d", buckets)
		server.CreateBucket(t, name)
		return located(t, server.URL(name, "some/prefix"))
	})
}

// From S3 to S3, from a directory to S3 and back: the same rows.
func TestS3(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "trail")
	server.CreateBucket(t, "tables")
	source := sample
	if os.Getenv("PLANTRAIL_TRAIL") != "" {
		source = plant(t)
	}
	server.PutTree(t, "trail", "org/trail", source)
	local := t.TempDir()
	first := run(t, source, local)
	for name, places := range map[string][2]string{
		"S3 to S3":        {server.URL("trail", ""), server.URL("tables", "a/b")},
		"S3 to directory": {server.URL("trail", "org/trail/AWSLogs"), t.TempDir()},
		"directory to S3": {source, server.URL("tables", "c")},
	} {
		t.Run(name, func(t *testing.T) {
			report := run(t, places[0], places[1])
			if report.RowsAdded != first.RowsAdded || report.Duplicates != first.Duplicates || len(report.Quarantined) != len(first.Quarantined) || len(report.Unreachable) > 0 {
				t.Errorf("%+v", report)
			}
			again := run(t, places[0], places[1])
			if again.RowsAdded != 0 || again.PartitionsWritten != 0 {
				t.Errorf("again: %+v", again)
			}
			copied := places[1]
			if strings.HasPrefix(copied, "s3://") {
				copied = download(t, places[1])
			}
			db := duck.Open(t)
			const all = `SELECT * EXCLUDE (logfile) FROM read_parquet('%s/*/*.parquet') ORDER BY eventtime, eventname`
			equal(t, query(t, db, fmt.Sprintf(all, copied)), query(t, db, fmt.Sprintf(all, local)))
		})
	}
}

// located opens a place of the server.
func located(t *testing.T, url string) store.Location {
	t.Helper()
	u, err := store.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, &store.Shared{Concurrency: 32})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// objects lists all objects below a location.
func objects(t *testing.T, l store.Location) (all []store.Object) {
	t.Helper()
	for page, err := range l.List(t.Context(), store.Range{Prefix: l.Key("")}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Objects...)
	}
	return all
}

// download copies a table from S3 into a directory.
func download(t *testing.T, url string) string {
	t.Helper()
	l, folder := located(t, url), t.TempDir()
	for _, o := range objects(t, l) {
		body, err := l.Get(t.Context(), o.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(folder, strings.TrimPrefix(o.Key, l.Key("")))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, body, fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// What S3 refuses is said in one sentence, before anything is read.
func TestS3Refuses(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "trail")
	for name, test := range map[string]struct {
		source, table string
		env           map[string]string
		want          string
	}{
		"no table bucket":  {sample, server.URL("none", "x"), nil, "no such bucket"},
		"wrong keys":       {sample, server.URL("trail", "x"), map[string]string{"AWS_SECRET_ACCESS_KEY": "wrong"}, "access denied"},
		"no keys":          {sample, server.URL("trail", "x"), map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"},
		"no source bucket": {server.URL("none", ""), t.TempDir(), nil, "no such bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			report, err := pipeline.Run(t.Context(), config(t, test.source, test.table))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || report.Read > 0 {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// Wherever in its requests a run on S3 is cut off, also when a put was carried
// out without an answer, the next one makes it good.
func TestS3CutOff(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "tables")
	run(t, sample, server.URL("tables", "clean"))
	for _, silent := range []bool{false, true} {
		for at := 0; ; at += 3 {
			name := fmt.Sprintf("cut-%t-%d", silent, at)
			table := server.URL("tables", name)
			var left atomic.Int64
			left.Store(int64(at))
			c := config(t, sample, table)
			c.OpenStore = storetest.Failing{Left: &left, Silent: silent}.OpenTable
			_, err := pipeline.Run(t.Context(), c)
			if err == nil {
				break
			}
			if !errors.Is(err, storetest.ErrCutOff) {
				t.Fatalf("request %d: %v", at, err)
			}
			run(t, sample, table)
			sameTables(t, server, "clean", name)
		}
	}
}
