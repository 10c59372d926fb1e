package export

import (
	"bytes"
	"errors"
	"fmt"
)

// A Result says what a file was found to hold.
type Result struct {
	Records int // that were passed on
	Empty   int // documents that say that there is no record

	// Others are documents, elements and lines that hold no record. First is the first
	// one, nil if there is none.
	Others int
	First  *Other
	// Broken are parts that may have held a record once: JSON that breaks or does not
	// end, and what is wanted without being a record.
	Broken      int
	FirstBroken *Other
}

// Noted returns the first part that holds no record, broken or not; nil if there is none.
func (r *Result) Noted() *Other {
	if r.First == nil || r.FirstBroken != nil && r.FirstBroken.Offset < r.First.Offset {
		return r.FirstBroken
	}
	return r.First
}

// An Other is a part of a file that holds no record.
type Other struct {
	Offset int    // where it begins in the file, in bytes; in a wrapped text, where that begins
	Text   string // how it begins, in one line; whoever shows it must mind what is in it
	Err    error  // why it is no record
}

// Error says what and where the part is.
func (o *Other) Error() string { return fmt.Sprintf("at byte %d: %v: %s", o.Offset, o.Err, o.Text) }

// Unwrap returns why the part is no record.
func (o *Other) Unwrap() error { return o.Err }

// headBytes is how much of what is no record is quoted.
const headBytes = 60

func newOther(part []byte, offset int, err error) *Other {
	head := bytes.ToValidUTF8(bytes.Join(bytes.Fields(part[:min(len(part), headBytes)]), []byte(" ")), []byte("\uFFFD"))
	return &Other{Offset: offset, Text: string(head), Err: err}
}

// ErrTooBroken says that a file consists of so many broken documents, or of
// texts wrapped so often, that the search was given up.
var ErrTooBroken = errors.New("too many broken or wrapped documents")

// maxWork bounds the bytes that are looked at, as a multiple of the file's, so
// that a file made of broken documents ends.
const maxWork = 64

// An Inflate returns what gzip holds, and an error if that is more than limit
// bytes. The bytes are the caller's.
type Inflate func(gzip []byte, limit int) ([]byte, error)

// A Text plays a file's text from its beginning to its end, in pieces, to each, whose
// error ends it. A piece is borrowed for the call.
type Text func(each func(piece []byte) error) error

// A Config says how to search a file.
type Config struct {
	Inflate Inflate
	// Limit bounds, in bytes, how much of the text is held, and what the gzip wrapped in
	// one document inflates to. A document that is longer is taken apart, so that only a
	// value with nothing in it to take apart is too long.
	Limit int
	// Wanted reports whether a part that holds no record is about what must not be
	// missed; nil: nothing is.
	Wanted func(part []byte) bool
}

// Records passes each record in text to record, in the file's order. A record's
// bytes are valid until record returns. Of a document that breaks, those are passed
// on that are whole.
//
// The error is that of record or text, [ErrTooBroken], or says what other format the
// file has. All else that is no record is in the result.
func Records(text Text, c Config, record func(raw []byte) error) (Result, error) {
	f := finder{Config: c, work: maxWork * 1024, record: record}
	if err := text(f.write); err != nil {
		return f.result, err
	}
	err := f.close()
	return f.result, err
}
