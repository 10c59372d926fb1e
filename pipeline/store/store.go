package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
)

// What callers tell apart. Errors wrap these with the object's URI and what the
// store said.
var (
	// ErrNotFound says that there is no such object.
	ErrNotFound = errors.New("not found")
	// ErrChanged says that an object is not, or no longer, the expected version.
	ErrChanged = errors.New("changed by another writer")
	// ErrDenied says that permission is missing.
	ErrDenied = errors.New("access denied")
	// ErrArchived says that an object must be restored before it can be read.
	ErrArchived = errors.New("archived: restore it first")
)

// IsChanged reports whether an error says that another writer was faster: with
// what is there now, the same may succeed.
func IsChanged(err error) bool { return errors.Is(err, ErrChanged) }

// An Object is what a listing says of an object.
type Object struct {
	Key  string
	Size int64  // bytes
	ETag string // differs when the content differs
	// StorageClass is as S3 names it; empty, as in a directory, or STANDARD for
	// the standard one. See [Object.Archived].
	StorageClass string
}

// A Page is one step of a listing.
type Page struct {
	Objects []Object
	Folders []string // keys with a closing slash; only where the Range asks for them
}

// A Range says what to list.
type Range struct {
	Prefix string // keys that begin so
	After  string // and sort behind this key
	// Shallow stops at the next slash behind Prefix: what lies deeper appears
	// as a folder.
	Shallow bool
	// Links has links to directories appear as folders where it is Shallow. They
	// are left out otherwise. S3 has none.
	Links bool
	// TellLinks has a [LinkError] for each link to a directory that is left out, and
	// lists what is no file as if it were: Get says what it is.
	TellLinks bool
}

// A LinkError names a link to a directory. It is not followed.
type LinkError struct {
	Key    string
	Target string // the key of the directory
}

// Error implements error.
func (e *LinkError) Error() string {
	return fmt.Sprintf("/%s is a link to the directory /%s and is not followed: let that be a source too", e.Key, e.Target)
}

// A File is an object opened for reading at any offset. It stays as it was at
// Open, whatever is put in its place.
type File struct {
	io.ReaderAt
	io.Closer
	Size int64
	ETag string
}

// A Store holds objects. All methods may be called from many goroutines.
type Store interface {
	// List yields the pages of a range in key order. An error is about a part of
	// it: a caller that goes on gets what can be listed behind that part.
	List(ctx context.Context, r Range) iter.Seq2[Page, error]
	// Get reads an object into buf, grown if need be, and returns its bytes. A
	// capacity one above the object's size is always enough.
	Get(ctx context.Context, key string, buf []byte) ([]byte, error)
	// Open opens an object for reading at any offset.
	Open(ctx context.Context, key string) (*File, error)
	// Put writes size bytes of body as an object, if the object there now has
	// the given ETag; "" stands for no object. It returns ErrChanged, and
	// leaves things as they are, if not.
	Put(ctx context.Context, key string, body io.ReaderAt, size int64, etag string) error
}

// Requests counts requests as they are sent and billed, retries included.
type Requests struct {
	List, Get, Put, Head atomic.Int64
	Lookup               atomic.Int64 // of events in CloudTrail's Event history
	// Refused counts those that were answered with a request for fewer, among the
	// objects and listings that were read.
	Refused atomic.Int64
}
