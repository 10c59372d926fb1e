package endtoend_test

import (
	"slices"
	"testing"

	"plantrail/bench/s3server"
	"plantrail/pipeline/inventory"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

// An inventory of a bucket, delivered to another one, lists what a listing of
// the bucket lists: ETags and storage classes too, as digests are made of them.
func TestInventoryAsListed(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, "trail-bucket")
	server.CreateBucket(t, "inventory-bucket")
	server.PutTree(t, "trail-bucket", "", sample)
	open := func(bucket, prefix string) store.Location {
		u, err := store.ParseURL(server.URL(bucket, prefix))
		if err != nil {
			t.Fatal(err)
		}
		l, err := store.Open(t.Context(), u, true, store.Options{Concurrency: 8, Requests: new(store.Requests)})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	var want []store.Object
	for page, err := range open("trail-bucket", "").List(t.Context(), store.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, page.Objects...)
	}
	for name, o := range map[string]inventorytest.Options{
		"csv":     {Bucket: "trail-bucket", Files: 3},
		"parquet": {Bucket: "trail-bucket", Files: 2, Parquet: true, Versions: true},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := inventorytest.Write(t.Context(), open("inventory-bucket", "a/"+name), slices.Values(want), o)
			if err != nil {
				t.Fatal(err)
			}
			i, err := inventory.Open(t.Context(), open("inventory-bucket", key), key)
			if err != nil {
				t.Fatal(err)
			}
			s, err := i.Sort(t.Context(), func(string) bool { return true }, inventory.Options{Memory: 1 << 20, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var got []store.Object
			for page, err := range s.List(t.Context(), store.Range{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page.Objects...)
			}
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}
