package inventorytest

import (
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
)

func parquetSchema(versions bool) string {
	between := ""
	if versions {
		between = "optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; "
	}
	return "message s3.inventory { required binary bucket (STRING); required binary key (STRING); " + between +
		"optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (STRING); " +
		"optional binary storage_class (STRING); optional boolean is_multipart_uploaded; optional binary encryption_status (STRING); " +
		"optional binary intelligent_tiering_access_tier (STRING); }"
}

type versionFields struct {
	VersionID      *string `parquet:"version_id,optional"`
	IsLatest       *bool   `parquet:"is_latest,optional"`
	IsDeleteMarker *bool   `parquet:"is_delete_marker,optional"`
}

type objectFields struct {
	Bucket       string     `parquet:"bucket"`
	Key          string     `parquet:"key"`
	Size         *int64     `parquet:"size,optional"`
	Modified     *time.Time `parquet:"last_modified_date,optional,timestamp(millisecond)"`
	ETag         *string    `parquet:"e_tag,optional"`
	StorageClass *string    `parquet:"storage_class,optional"`
	Multipart    *bool      `parquet:"is_multipart_uploaded,optional"`
	Encryption   *string    `parquet:"encryption_status,optional"`
	Tier         *string    `parquet:"intelligent_tiering_access_tier,optional"`
}

type objectRow struct{ objectFields }

type versionRow struct {
	objectFields
	versionFields
}

// A parquetFile has few rows a group, so that small inventories have several.
type parquetFile[T any] struct {
	writer *parquet.GenericWriter[T]
	toRow  func(row) T
}

const groupRows = 50_000

func newParquet(out io.Writer, versions bool) rows {
	options := []parquet.WriterOption{parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(groupRows), parquet.PageBufferSize(64 << 10)}
	if !versions {
		return &parquetFile[objectRow]{parquet.NewGenericWriter[objectRow](out, options...), func(r row) objectRow { return objectRow{fieldsOf(r)} }}
	}
	return &parquetFile[versionRow]{parquet.NewGenericWriter[versionRow](out, options...), func(r row) versionRow {
		return versionRow{fieldsOf(r), versionFields{&r.version, &r.latest, &r.marker}}
	}}
}

func fieldsOf(r row) objectFields {
	multipart, encryption := false, "SSE-S3"
	f := objectFields{Bucket: r.bucket, Key: r.key, Modified: &r.modified, Multipart: &multipart, Encryption: &encryption}
	if !r.marker {
		f.Size, f.ETag, f.StorageClass = &r.size, &r.etag, &r.class
	}
	if r.tier != "" {
		f.Tier = &r.tier
	}
	return f
}

func (f *parquetFile[T]) write(r row) error {
	_, err := f.writer.Write([]T{f.toRow(r)})
	return err
}

func (f *parquetFile[T]) close() error { return f.writer.Close() }
