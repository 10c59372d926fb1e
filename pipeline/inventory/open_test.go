package inventory_test

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/pipeline/inventory"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
)

const (
	parquetMessage = "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); "
	someMD5        = "f11166069f1990abeb9c97ace9cdfabc"
)

// A change of a manifest, by field; nil takes the field away.
type change map[string]any

func put(t *testing.T, l store.Location, name, body string) string {
	t.Helper()
	if err := l.Put(t.Context(), l.Key(name), strings.NewReader(body), int64(len(body)), ""); err != nil {
		t.Fatal(err)
	}
	return l.Key(name)
}

func manifest(t *testing.T, c change) string {
	t.Helper()
	fields := map[string]any{
		"sourceBucket": "trail-bucket", "destinationBucket": "arn:aws:s3:::other", "version": "2016-11-30", "creationTimestamp": "1514944800000",
		"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag, StorageClass",
		"files": []any{map[string]any{"key": "inv/trail-bucket/all/data/1.csv.gz", "size": 10, "MD5checksum": someMD5}},
	}
	for name, value := range c {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const place = "inv/trail-bucket/all/2018-01-03T02-00Z/manifest.json"

func TestOpen(t *testing.T) {
	for name, test := range map[string]struct {
		change change
		text   string // instead of a manifest
		want   string // of the error; empty: none
	}{
		"as it is": {},
		"all columns": {change: change{
			"fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, ReplicationStatus, EncryptionStatus, ObjectLockRetainUntilDate, ObjectLockMode, ObjectLockLegalHoldStatus, IntelligentTieringAccessTier, BucketKeyStatus, ChecksumAlgorithm",
		}},
		"Parquet": {change: change{
			"fileFormat": "Parquet", "fileSchema": parquetMessage + "optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true));  optional binary e_tag (STRING);}",
		}},
		"no files":           {change: change{"files": []any{}}},
		"GovCloud":           {change: change{"destinationBucket": "arn:aws-us-gov:s3:::other"}},
		"no JSON":            {text: "Bucket,Key", want: "not the manifest"},
		"cut off":            {text: `{"sourceBucket":"b"`, want: "name the manifest.json"},
		"other JSON":         {text: `{"Records":[]}`, want: "not the manifest"},
		"no source":          {change: change{"sourceBucket": nil}, want: "not the manifest"},
		"no time":            {change: change{"creationTimestamp": "yesterday"}, want: "not the manifest"},
		"no list of files":   {change: change{"files": nil}, want: "not the manifest"},
		"a file without MD5": {change: change{"files": []any{map[string]any{"key": "inv/a", "size": 1}}}, want: "its file 1"},
		"ORC":                {change: change{"fileFormat": "ORC", "fileSchema": "struct<bucket:string>"}, want: "choose CSV or Parquet"},
		"no size":            {change: change{"fileSchema": "Bucket, Key, ETag"}, want: `add "Size" and "ETag"`},
		"no ETag":            {change: change{"fileSchema": "Bucket, Key, Size"}, want: `add "Size" and "ETag"`},
		"no ETag in Parquet": {change: change{"fileFormat": "Parquet", "fileSchema": parquetMessage + "optional int64 size; }"}, want: `add "Size" and "ETag"`},
		"no key":             {change: change{"fileSchema": "Bucket, Size, ETag"}, want: `no column "Key"`},
		"no latest":          {change: change{"fileSchema": "Bucket, Key, VersionId, Size, ETag"}, want: "current versions only"},
		"files elsewhere":    {change: change{"files": []any{map[string]any{"key": "other/1.csv.gz", "size": 1, "MD5checksum": someMD5}}}, want: "copy an inventory with its folders"},
	} {
		t.Run(name, func(t *testing.T) {
			l := openDir(t)
			text := test.text
			if text == "" {
				text = manifest(t, test.change)
			}
			i, err := inventory.Open(t.Context(), l, put(t, l, place, text))
			switch {
			case test.want == "" && (err != nil || i.Bucket != "trail-bucket" || i.Created.UnixMilli() != 1514944800000):
				t.Errorf("opened %+v, error %v", i, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "manifest.json: ")):
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestOpenChecksum(t *testing.T) {
	text := manifest(t, nil)
	for name, test := range map[string]struct{ checksum, want string }{
		"right":      {fmt.Sprintf("%x\n", md5.Sum([]byte(text))), ""},
		"of another": {someMD5, "manifest.checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			l := openDir(t)
			put(t, l, filepath.Dir(place)+"/manifest.checksum", test.checksum)
			_, err := inventory.Open(t.Context(), l, put(t, l, place, text))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
	l := openDir(t)
	if _, err := inventory.Open(t.Context(), l, l.Key(place)); err == nil || !strings.Contains(err.Error(), "manifest.json: not found") {
		t.Errorf("error %v", err)
	}
}

// What is wrong with a data file fails the whole, and names the file.
func TestSortDamaged(t *testing.T) {
	for _, format := range []string{".csv.gz", ".parquet"} {
		for name, test := range map[string]struct {
			damage func(t *testing.T, name string)
			want   string
		}{
			"gone": {func(t *testing.T, name string) { check(t, os.Remove(name)) }, "not found"},
			"cut off": {func(t *testing.T, name string) {
				check(t, os.Truncate(name, size(t, name)-1))
			}, "bytes, not"},
			"a byte changed": {func(t *testing.T, name string) {
				body, err := os.ReadFile(name)
				check(t, err)
				body[len(body)/2] ^= 1
				check(t, os.WriteFile(name, body, 0o600))
			}, "newer delivery"},
		} {
			t.Run(name+format, func(t *testing.T) {
				l := openDir(t)
				key, err := inventorytest.Write(t.Context(), l, slices.Values(logFiles(3000)), inventorytest.Options{Bucket: "b", Files: 3, Parquet: format == ".parquet"})
				check(t, err)
				i, err := inventory.Open(t.Context(), l, key)
				check(t, err)
				names, err := filepath.Glob("/" + l.Key("inventory/b/all/data/*"+format))
				if err != nil || len(names) != 3 {
					t.Fatal(names, err)
				}
				test.damage(t, names[1])
				_, err = i.Sort(t.Context(), all, inventory.Options{Memory: 1 << 20, Workers: 2})
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), names[1]) {
					t.Errorf("error %v, want %s", err, test.want)
				}
			})
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	check(t, err)
	return info.Size()
}
