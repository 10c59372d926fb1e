package inventory

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline/store"
)

func zipped(t testing.TB, text string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

const someSchema = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, ETag, StorageClass, IntelligentTieringAccessTier"

func someColumns(t testing.TB) columns {
	t.Helper()
	c, err := newColumns(strings.Split(someSchema, ","))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadCSV(t *testing.T) {
	for name, test := range map[string]struct {
		row  string
		want store.Object
		fail string
	}{
		"object":           {row: `"b","a/b+c%2B%C3%A9","v","true","false","12","abc-2","GLACIER",""`, want: store.Object{Key: "a/b c+é", Size: 12, ETag: `"abc-2"`, StorageClass: "GLACIER"}},
		"tier":             {row: `"b","k","v","True","False","1","e","INTELLIGENT_TIERING","ARCHIVE"`, want: store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: store.ArchiveTier}},
		"deep tier":        {row: `"b","k","v","true","false","1","e","INTELLIGENT_TIERING","DEEP_ARCHIVE_ACCESS"`, want: store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: store.DeepArchiveTier}},
		"frequent tier":    {row: `"b","k","v","true","false","1","e","INTELLIGENT_TIERING","FREQUENT"`, want: store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: "INTELLIGENT_TIERING"}},
		"quoted ETag":      {row: `"b","k","v","true","false","1","""e""","STANDARD",""`, want: store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: "STANDARD"}},
		"no version":       {row: `"b","k","","","","1","e","STANDARD",""`, want: store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: "STANDARD"}},
		"old version":      {row: `"b","k","v","false","false","1","e","STANDARD",""`},
		"delete marker":    {row: `"b","k","v","true","true","","","",""`},
		"too few fields":   {row: `"b","k","v","true","false","1","e","STANDARD"`, fail: "line 1: wrong number of fields: 8, and 9"},
		"too many fields":  {row: `"b","k","v","true","false","1","e","STANDARD","",""`, fail: "10, and 9 in the manifest"},
		"no size":          {row: `"b","k","v","true","false","","e","STANDARD",""`, fail: `line 1: key "k": size ""`},
		"negative size":    {row: `"b","k","v","true","false","-1","e","STANDARD",""`, fail: `size "-1"`},
		"bad escape":       {row: `"b","k%2","v","true","false","1","e","STANDARD",""`, fail: `key "k%2"`},
		"no boolean":       {row: `"b","k","v","yes","false","1","e","STANDARD",""`, fail: `"yes" is neither`},
		"quotes left open": {row: `"b","k`, fail: `extraneous or missing "`},
	} {
		t.Run(name, func(t *testing.T) {
			var got store.Object
			err := readCSV(zipped(t, test.row+"\n"), someColumns(t), func(o store.Object) error { got = o; return nil })
			if (err == nil) != (test.fail == "") || err != nil && !strings.Contains(err.Error(), test.fail) {
				t.Errorf("error %v, want %s", err, test.fail)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestReadCSVBroken(t *testing.T) {
	whole := zipped(t, strings.Repeat(`"b","k","v","true","false","1","e","STANDARD",""`+"\n", 100))
	for name, end := range map[string]int64{"empty": 0, "cut off": whole.Size() - 3} {
		text := make([]byte, end)
		if _, err := whole.ReadAt(text, 0); err != nil {
			t.Fatal(err)
		}
		if err := readCSV(bytes.NewReader(text), someColumns(t), func(store.Object) error { return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	full := errors.New("full")
	if err := readCSV(whole, someColumns(t), func(store.Object) error { return full }); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

// What a row says comes back; any other row is an error or is passed over.
func FuzzCSVRow(f *testing.F) {
	f.Add("key é+ %2B", int64(12), "d41d8cd98f00b204e9800998ecf8427e", "STANDARD", "true", "", `"b","k","v","true","false","1","e","STANDARD",""`)
	f.Add(`a"b,c`, int64(0), `"quoted"`, "INTELLIGENT_TIERING", "false", "ARCHIVE", `"b`)
	f.Fuzz(func(t *testing.T, key string, size int64, etag, class, latest, tier, raw string) {
		c := someColumns(t)
		add := func(o store.Object) error {
			if o.Size < 0 {
				t.Errorf("size of %+v", o)
			}
			return nil
		}
		readCSV(zipped(t, raw), c, add)
		o, current, err := c.object([]string{"b", url.QueryEscape(key), "v", latest, "", strconv.FormatInt(size, 10), etag, class, tier})
		if err != nil || !current {
			return
		}
		if o.Key != key || o.Size != size || strings.Trim(o.ETag, `"`) != strings.Trim(etag, `"`) || !strings.HasPrefix(o.StorageClass, class) {
			t.Fatalf("%+v", o)
		}
		coder := newRowCoder()
		tail, err := coder.appendTail(nil, o)
		if err != nil {
			return
		}
		if again, err := coder.object([]byte(o.Key), tail); err != nil || again != o {
			t.Errorf("%+v comes back as %+v, error %v", o, again, err)
		}
	})
}

// Bytes of a temporary file that were changed are an error or a row, never a
// panic.
func FuzzBlock(f *testing.F) {
	tail, err := newRowCoder().appendTail(nil, store.Object{Key: "k", Size: 1, ETag: `"e"`, StorageClass: "NEW"})
	if err != nil {
		f.Fatal(err)
	}
	var whole bytes.Buffer
	w := blockWriter{out: &whole}
	for _, key := range []string{"a", "ab", "b"} {
		if err := errors.Join(w.add([]byte(key), tail), w.flush()); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(whole.Bytes())
	f.Fuzz(func(_ *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		r := blockReader{file: bytes.NewReader(text), end: int64(len(text))}
		for {
			if ok, err := r.next(); err != nil || !ok {
				return
			}
			newRowCoder().object(r.row())
		}
	})
}

// A manifest that is taken has files with keys, sizes and checksums.
func FuzzManifest(f *testing.F) {
	f.Add(`{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::d","creationTimestamp":"1514944800000","fileFormat":"CSV","fileSchema":"Bucket, Key, Size, ETag",
		"files":[{"key":"i/b/all/data/1.csv.gz","size":1,"MD5checksum":"f11166069f1990abeb9c97ace9cdfabc"}]}`, "d", "i/b/all/t/manifest.json")
	f.Add(`{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::d","creationTimestamp":"0","fileFormat":"Parquet","fileSchema":"message s3.inventory { required binary key (UTF8); optional int64 size; optional binary e_tag (UTF8); }",
		"files":[{"key":"i/b/all/data/1.parquet","size":1,"MD5checksum":"f11166069f1990abeb9c97ace9cdfabc"}]}`, "", "home/copy/i/b/all/t/manifest.json")
	f.Fuzz(func(t *testing.T, text, bucket, key string) {
		i, err := read([]byte(text), bucket, key)
		if err != nil {
			return
		}
		if i.Bucket == "" || i.Files != len(i.files) || i.columns.key < 0 || i.columns.size < 0 || i.columns.etag < 0 {
			t.Errorf("%+v", i)
		}
		for _, file := range i.files {
			if file.Key == "" || file.Size < 0 || len(file.MD5) != 32 {
				t.Errorf("%+v", file)
			}
		}
	})
}
