package scale_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/scale"
	"plantrail/pipeline"
	"plantrail/pipeline/gunzip"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
	"plantrail/schema"
)

func do(t *testing.T, j scale.Job) *scale.Figures {
	t.Helper()
	f, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lists bounds the list requests of an organization: a page for each thousand
// log files, one more for each unit, and what it takes to find the units.
func lists(logFiles int64, units, accounts int) int64 {
	const root = 2 // the bucket, and AWSLogs
	return logFiles/1000 + int64(units) + int64(accounts) + root + int64(accounts+999)/1000
}

// What a plan and the runs find is what there is, within the requests that it
// should take. A job checks log files, bytes and events itself.
func TestJobs(t *testing.T) {
	t.Parallel()
	c := small()
	job := scale.Job{Organization: c, Table: t.TempDir()}
	units := c.Accounts * len(c.Regions)
	task := func(task scale.Task) *scale.Figures {
		job.Task = task
		return do(t, job)
	}
	plan, first := task(scale.Plan), task(scale.First)
	if plan.Found.Units != units || plan.Found.LogFiles != first.Found.LogFiles || plan.Found.Bytes != first.Found.Bytes {
		t.Errorf("planned %+v, read %+v", plan.Found, first.Found)
	}
	// What is beside an account's CloudTrail folder is looked at when it is new.
	bound := lists(first.Found.LogFiles, units, c.Accounts) + int64(c.Accounts)
	if plan.Trail.List > bound || first.Trail.List > bound || plan.Trail.Get != 0 || first.Trail.Get != first.Found.LogFiles {
		t.Errorf("requests of a plan %+v, of a run %+v, list at most %d", plan.Trail, first.Trail, bound)
	}
	if first.Found.Events < 20 {
		t.Errorf("%d events", first.Found.Events)
	}
	if first.StateDocuments != c.Accounts || first.StateBytes == 0 {
		t.Errorf("state is %d documents, %d bytes", first.StateDocuments, first.StateBytes)
	}

	night := task(scale.Night)
	// The last week is listed again.
	if bound := lists(9*int64(c.PerDay), units, c.Accounts); night.Trail.List > bound || night.Trail.Get != night.Found.LogFiles {
		t.Errorf("a night's requests %+v, list at most %d", night.Trail, bound)
	}
	if night.StateDocuments != c.Accounts || night.StateWritten > night.StateBytes || night.PeakBytes == 0 || night.CPUSeconds == 0 {
		t.Errorf("%+v", night)
	}
	// Each state is read once and written once; beside them there are the table's
	// description, what it consists of, and two partitions.
	for _, f := range []*scale.Figures{first, night} {
		if most := int64(c.Accounts) + 7; f.Table.List > 2 || f.Table.Get > most || f.Table.Put > most {
			t.Errorf("%s: requests to the table %+v, at most %d", f.Task, f.Table, most)
		}
	}
	c.Days++
	if !slices.Equal(eventIDs(t, job.Table), planted(t, c)) {
		t.Error("in the table are not the events that were planted")
	}
	roundTrip(t, job.Table)
	var out bytes.Buffer
	if err := scale.Write(&out, []*scale.Figures{plan, first, night}); err != nil || strings.Count(out.String(), "\n") != 4 {
		t.Errorf("%s, %v", &out, err)
	}
}

// A job that does not find what there is says so, and one without a place for
// the table too.
func TestJobFails(t *testing.T) {
	t.Parallel()
	c := small()
	c.PerDay = 20
	job := scale.Job{Task: scale.First, Organization: c, Table: t.TempDir()}
	do(t, job)
	if f, err := job.Run(t.Context()); !errors.Is(err, scale.ErrWrong) || f.Found.LogFiles != 0 {
		t.Errorf("the same again: %+v, %v", f, err)
	}
	job.Table = filepath.Join(job.Table, "_plantrail/table.json")
	for _, task := range []scale.Task{scale.First, scale.Plan} {
		if job.Task = task; !fails(t, job) {
			t.Errorf("%s: a file is no table, but no error", task)
		}
	}
	job.Organization.Regions = nil
	if job.Table = t.TempDir(); !fails(t, job) {
		t.Error("no regions: no error")
	}
}

func fails(t *testing.T, j scale.Job) bool {
	t.Helper()
	_, err := j.Run(t.Context())
	return err != nil
}

// One account of many costs its own requests, and the account folders' pages.
func TestOneAccount(t *testing.T) {
	t.Parallel()
	c := small()
	c.Accounts, c.Days, c.PerDay = 2500, 3, 50_000
	median := organization(t, c).Median()
	for _, task := range []scale.Task{scale.Plan, scale.First} {
		f := do(t, scale.Job{Task: task, Organization: c, Table: t.TempDir(), Accounts: []string{median}})
		// What is beside an account's CloudTrail folder is looked at when it is new.
		const pages, account, beside, regions = 3, 1, 1, 4
		if want := int64(2 + pages + account + beside + regions); f.Trail.List > want || f.There.LogFiles == 0 {
			t.Errorf("%s: %d list requests, want %d; %+v", task, f.Trail.List, want, f.There)
		}
	}
}

// Shards share the log files.
func TestShards(t *testing.T) {
	t.Parallel()
	c, folder := small(), t.TempDir()
	c.Accounts, c.Days, c.PerDay = 10, 40, 60
	var read int64
	for index := range 3 {
		f := do(t, scale.Job{Task: scale.First, Organization: c, Table: folder, Shard: pipeline.Shard{Index: index, Count: 3}})
		read += f.Found.LogFiles
	}
	if want := organization(t, c).Totals(0, c.Days, everybody); read != want.LogFiles || int64(len(eventIDs(t, folder))) != want.Events {
		t.Errorf("read %d log files, there is %+v", read, want)
	}
}

// planted returns the ids of the events in an organization's log files, as one
// finds them by reading all.
func planted(t *testing.T, c scale.Config) []string {
	t.Helper()
	s, _ := open(t, c)
	objects, _, _ := list(t, s, store.Range{})
	var ids []string
	var decoder gunzip.Decoder
	for _, object := range objects {
		body, err := s.Get(t.Context(), object.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		json, err := decoder.Decode(nil, body, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if schema.Dismiss(json) {
			continue
		}
		events, odd, err := schema.Decode(json, object.Key)
		if err != nil || len(odd) > 0 || len(events) != 1 {
			t.Fatalf("%s: %d events, %v, %v", object.Key, len(events), odd, err)
		}
		ids = append(ids, *events[0].EventID)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("an event id occurs twice")
	}
	return ids
}

// eventIDs returns the ids in a table.
func eventIDs(t *testing.T, folder string) []string {
	t.Helper()
	u, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := table.OpenReader(t.Context(), store.Location{Store: store.NewDir(new(store.Shared)), URL: u})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for event, err := range reader.Rows(t.Context(), table.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *event.EventID)
	}
	slices.Sort(ids)
	return ids
}

// roundTrip reads every state of a table and writes it again.
func roundTrip(t *testing.T, folder string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "_plantrail/state/*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d states, %v", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		account, _, _ := strings.Cut(filepath.Base(name), "-")
		a, err := state.Parse(text, "s3://organization/AWSLogs/o-exampleorg/"+account+"/CloudTrail/", schema.EventSources())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := a.Text(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s: it comes back as %s, %v", name, again, err)
		}
	}
}

// Over HTTP a job finds the same, with the same requests.
func TestJobServed(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	within := scale.Job{Task: scale.First, Organization: small(), Table: t.TempDir()}
	served := within
	served.Table = t.TempDir()
	server, source, err := served.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	served.Source = source
	a, b := do(t, within), do(t, served)
	if a.Found != b.Found || a.Trail.List != b.Trail.List || a.Trail.Get != b.Trail.Get {
		t.Errorf("over HTTP: %+v, %+v; within: %+v, %+v", b.Found, b.Trail, a.Found, a.Trail)
	}
}
