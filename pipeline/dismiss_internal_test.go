package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline/resume"
	"plantrail/pipeline/store"
)

// A memory is a store of one log file under every key.
type memory struct {
	store.Store
	body []byte
}

func (m memory) Get(_ context.Context, _ string, buf []byte) ([]byte, error) {
	return append(buf[:0], m.body...), nil
}

// dismissed makes what a log file needs that holds nothing: a median one of 5
// records, and one of 1,000.
func dismissed(tb testing.TB, records int) logFile {
	tb.Helper()
	var text bytes.Buffer
	text.WriteString(`{"Records":[`)
	for i := range records {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE%[1]d:session",`+
			`"arn":"arn:aws:sts::111122223333:assumed-role/role-%[1]d/session","accountId":"111122223333"},"eventTime":"2024-03-01T10:%02[2]d:00Z",`+
			`"eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-west-2","requestParameters":{"encryptionContext":{"id":"%08[3]x"}},`+
			`"requestID":"%08[3]x-0000-4000-8000-%012[3]x","eventID":"%08[3]x-1111-4000-8000-%012[3]x","readOnly":true}`, i%7, i%60, i*2654435761)
	}
	text.WriteString(`]}`)
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	if _, err := w.Write(text.Bytes()); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}

	s := &source{Location: store.Location{Store: memory{body: body.Bytes()}, URL: store.URL{Bucket: "trail"}}}
	return logFile{source: s, File: resume.File{Batch: new(resume.Batch), Object: store.Object{Key: "a.json.gz", Size: int64(body.Len())}}}
}

// dismiss takes a log file all the way: fetch, decode, count.
func dismiss(tb testing.TB, c *Config, budget *byteBudget, d *decoder, r *Report, k logFile) {
	file, err := fetchOne(context.Background(), c, budget, k)
	if err != nil {
		tb.Fatal(err)
	}
	result := result{file: file.file, outcome: file.outcome, err: file.err}
	d.decode(&result, file.body.bytes)
	budget.release(file.body)
	r.result(&result, c.Log)
}

// Log files that hold nothing leave nothing behind: no allocation each.
func TestDismissedAllocateNothing(t *testing.T) {
	c := DefaultConfig()
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	budget, d, r := newByteBudget(c.Memory), newDecoder(&c), newReport(&c)
	k := dismissed(t, 5)
	dismiss(t, &c, budget, &d, r, k)
	if allocs := testing.AllocsPerRun(1000, func() { dismiss(t, &c, budget, &d, r, k) }); allocs > 0 {
		t.Errorf("%v allocations a log file", allocs)
	}
	if len(r.Quarantined) > 0 || r.Read == 0 {
		t.Errorf("%+v", r)
	}
}

func BenchmarkDismissed(b *testing.B) {
	for _, records := range []int{5, 1000} {
		b.Run(fmt.Sprint(records, " records"), func(b *testing.B) {
			c := DefaultConfig()
			budget, d, r := newByteBudget(c.Memory), newDecoder(&c), newReport(&c)
			k := dismissed(b, records)
			dismiss(b, &c, budget, &d, r, k)
			b.SetBytes(r.BytesInflated)
			b.ReportAllocs()
			for b.Loop() {
				dismiss(b, &c, budget, &d, r, k)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}
