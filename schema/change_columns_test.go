package schema_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"plantrail/schema"
)

// A change is the same of an event of which only these columns were read.
func TestChangeColumns(t *testing.T) {
	text := `{"eventSource":"supportplans.amazonaws.com","eventTime":"2024-03-01T00:00:00Z","eventName":"StartSupportPlanUpdate",
		"eventID":"id","recipientAccountId":"111122223333","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2","readOnly":false,
		"addendum":{"reason":"UPDATED_DATA","originalEventID":"original","updatedFields":"errorCode"},
		"errorCode":"AccessDenied","errorMessage":"no","sessionCredentialFromConsole":"true","userIdentity":{"type":"Root"},
		"requestParameters":{"supportPlanUpdateArn":"arn","update":{"supportLevel":"BASIC"},"scheduleCreationDetails":{
			"startLevel":"BUSINESS","startTimestamp":1700000000000,"endLevel":"BASIC","endTimestamp":1800000000000}},
		"responseElements":{"agreementId":"a"}}`
	events, _, err := schema.Decode(file(text), logFile)
	if err != nil || len(events) != 1 {
		t.Fatal(len(events), err)
	}
	want, ok := schema.ChangeOf(&events[0])
	fields := reflect.ValueOf(&want).Elem()
	for i := range fields.NumField() {
		// Who agreed is known from other events.
		if name := fields.Type().Field(i).Name; fields.Field(i).IsZero() && !strings.HasPrefix(name, "Agree") {
			t.Errorf("the event is to have %s too", name)
		}
	}
	read := reflect.ValueOf(&events[0]).Elem()
	names := schema.ChangeColumns()
	for i := range read.NumField() {
		name, _, _ := strings.Cut(read.Type().Field(i).Tag.Get("parquet"), ",")
		at := slices.Index(names, name)
		if at < 0 {
			read.Field(i).SetZero()
			continue
		}
		names = slices.Delete(names, at, at+1)
	}
	if got, now := schema.ChangeOf(&events[0]); now != ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(names) > 0 {
		t.Errorf("no such columns: %q", names)
	}
}
