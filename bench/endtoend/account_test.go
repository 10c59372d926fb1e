package endtoend_test

import (
	"strings"
	"testing"

	"plantrail/bench/s3server"
	"plantrail/bench/soak"
)

// reads are the rules of somebody who may read a whole bucket.
func reads() []s3server.Rule {
	return []s3server.Rule{{Action: "s3:ListBucket"}, {Action: "s3:GetObject", Objects: "*"}}
}

// A server that denies one of two sources, or a part of one: the rest is in the
// table, what is denied is named, and comes when access is granted.
func TestDenied(t *testing.T) {
	const other = "AWSLogs/444455556666"
	for name, test := range map[string]struct {
		rules       []s3server.Rule // of the second bucket, at first
		unreachable int
		saying      string
	}{
		"no policy":         {nil, 1, "s3://second"},
		"no listing":        {reads()[1:], 1, "s3://second"},
		"no log files":      {reads()[:1], 4, "s3://second/" + other},
		"a region's denied": {append(reads(), s3server.Rule{Deny: true, Action: "s3:GetObject", Objects: other + "/CloudTrail/us-west-2/*"}), 2, "us-west-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := s3server.Start(t)
			reader := server.AddAccount(t)
			server.CreateBucket(t, "first")
			server.CreateBucket(t, "second")
			server.PutTree(t, "first", "AWSLogs/111122223333", sample+"/AWSLogs/111122223333")
			server.PutTree(t, "second", other, sample+"/"+other)
			server.SetPolicy(t, "first", reader, reads()...)
			if test.rules != nil {
				server.SetPolicy(t, "second", reader, test.rules...)
			}
			job := soak.Job{
				Source: server.URL("first", ""), Flags: []string{"--source", server.URL("second", "")},
				Table: t.TempDir(), Env: reader.Env(),
			}
			before := start(t, job)
			if before.Exit != 3 || before.Report.RowsAdded != 6 || len(before.Report.Unreachable) != test.unreachable {
				t.Errorf("exit code %d, %d rows added, unreachable %v", before.Exit, before.Report.RowsAdded, before.Report.Unreachable)
			}
			for _, u := range before.Report.Unreachable {
				if !strings.Contains(u.Unit, test.saying) || !strings.Contains(u.Error, "access denied") {
					t.Errorf("%+v", u)
				}
			}
			server.SetPolicy(t, "second", reader, reads()...)
			after := start(t, job).Report
			if after.RowsAdded != 2 || after.Duplicates != 0 || len(after.Unreachable) > 0 {
				t.Errorf("granted: %+v", after)
			}
			wholeSample(t, job.Table)
		})
	}
}
