package inventorytest

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

func csvSchema(versions bool) string {
	between := ""
	if versions {
		between = "VersionId, IsLatest, IsDeleteMarker, "
	}
	return "Bucket, Key, " + between + "Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, EncryptionStatus, IntelligentTieringAccessTier"
}

// A csvFile has every field in quotes, and keys as in a URL.
type csvFile struct {
	gzip     *gzip.Writer
	versions bool
	line     []byte
}

func newCSV(out io.Writer, versions bool) *csvFile {
	return &csvFile{gzip: gzip.NewWriter(out), versions: versions}
}

func (f *csvFile) write(r row) error {
	// The slashes of a key stay as they are.
	fields := []string{r.bucket, strings.ReplaceAll(url.QueryEscape(r.key), "%2F", "/")}
	if f.versions {
		fields = append(fields, r.version, strconv.FormatBool(r.latest), strconv.FormatBool(r.marker))
	}
	size := strconv.FormatInt(r.size, 10)
	if r.marker {
		size = ""
	}
	fields = append(fields, size, r.modified.UTC().Format("2006-01-02T15:04:05.000Z"), r.etag, r.class, "false", "SSE-S3", r.tier)
	f.line = f.line[:0]
	for i, field := range fields {
		if i > 0 {
			f.line = append(f.line, ',')
		}
		f.line = append(append(append(f.line, '"'), strings.ReplaceAll(field, `"`, `""`)...), '"')
	}
	_, err := f.gzip.Write(append(f.line, '\n'))
	return err
}

func (f *csvFile) close() error { return f.gzip.Close() }
