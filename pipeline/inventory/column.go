package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plantrail/pipeline/store"
)

// columns says at which index each column is that is read; -1 where there is
// none.
type columns struct {
	key, size, etag, class, tier int
	latest, marker               int // only in an inventory of all versions
	count                        int
}

// newColumns finds the columns by their names. CSV has IsLatest where Parquet
// has is_latest.
func newColumns(names []string) (columns, error) {
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), "_", ""))
	}
	at := func(name string) int { return slices.Index(plain, name) }
	c := columns{
		key: at("key"), size: at("size"), etag: at("etag"), class: at("storageclass"), tier: at("intelligenttieringaccesstier"),
		latest: at("islatest"), marker: at("isdeletemarker"), count: len(names),
	}
	switch {
	case c.key < 0:
		return c, errors.New(`the inventory has no column "Key": it is none of S3's`)
	case c.size < 0 || c.etag < 0:
		return c, errors.New(`the inventory lacks sizes or ETags: add "Size" and "ETag" to its optional fields, and wait for the next delivery`)
	case at("versionid") >= 0 && (c.latest < 0 || c.marker < 0):
		return c, errors.New("the inventory lists all versions and does not say which is the latest: let it include current versions only")
	}
	return c, nil
}

// isTrue reads a boolean of an inventory. A field that is empty is as the column
// were not there.
func isTrue(text string, otherwise bool) (bool, error) {
	if text == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", text)
	}
	return value, nil
}

// etagOf returns an ETag as a listing gives it: in quotes.
func etagOf(text string) string {
	if text == "" || text[0] == '"' {
		return text
	}
	return `"` + text + `"`
}

// classOf returns an object's storage class as [store.Object] has it.
func classOf(class, tier string) string {
	if class != "INTELLIGENT_TIERING" {
		return class
	}
	switch tier {
	case "ARCHIVE", "ARCHIVE_ACCESS":
		return store.ArchiveTier
	case "DEEP_ARCHIVE", "DEEP_ARCHIVE_ACCESS":
		return store.DeepArchiveTier
	}
	return class
}
