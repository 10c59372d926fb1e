// Package inventorytest writes an S3 Inventory as S3 delivers it, for tests.
package inventorytest

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"plantrail/pipeline/store"
)

// Options say what an inventory is like.
type Options struct {
	Bucket  string    // whose objects it lists
	Created time.Time // zero: now
	Parquet bool      // data files are Parquet, not CSV
	Files   int       // data files; 0 is 1
	// Versions lists all versions: now and then an old one beside the object,
	// and a deleted key with its delete marker.
	Versions bool
	Seed     uint64 // of the order of the rows
}

// rows is a data file that is being written.
type rows interface {
	write(row) error
	close() error
}

// A row is what an inventory says of one version.
type row struct {
	bucket, key, version string
	latest, marker       bool
	size                 int64
	modified             time.Time
	etag, class, tier    string
}

// window is how many rows are shuffled at a time.
const window = 10_000

// Write writes an inventory of the objects into a location, which stands for the
// destination bucket, and returns the key of its manifest. Rows come in no
// order, in no particular file.
func Write(ctx context.Context, location store.Location, objects iter.Seq[store.Object], o Options) (string, error) {
	o.Files = max(o.Files, 1)
	if o.Created.IsZero() {
		o.Created = time.Now()
	}
	files := make([]*dataFile, o.Files)
	for i := range files {
		f, err := newDataFile(o)
		if err != nil {
			return "", err
		}
		defer f.temp.Close()
		files[i] = f
	}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	var rows []row
	flush := func() error {
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, r := range rows {
			if err := files[random.IntN(len(files))].write(r); err != nil {
				return err
			}
		}
		rows = rows[:0]
		return nil
	}
	for object := range objects {
		rows = append(rows, versions(o, object, random)...)
		if len(rows) >= window {
			if err := flush(); err != nil {
				return "", err
			}
		}
	}
	if err := flush(); err != nil {
		return "", err
	}
	return deliver(ctx, location, o, files)
}

// versions returns the rows of an object.
func versions(o Options, object store.Object, random *rand.Rand) []row {
	class, tier, _ := strings.Cut(object.StorageClass, "/")
	current := row{
		bucket: o.Bucket, key: object.Key, size: object.Size, etag: strings.Trim(object.ETag, `"`), class: class,
		tier: strings.TrimSuffix(tier, "_ACCESS"), version: "v2", latest: true, modified: o.Created.Add(-time.Hour),
	}
	rows := []row{current}
	if o.Versions && random.IntN(3) == 0 {
		old := current
		old.version, old.latest, old.size, old.etag = "v1", false, 1, "00000000000000000000000000000000"
		gone, marker := old, old
		gone.key += ".gone"
		marker.key, marker.latest, marker.marker, marker.version, marker.etag = gone.key, true, true, "v3", ""
		rows = append(rows, old, gone, marker)
	}
	return rows
}

// deliver puts the data files, the manifest's checksum and the manifest.
func deliver(ctx context.Context, location store.Location, o Options, files []*dataFile) (string, error) {
	folder := "inventory/" + o.Bucket + "/all/"
	type file struct {
		Key  string `json:"key"`
		Size int64  `json:"size"`
		MD5  string `json:"MD5checksum"`
	}
	manifest := struct {
		SourceBucket      string `json:"sourceBucket"`
		DestinationBucket string `json:"destinationBucket"`
		Version           string `json:"version"`
		CreationTimestamp string `json:"creationTimestamp"`
		FileFormat        string `json:"fileFormat"`
		FileSchema        string `json:"fileSchema"`
		Files             []file `json:"files"`
	}{
		SourceBucket: o.Bucket, DestinationBucket: "arn:aws:s3:::" + cmp.Or(location.URL.Bucket, "inventory-bucket"), Version: "2016-11-30",
		CreationTimestamp: strconv.FormatInt(o.Created.UnixMilli(), 10), FileFormat: "CSV", FileSchema: csvSchema(o.Versions),
	}
	extension := ".csv.gz"
	if o.Parquet {
		manifest.FileFormat, manifest.FileSchema, extension = "Parquet", parquetSchema(o.Versions), ".parquet"
	}
	for i, f := range files {
		key := location.Key(fmt.Sprintf("%sdata/%08d-%d%s", folder, i, o.Created.UnixMilli(), extension))
		size, sum, err := f.finish()
		if err != nil {
			return "", err
		}
		if err := location.Put(ctx, key, f.temp, size, ""); err != nil {
			return "", err
		}
		if location.URL.Bucket == "" {
			key = strings.TrimPrefix(key, location.Key(""))
		}
		manifest.Files = append(manifest.Files, file{key, size, sum})
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return "", err
	}
	sum := md5.Sum(text)
	folder += o.Created.UTC().Format("2006-01-02T15-04Z") + "/"
	key := location.Key(folder + "manifest.json")
	for name, body := range map[string]string{key: string(text), location.Key(folder + "manifest.checksum"): hex.EncodeToString(sum[:])} {
		if err := location.Put(ctx, name, strings.NewReader(body), int64(len(body)), ""); err != nil {
			return "", err
		}
	}
	return key, nil
}

// A dataFile is written to a temporary file first.
type dataFile struct {
	rows
	temp *os.File
}

func newDataFile(o Options) (*dataFile, error) {
	temp, err := store.TempFile()
	if err != nil {
		return nil, err
	}
	if o.Parquet {
		return &dataFile{newParquet(temp, o.Versions), temp}, nil
	}
	return &dataFile{newCSV(temp, o.Versions), temp}, nil
}

// finish returns the file's size and MD5.
func (f *dataFile) finish() (int64, string, error) {
	if err := f.close(); err != nil {
		return 0, "", err
	}
	if _, err := f.temp.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	hash := md5.New()
	size, err := io.Copy(hash, f.temp)
	return size, hex.EncodeToString(hash.Sum(nil)), err
}
