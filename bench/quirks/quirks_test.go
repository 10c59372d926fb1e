package quirks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/quirks"
	"plantrail/bench/soak"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

const shards = 4

// A quirk of a server, and what becomes of a backfill in shards at once that
// reads and writes there.
type trial struct {
	quirks  quirks.Quirks
	refused string // what every run says before it reads anything; "": all is exact
	named   string // or what is said of a part that cannot be listed
	extra   string // a key beside the log files
}

func trials() map[string]trial {
	return map[string]trial{
		"none":                          {},
		"small pages":                   {quirks: quirks.Quirks{PageSize: 3}},
		"no token":                      {quirks: quirks.Quirks{PageSize: 3, NoToken: true}, named: "NextContinuationToken"},
		"start-after wins":              {quirks: quirks.Quirks{PageSize: 3, StartAfterWins: true}},
		"ListObjects v1":                {quirks: quirks.Quirks{PageSize: 3, V1: true}, named: "the store must support ListObjectsV2"},
		"ListObjects v1, one page":      {quirks: quirks.Quirks{V1: true}, named: "the store must support ListObjectsV2"},
		"unsorted":                      {quirks: quirks.Quirks{Unsorted: true}, named: "does not come after"},
		"no ETag in listings":           {quirks: quirks.Quirks{NoListedETag: true}},
		"control characters":            {extra: "trail/AWSLogs/\x01\uffff/x"},
		"the same, not encoded":         {quirks: quirks.Quirks{NoEncoding: true}, extra: "trail/AWSLogs/\x01/x"},
		"busy":                          {quirks: quirks.Quirks{Busy: true}},
		"no ETag of objects":            {quirks: quirks.Quirks{NoETag: true}, refused: "does not say an object's ETag"},
		"If-None-Match ignored":         {quirks: quirks.Quirks{IgnoreIfNoneMatch: true}, refused: "whatever If-None-Match says"},
		"If-Match ignored":              {quirks: quirks.Quirks{IgnoreIfMatch: true}, refused: "whatever If-Match says"},
		"both ignored":                  {quirks: quirks.Quirks{IgnoreIfMatch: true, IgnoreIfNoneMatch: true}, refused: "the store ignores conditional puts"},
		"conditions not implemented":    {quirks: quirks.Quirks{RefuseConditions: true}, refused: "does not know conditional puts"},
		"quoted ETags refused":          {quirks: quirks.Quirks{RefuseQuotes: true}, refused: "is the ETag that it gave"},
		"checks, and takes the body":    {quirks: quirks.Quirks{CheckThenBody: true}, refused: "checks the condition of a put and then puts"},
		"takes the body, checks, puts":  {quirks: quirks.Quirks{CheckThenPut: true}, refused: "checks the condition of a put and then puts"},
		"checks and puts, on two sides": {quirks: quirks.Quirks{CheckThenBody: true, CheckThenPut: true}, refused: "checks the condition of a put and then puts"},
	}
}

// Whatever a server does: the table is exact, or somebody is told in one line,
// and nothing is asked for again and again.
func TestQuirks(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	c := corpus.DefaultConfig()
	c.Accounts, c.Days, c.FilesPerDay, c.Planted, c.Duplicates = 2, 6, 2, 40, 10
	logs := map[string][]byte{}
	var mutex sync.Mutex
	stats, err := corpus.Generate(c, func(key string, body []byte) error {
		mutex.Lock()
		defer mutex.Unlock()
		logs["trail/"+key] = body
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range trials() {
		t.Run(name, func(t *testing.T) { test.run(t, logs, stats.EventIDs) })
	}
}

func (test *trial) run(t *testing.T, logs map[string][]byte, want []string) {
	server := quirks.Start(t, test.quirks)
	for key, body := range logs {
		server.Add(key, body)
	}
	if test.extra != "" {
		server.Add(test.extra, nil)
	}
	reports, errs := atOnce(t, server)
	read := 0
	for key := range logs {
		read += server.Requests("GET", key)
	}
	if test.refused != "" {
		for i, err := range errs {
			if err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "\n") {
				t.Errorf("shard %d: %v, want %q in one line", i, err, test.refused)
			}
		}
		if read > 0 {
			t.Errorf("%d log files were read", read)
		}
		return
	}
	if err := errors.Join(errs...); err != nil && test.named == "" {
		t.Fatal(err)
	}
	if test.named != "" {
		said := ""
		for i, report := range reports {
			if errs[i] != nil {
				said += errs[i].Error()
			}
			for _, u := range report.Unreachable {
				said += u.Error
			}
		}
		if !strings.Contains(said, test.named) {
			t.Errorf("it says %q, want %q", said, test.named)
		}
	} else {
		rows, err := soak.Files(server.Objects("table")).EventIDs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if lost, doubled := soak.Compare(rows, want); len(lost)+len(doubled) > 0 {
			t.Errorf("%d events lost, %d doubled", len(lost), len(doubled))
		}
		if read != len(logs) {
			t.Errorf("%d log files were read %d times", len(logs), read)
		}
	}
	// A few, beyond a page for three log files and the tries of a new table.
	if lists := server.Requests("LIST", ""); lists > shards*(len(logs)+30) {
		t.Errorf("%d list requests for %d log files", lists, len(logs))
	}
	if gets := server.Requests("GET", "") - read; gets > 100*shards {
		t.Errorf("%d GET requests beyond the log files", gets)
	}
	if posts := server.Requests("POST", ""); posts > 0 {
		t.Errorf("%d objects were put in parts", posts)
	}
	t.Logf("%d log files read, %d list requests, %d other GETs, %d PUTs", read, server.Requests("LIST", ""), server.Requests("GET", "")-read, server.Requests("PUT", ""))
}

// atOnce runs all shards at the same time.
func atOnce(t *testing.T, server *quirks.Server) ([]*pipeline.Report, []error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	reports, errs := make([]*pipeline.Report, shards), make([]error, shards)
	var group sync.WaitGroup
	for i := range shards {
		c := pipeline.DefaultConfig()
		c.Sources, c.Table = []store.URL{parse(t, server.URL("trail"))}, parse(t, server.URL("table"))
		c.Shard = pipeline.Shard{Index: i, Count: shards}
		c.Partition = table.ByMonth
		c.Selection.To = trail.DayOf(time.Now())
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
		group.Go(func() { reports[i], errs[i] = pipeline.Run(ctx, c) })
	}
	group.Wait()
	return reports, errs
}

func parse(t *testing.T, url string) store.URL {
	t.Helper()
	u, err := store.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
