package pipeline_test

import (
	"fmt"
	"reflect"
	"testing"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
)

// A value that a derived column cannot hold is counted and its place is named, the
// first twenty of many. The run is complete all the same: rawevent has it.
func TestRunUnread(t *testing.T) {
	schedule := func(id, start string) string {
		return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventTime":%q,"eventID":%q,"recipientAccountId":"111122223333",`+
			`"requestParameters":{"scheduleCreationDetails":{"startTimestamp":%q}}}`, noon, id, start)
	}
	records := []string{schedule("good", "Jun 3, 2023, 5:23:56 PM")}
	for i := range 30 {
		records = append(records, schedule(fmt.Sprintf("bad-%02d", i), "6/3/23, 5:23 PM"))
	}
	bucket := newBucket()
	name := key("111122223333", "us-west-2", "2024/01/10", "a.json")
	bucket.put(name, logFile(records...), "1")
	c := config(t, t.TempDir(), t.TempDir())
	c.Sources = []store.URL{{Bucket: "trail"}}
	openBucket(&c, bucket)
	report := run(t, c)
	if report.Unread != 30 || len(report.UnreadFirst) != 20 || report.Events != 31 || !report.Complete() {
		t.Fatalf("unread %d, named %d, of %d events, complete %t", report.Unread, len(report.UnreadFirst), report.Events, report.Complete())
	}
	want := pipeline.UnreadValue{Key: "s3://trail/" + name, EventID: "bad-00", Field: "requestParameters.scheduleCreationDetails.startTimestamp"}
	if got := report.UnreadFirst[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("named %+v, want %+v", got, want)
	}
}
