package state_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plantrail/pipeline/state"
	"plantrail/pipeline/trail"
)

// slow are documents in a store that takes its time.
type slow struct {
	documents
	puts int
}

const latency = 50 * time.Millisecond

func (s *slow) Document(ctx context.Context, name string) ([]byte, string, error) {
	time.Sleep(latency / 2)
	defer time.Sleep(latency / 2)
	return s.documents.Document(ctx, name)
}

func (s *slow) PutDocument(ctx context.Context, name string, text []byte, etag string) error {
	time.Sleep(latency / 2)
	defer time.Sleep(latency / 2)
	s.mutex.Lock()
	s.puts++
	s.mutex.Unlock()
	return s.documents.PutDocument(ctx, name, text, etag)
}

// Many shards may end at the same instant: the claims of
// all get into the state of one account.
func TestCheckpointsCrowd(t *testing.T) {
	for _, shards := range []int{16, 128} {
		t.Run(fmt.Sprint(shards), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &slow{documents: documents{texts: map[string]string{}, tags: map[string]int{}}}
				log := slog.New(slog.NewTextHandler(io.Discard, nil))
				began := time.Now()
				var group sync.WaitGroup
				for i := range shards {
					group.Go(func() {
						day := trail.Day(2 * i)
						claim := state.Claim{Region: "r", Settled: trail.Days{{From: day, To: day}}}
						if err := state.NewCheckpoints(d, sources(), trail.LastDay, log).Update(t.Context(), "111122223333", folder, []state.Claim{claim}); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				a, err := state.NewCheckpoints(d, sources(), trail.LastDay, log).Account(t.Context(), "111122223333", folder)
				if err != nil || len(a.Region("r").Settled) != shards {
					t.Errorf("%d claims kept, error %v", len(a.Region("r").Settled), err)
				}
				t.Logf("%d shards: %d puts, %d refused, %s", shards, d.puts, d.puts-shards, time.Since(began))
			})
		})
	}
}
