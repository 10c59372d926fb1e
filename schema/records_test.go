package schema_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"plantrail/schema"
)

func planRecord(id string) []byte {
	return fmt.Appendf(nil, `{"eventTime":"2024-03-01T00:00:00Z","eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan", "eventID":%q}`, id)
}

// played passes records on, and counts how often it was asked to.
func played(times *int, failed error, records ...[]byte) schema.Records {
	return func(each func([]byte) error) error {
		*times++
		for _, r := range records {
			if err := each(r); err != nil {
				return err
			}
		}
		return failed
	}
}

func TestDecodeRecords(t *testing.T) {
	t.Parallel()
	other := []byte(`{"eventTime":"2024-03-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject"}`)
	long := []byte(`{"eventSource":"supportplans.amazonaws.com","x":"` + strings.Repeat("x", 13<<20) + `"}`)
	for _, batch := range []int64{1, math.MaxInt64} {
		var ids []string
		times := 0
		keep := func(e *schema.Event) bool { return *e.EventID != "2" }
		check := func(e *schema.Event) error {
			if *e.EventID == "3" {
				return schema.ErrFar
			}
			return nil
		}
		records := played(&times, nil, planRecord("1"), planRecord("2"), other, planRecord("3"), long, planRecord("4"))
		rejected, err := schema.DecodeRecords(records, "s3://b/k", batch, keep, check, func(events []schema.Event) error {
			for i := range events {
				ids = append(ids, *events[i].EventID+" "+events[i].LogFile)
			}
			return nil
		})
		if got := strings.Join(ids, ", "); err != nil || got != "1 s3://b/k, 4 s3://b/k" {
			t.Errorf("batch %d: events %s, %v", batch, got, err)
		}
		if rejected.Count != 2 || rejected.First[0].Record != 3 || !errors.Is(rejected.First[0], schema.ErrFar) ||
			rejected.First[1].Record != 4 || !errors.Is(rejected.First[1], schema.ErrTooLong) {
			t.Errorf("batch %d: rejected %v", batch, rejected)
		}
		if want := map[int64]int{1: 2, math.MaxInt64: 1}[batch]; times != want {
			t.Errorf("batch %d: played %d times, want %d", batch, times, want)
		}
	}
}

// Nothing is emitted of a file that turns out to be unreadable, and an error of
// emit ends it.
func TestDecodeRecordsFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	times := 0
	for _, batch := range []int64{1, math.MaxInt64} {
		_, err := schema.DecodeRecords(played(&times, broken, planRecord("1"), planRecord("2")), "k", batch, nil, nil, func([]schema.Event) error {
			t.Error("emitted")
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("batch %d: %v", batch, err)
		}
		_, err = schema.DecodeRecords(played(&times, nil, planRecord("1"), planRecord("2")), "k", batch, nil, nil, func([]schema.Event) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("batch %d: %v", batch, err)
		}
	}
}
