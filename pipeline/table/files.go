package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"plantrail/pipeline/store"
)

// A File is what one of a table's files is: enough to tell later whether it still is.
type File struct {
	Key    string `json:"key"` // its URI
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Files reads all of the table's files and returns what they are, in order of their keys.
func (r *Reader) Files(ctx context.Context) ([]File, error) {
	files := []File{}
	for page, err := range r.location.List(ctx, store.Range{Prefix: r.location.Key(r.scheme.Column() + "=")}) {
		if err != nil {
			return nil, fmt.Errorf("hash the table: %w", err)
		}
		for _, object := range page.Objects {
			if !strings.HasSuffix(object.Key, "/"+fileName) {
				continue
			}
			file, err := r.location.Open(ctx, object.Key)
			if err != nil {
				return nil, fmt.Errorf("hash the table: %w", err)
			}
			sum := sha256.New()
			_, err = io.Copy(sum, io.NewSectionReader(file, 0, file.Size))
			if err := errors.Join(err, file.Close()); err != nil {
				return nil, fmt.Errorf("hash %s: %w", r.location.URI(object.Key), err)
			}
			files = append(files, File{Key: r.location.URI(object.Key), Bytes: file.Size, SHA256: hex.EncodeToString(sum.Sum(nil))})
		}
	}
	return files, nil
}
