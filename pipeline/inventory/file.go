package inventory

import (
	"bufio"
	"context"
	"crypto/md5" //nolint:gosec // what S3 Inventory gives
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"plantrail/pipeline/store"
)

// readSize is how much of a data file is read at a time.
const readSize = 256 << 10

var errChanged = errors.New("not the file that the manifest was written for: use a newer delivery of the inventory")

// read adds the current objects of a data file. Whatever its format, the file is
// hashed first, so that no damaged byte is ever parsed and damage is told as
// such. That reads it twice, from a local disk: a bucket's store has copied it
// there. Hashing the packed bytes is little beside inflating them.
func (i *Inventory) read(ctx context.Context, f file, add func(store.Object) error) (err error) {
	opened, err := i.location.Open(ctx, f.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%w: use a newer delivery, or copy all its data files", err)
	case err != nil:
		return err
	}
	defer func() {
		if err = errors.Join(err, opened.Close()); err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%s: %w", i.location.URI(f.Key), err)
		}
	}()
	if opened.Size != f.Size {
		return fmt.Errorf("has %d bytes, not %d: %w", opened.Size, f.Size, errChanged)
	}
	whole := func() io.Reader {
		return bufio.NewReaderSize(io.NewSectionReader(opened, 0, opened.Size), readSize)
	}
	hash := md5.New() //nolint:gosec // what S3 Inventory gives
	if _, err := io.Copy(hash, whole()); err != nil {
		return err
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); !strings.EqualFold(sum, f.MD5) {
		return fmt.Errorf("has the MD5 %s, not %s: %w", sum, f.MD5, errChanged)
	}
	if i.format == parquetFormat {
		return readParquet(opened, opened.Size, add)
	}
	return readCSV(whole(), i.columns, add)
}
