package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"plantrail/pipeline/store"
)

// documents is where the table keeps what is not rows.
const documents = "_plantrail/"

// maxDocument bounds a document in bytes. That of an account with fifteen years of
// history has a few hundred kilobytes.
const maxDocument = 256 << 20

// Document reads a document of the table's. Its ETag is for PutDocument. The
// error wraps [store.ErrNotFound] if there is none.
func (t *Table) Document(ctx context.Context, name string) (text []byte, etag string, err error) {
	return document(ctx, t.location, name)
}

// Documents yields the names of the JSON documents in a folder of the table's,
// in order. It ends behind an error.
func (r *Reader) Documents(ctx context.Context, folder string) iter.Seq2[string, error] {
	return documentsIn(ctx, r.location, folder)
}

// Documents yields the names of the JSON documents in a folder of the table's, as
// [Reader.Documents] does.
func (t *Table) Documents(ctx context.Context, folder string) iter.Seq2[string, error] {
	return documentsIn(ctx, t.location, folder)
}

func documentsIn(ctx context.Context, location store.Location, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for page, err := range location.List(ctx, store.Range{Prefix: location.Key(documents + folder + "/"), Shallow: true}) {
			if err != nil {
				yield("", err)
				return
			}
			for _, object := range page.Objects {
				if name := path.Base(object.Key); strings.HasSuffix(name, ".json") && !yield(folder+"/"+name, nil) {
					return
				}
			}
		}
	}
}

func document(ctx context.Context, location store.Location, name string) (text []byte, etag string, err error) {
	file, err := location.Open(ctx, location.Key(documents+name))
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size > maxDocument {
		return nil, "", fmt.Errorf("%s: %w: %d bytes are no document", location.URI(location.Key(documents+name)), errDamagedDocument, file.Size)
	}
	text, err = io.ReadAll(io.NewSectionReader(file, 0, file.Size))
	return text, file.ETag, err
}

// PutDocument replaces a document that has the given ETag, or makes one where
// the ETag is empty. The error wraps [store.ErrChanged] if another run was
// faster.
func (t *Table) PutDocument(ctx context.Context, name string, text []byte, etag string) error {
	return t.location.Put(ctx, t.location.Key(documents+name), bytes.NewReader(text), int64(len(text)), etag)
}
