package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline/inventory"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

func openDir(t testing.TB) store.Location {
	t.Helper()
	u, err := store.ParseURL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.Open(t.Context(), u, true, new(store.Shared))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// written opens an inventory of the objects.
func written(t testing.TB, objects []store.Object, o inventorytest.Options) *inventory.Inventory {
	t.Helper()
	l := openDir(t)
	key, err := inventorytest.Write(t.Context(), l, slices.Values(objects), o)
	if err != nil {
		t.Fatal(err)
	}
	i, err := inventory.Open(t.Context(), l, key)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func all(string) bool { return true }

// listed returns all that a range lists.
func listed(t testing.TB, s *inventory.Sorted, r store.Range) (objects []store.Object, folders []string) {
	t.Helper()
	for page, err := range s.List(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		objects, folders = append(objects, page.Objects...), append(folders, page.Folders...)
	}
	return objects, folders
}

// logFiles returns objects as trails write them, in key order.
func logFiles(count int) []store.Object {
	random := rand.New(rand.NewPCG(1, 2))
	objects := make([]store.Object, count)
	for i := range objects {
		objects[i] = logFile(random, i, count)
	}
	slices.SortFunc(objects, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) })
	return objects
}

// logFile draws log file i of so many, in 20 accounts, over ten years.
func logFile(random *rand.Rand, i, count int) store.Object {
	account := fmt.Sprintf("%012d", 111122223333+i%20)
	at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * (10 * 365 * 24 * time.Hour / time.Duration(count))).Truncate(5 * time.Minute)
	var name [16]byte
	for n := range name {
		name[n] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(62)]
	}
	return store.Object{
		Key: "AWSLogs/o-abcdefghij/" + account + "/CloudTrail/us-east-1/" + at.Format("2006/01/02/") +
			account + "_CloudTrail_us-east-1_" + at.Format("20060102T1504Z") + "_" + string(name[:]) + ".json.gz",
		Size: int64(600 + random.IntN(6000)), ETag: fmt.Sprintf(`"%016x%016x"`, random.Uint64(), random.Uint64()), StorageClass: "STANDARD",
	}
}

// oddObjects have all that a key, an ETag and a storage class can have.
func oddObjects() []store.Object {
	objects := []store.Object{
		{Key: "a b", Size: 0, ETag: `"d41d8cd98f00b204e9800998ecf8427e"`, StorageClass: "STANDARD"},
		{Key: "a+b", Size: 1<<62 + 1, ETag: `"d41d8cd98f00b204e9800998ecf8427e-12"`, StorageClass: "STANDARD"},
		{Key: "a%20b", Size: 1, ETag: `"D41D8CD98F00B204E9800998ECF8427E"`, StorageClass: "GLACIER"},
		{Key: "a/b/", Size: 0, ETag: `"not a hash of 32 letters, but so"`, StorageClass: "GLACIER_IR"},
		{Key: `q"uo"te,comma`, Size: 7, ETag: `"1"`, StorageClass: "DEEP_ARCHIVE"},
		{Key: "line\nbreak\r\nand\ttab", Size: 7, ETag: `"2"`, StorageClass: "INTELLIGENT_TIERING"},
		{Key: "é/日本/😀", Size: 7, ETag: `"3"`, StorageClass: store.ArchiveTier},
		{Key: "é/日本", Size: 7, ETag: `"4"`, StorageClass: store.DeepArchiveTier},
		{Key: strings.Repeat("k", 1024), Size: 7, ETag: `"5"`, StorageClass: "OF_THE_FUTURE"},
		{Key: "x&y=z#;?", Size: 7, ETag: `"6"`, StorageClass: ""},
	}
	slices.SortFunc(objects, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) })
	return objects
}

func TestSort(t *testing.T) {
	many := logFiles(8000)
	tests := map[string]struct {
		objects []store.Object
		written inventorytest.Options
		options inventory.Options
		spills  bool
	}{
		"nothing":              {written: inventorytest.Options{Files: 2}, options: inventory.Options{Memory: 1 << 20, Workers: 2}},
		"odd, CSV":             {objects: oddObjects(), written: inventorytest.Options{Files: 3}, options: inventory.Options{Memory: 1 << 20, Workers: 2}},
		"odd, Parquet":         {objects: oddObjects(), written: inventorytest.Options{Files: 3, Parquet: true}, options: inventory.Options{Memory: 1 << 20, Workers: 2}},
		"odd, CSV versions":    {objects: oddObjects(), written: inventorytest.Options{Versions: true}, options: inventory.Options{Memory: 1 << 20, Workers: 1}},
		"odd, Parquet version": {objects: oddObjects(), written: inventorytest.Options{Versions: true, Parquet: true}, options: inventory.Options{Memory: 1 << 20, Workers: 1}},
		"in memory":            {objects: many, written: inventorytest.Options{Files: 5}, options: inventory.Options{Memory: 64 << 20, Workers: 3}},
		"spilled":              {objects: many, written: inventorytest.Options{Files: 5, Versions: true}, options: inventory.Options{Memory: 1 << 20, Workers: 2}, spills: true},
		"merged twice":         {objects: many, written: inventorytest.Options{Files: 5, Parquet: true, Versions: true}, options: inventory.Options{Memory: 1, Workers: 2}, spills: true},
		"no options":           {objects: oddObjects()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.written.Bucket, test.written.Created = "trail-bucket", time.UnixMilli(1514944800000)
			i := written(t, test.objects, test.written)
			if i.Bucket != "trail-bucket" || !i.Created.Equal(test.written.Created) || i.Files != max(1, test.written.Files) || i.Bytes == 0 {
				t.Errorf("opened %+v", i)
			}
			s, err := i.Sort(t.Context(), all, test.options)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got, _ := listed(t, s, store.Range{})
			if len(got) != len(test.objects) || s.Objects != int64(len(got)) {
				t.Fatalf("%d objects, counted %d, want %d", len(got), s.Objects, len(test.objects))
			}
			for n := range got {
				if got[n] != test.objects[n] {
					t.Fatalf("object %d is %+v, want %+v", n, got[n], test.objects[n])
				}
			}
			if (s.Spilled > 0) != test.spills {
				t.Errorf("spilled %d bytes", s.Spilled)
			}
		})
	}
}

// A key that several rows have is listed once, and the same one of them in any
// order of the rows.
func TestSortCopies(t *testing.T) {
	objects := logFiles(2000)
	var rows []store.Object
	for n, o := range objects {
		other := o
		other.Size++
		rows = append(rows, o, o)
		if n%2 == 0 {
			rows = append(rows, other)
		}
	}
	var first []store.Object
	for seed, memory := range []int64{1 << 30, 1 << 19, 1} {
		i := written(t, rows, inventorytest.Options{Bucket: "b", Files: 4, Seed: uint64(seed)})
		s, err := i.Sort(t.Context(), all, inventory.Options{Memory: memory, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := listed(t, s, store.Range{})
		if first == nil {
			first = got
		}
		if len(got) != len(objects) || !slices.Equal(got, first) {
			t.Errorf("memory %d: %d objects, want %d and the same each time", memory, len(got), len(objects))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSortKeeps(t *testing.T) {
	objects := logFiles(2000)
	i := written(t, objects, inventorytest.Options{Bucket: "b", Versions: true})
	keep := func(key string) bool { return strings.Contains(key, "/111122223340/") }
	s, err := i.Sort(t.Context(), keep, inventory.Options{Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := slices.DeleteFunc(slices.Clone(objects), func(o store.Object) bool { return !keep(o.Key) })
	if got, _ := listed(t, s, store.Range{}); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d objects, want %d", len(got), len(want))
	}
}

// What fits into memory needs no temporary file; what does not, says so.
func TestSortTempFiles(t *testing.T) {
	i := written(t, logFiles(10_000), inventorytest.Options{Bucket: "b"})
	t.Setenv("TMPDIR", "/nowhere")
	s, err := i.Sort(t.Context(), all, inventory.Options{Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := i.Sort(t.Context(), all, inventory.Options{Memory: 1 << 20}); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v", err)
	}
}

func TestSortCancelled(t *testing.T) {
	i := written(t, logFiles(5000), inventorytest.Options{Bucket: "b", Files: 3})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	keep := func(string) bool { cancel(); return true }
	if _, err := i.Sort(ctx, keep, inventory.Options{Memory: 1 << 20, Workers: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
