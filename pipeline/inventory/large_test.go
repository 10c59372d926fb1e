package inventory_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"plantrail/pipeline/inventory"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

// TestLarge sorts and lists as many keys as PLANTRAIL_INVENTORY_KEYS says, in no
// order, and holds the process to less than 250 MB beside 64 MiB of rows. 20
// million take minutes and 8 GB of disk.
func TestLarge(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv("PLANTRAIL_INVENTORY_KEYS"))
	if err != nil {
		t.Skip("set PLANTRAIL_INVENTORY_KEYS to a number of keys")
	}
	const stride = 2_147_483_647 // a prime, so that every key is drawn once
	objects := func(yield func(store.Object) bool) {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range count {
			if !yield(logFile(random, i*stride%count, count)) {
				return
			}
		}
	}
	for name, parquet := range map[string]bool{"CSV": false, "Parquet": true} {
		t.Run(name, func(t *testing.T) {
			l := openDir(t)
			key, err := inventorytest.Write(t.Context(), l, objects, inventorytest.Options{Bucket: "b", Files: 16, Parquet: parquet})
			if err != nil {
				t.Fatal(err)
			}
			i, err := inventory.Open(t.Context(), l, key)
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			debug.FreeOSMemory()
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
				t.Skip("the peak of memory cannot be reset here:", err)
			}
			start := time.Now()
			s, err := i.Sort(t.Context(), all, inventory.Options{Memory: 64 << 20, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			sorted := time.Since(start)
			start = time.Now()
			last, n := "", 0
			for page, err := range s.List(t.Context(), store.Range{}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.Objects {
					if o.Key <= last {
						t.Fatalf("%s is listed behind %s", o.Key, last)
					}
					last = o.Key
				}
				n += len(page.Objects)
			}
			peak := peakMemory(t)
			t.Logf("%d keys in %d MB: sorted in %.1f s, listed in %.1f s; %d MB of temporary files, peak memory %d MB",
				n, i.Bytes>>20, sorted.Seconds(), time.Since(start).Seconds(), s.Spilled>>20, peak>>20)
			if n != count || peak > 250<<20 {
				t.Errorf("%d of %d keys, peak memory %d MB", n, count, peak>>20)
			}
		})
	}
}

// peakMemory returns the largest resident size since the last reset, in bytes.
func peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	peak, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		t.Fatal(err)
	}
	return peak << 10
}
