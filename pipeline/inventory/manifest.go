package inventory

import (
	"context"
	"crypto/md5" //nolint:gosec // what S3 Inventory gives
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"plantrail/pipeline/store"
)

// An Inventory is one delivery of an S3 Inventory.
type Inventory struct {
	Bucket  string    // whose objects it lists
	Created time.Time // when S3 began to look at the bucket
	Files   int       // data files
	Bytes   int64     // of all data files

	location store.Location
	format   format
	columns  columns // of a CSV file; a Parquet file names its own
	files    []file
}

type format int

const (
	csvFormat format = iota
	parquetFormat
)

// A file is a data file as the manifest describes it.
type file struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`
	MD5  string `json:"MD5checksum"`
}

type manifest struct {
	SourceBucket      string `json:"sourceBucket"`
	DestinationBucket string `json:"destinationBucket"`
	CreationTimestamp string `json:"creationTimestamp"`
	FileFormat        string `json:"fileFormat"`
	FileSchema        string `json:"fileSchema"`
	Files             []file `json:"files"`
}

var (
	errManifest = errors.New("not the manifest of an S3 Inventory: name the manifest.json of one delivery")
	errChecksum = errors.New("differs from the MD5 in manifest.checksum: try again when the delivery is complete, or name another one")
)

// Open reads the manifest of an inventory. In the bucket that the inventory was
// delivered to, its data files are where the manifest says. A copy elsewhere, in
// another bucket or a directory, must have kept the folders.
func Open(ctx context.Context, location store.Location, key string) (*Inventory, error) {
	text, err := location.Get(ctx, key, nil)
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, location, key, text); err != nil {
		return nil, err
	}
	i, err := read(text, location.URL.Bucket, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", location.URI(key), err)
	}
	i.location = location
	return i, nil
}

// verify compares a manifest with the checksum beside it. A copy without one
// passes: that a manifest is whole, its syntax tells too.
func verify(ctx context.Context, location store.Location, key string, text []byte) error {
	want, err := location.Get(ctx, key[:strings.LastIndexByte(key, '/')+1]+"manifest.checksum", nil)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if sum := md5.Sum(text); !strings.EqualFold(strings.TrimSpace(string(want)), hex.EncodeToString(sum[:])) { //nolint:gosec // what S3 Inventory gives
		return fmt.Errorf("%s: %w", location.URI(key), errChecksum)
	}
	return nil
}

// read reads a manifest that was found in a bucket, or a directory, under a key.
func read(text []byte, bucket, key string) (*Inventory, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%w (%w)", errManifest, err)
	}
	millis, err := strconv.ParseInt(m.CreationTimestamp, 10, 64)
	if err != nil || m.SourceBucket == "" || m.FileFormat == "" || m.FileSchema == "" || m.Files == nil {
		return nil, errManifest
	}
	i := &Inventory{Bucket: m.SourceBucket, Created: time.UnixMilli(millis).UTC(), Files: len(m.Files), files: m.Files}
	var names []string
	switch m.FileFormat {
	case "CSV":
		i.format, names = csvFormat, strings.Split(m.FileSchema, ",")
	case "Parquet":
		i.format, names = parquetFormat, messageFields(m.FileSchema)
	default:
		return nil, fmt.Errorf("the inventory has the format %s, which cannot be read: choose CSV or Parquet in its configuration", m.FileFormat)
	}
	if i.columns, err = newColumns(names); err != nil {
		return nil, err
	}
	_, destination, _ := strings.Cut(m.DestinationBucket, ":s3:::") // arn:aws:s3:::name, or of another partition
	isCopy := bucket == "" || bucket != destination
	for n := range i.files {
		f := &i.files[n]
		if sum, err := hex.DecodeString(f.MD5); f.Key == "" || f.Size < 0 || err != nil || len(sum) != md5.Size {
			return nil, fmt.Errorf("%w (its file %d has no key, size or MD5)", errManifest, n+1)
		}
		i.Bytes += f.Size
		if isCopy {
			root, ok := rootOf(key, f.Key)
			if !ok {
				return nil, fmt.Errorf("this is a copy, and %s is in none of the folders that lead to it: copy an inventory with its folders", f.Key)
			}
			f.Key = root + f.Key
		}
	}
	return i, nil
}

// rootOf returns what stands for the destination bucket where a manifest and a
// data file were copied to: the part of the manifest's key before the folders
// that it shares with the file.
func rootOf(manifest, file string) (string, bool) {
	for folder := path.Dir(file); folder != "." && folder != "/"; folder = path.Dir(folder) {
		if at := strings.LastIndex("/"+manifest, "/"+folder+"/"); at >= 0 {
			return manifest[:at], true
		}
	}
	return "", false
}

// messageFields returns the names of the fields of a Parquet message, written
// as "message name { optional binary key (UTF8); … }".
func messageFields(message string) []string {
	_, message, _ = strings.Cut(message, "{")
	var names []string
	for field := range strings.SplitSeq(message, ";") {
		if words := strings.Fields(field); len(words) >= 3 {
			names = append(names, words[2])
		}
	}
	return names
}
