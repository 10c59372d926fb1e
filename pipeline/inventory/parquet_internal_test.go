package inventory

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
)

func parquetOf[T any](t *testing.T, rows ...T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Snappy))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type whole struct {
	Key  string  `parquet:"key"`
	Size *int64  `parquet:"size,optional"`
	ETag *string `parquet:"e_tag,optional"`
}

func read1(text []byte) (objects []store.Object, err error) {
	err = readParquet(bytes.NewReader(text), int64(len(text)), func(o store.Object) error {
		objects = append(objects, o)
		return nil
	})
	return objects, err
}

// A file of another shape than S3 writes is an error, whatever its MD5.
func TestReadParquetRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":       {nil, ""},
		"no Parquet":  {[]byte(strings.Repeat("key,size\n", 100)), ""},
		"no ETag":     {parquetOf(t, struct{ Key, Size int64 }{}), `add "Size" and "ETag"`},
		"text size":   {parquetOf(t, struct{ Key, Size, ETag string }{"k", "1", "e"}), "column Size is not of the type"},
		"numeric key": {parquetOf(t, struct{ Key, Size, ETag int64 }{}), "column Key is not of the type"},
		"null size":   {parquetOf(t, whole{Key: "k"}), `key "k": there is no size`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read1(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// Whatever a file's bytes are, reading it ends, and not in a panic.
func TestReadParquetDamaged(t *testing.T) {
	var rows []whole
	for i := range 3000 {
		size, etag := int64(i), fmt.Sprint(i)
		rows = append(rows, whole{fmt.Sprint("key", i), &size, &etag})
	}
	file := parquetOf(t, rows...)
	if objects, err := read1(file); err != nil || len(objects) != len(rows) || objects[2999] != (store.Object{Key: "key2999", Size: 2999, ETag: `"2999"`}) {
		t.Fatalf("%d objects, error %v", len(objects), err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	failed := 0
	for range 300 {
		damaged := bytes.Clone(file)
		for range 1 + random.IntN(8) {
			damaged[random.IntN(len(file))] ^= byte(1 + random.IntN(255))
		}
		if _, err := read1(damaged); err != nil {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no damage was noticed")
	}
}
