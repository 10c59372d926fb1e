package export

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// A Result says what a file was found to hold.
type Result struct {
	Records int    // that were passed on
	Others  int    // documents and elements that hold no record
	Empty   int    // documents that say that there is no record
	First   *Other // nil if there are none
}

// An Other is a part of a file that holds no record.
type Other struct {
	Offset int    // where it begins in the file, in bytes; in a wrapped text, where that begins
	Text   string // how it begins, in one line; whoever shows it must mind what is in it
	Err    error  // why it is no JSON; nil if it is
}

// Error says what and where the part is.
func (o *Other) Error() string {
	if o.Err != nil {
		return fmt.Sprintf("at byte %d: %v: %s", o.Offset, o.Err, o.Text)
	}
	return fmt.Sprintf("at byte %d: no CloudTrail record: %s", o.Offset, o.Text)
}

// Unwrap returns why the part is no JSON.
func (o *Other) Unwrap() error { return o.Err }

// ErrTooBroken says that a file consists of so many broken documents, or of
// texts wrapped so often, that the search was given up.
var ErrTooBroken = errors.New("too many broken or wrapped documents")

const (
	// maxWraps bounds how often a text is wrapped in another. What is known to
	// occur wraps three times: SNS in SQS in CloudWatch Logs.
	maxWraps = 16
	// maxWork bounds the bytes that are looked at, as a multiple of the file's, so
	// that a file made of broken documents ends.
	maxWork = 64
	// headBytes is how much of what is no record is quoted.
	headBytes = 60
)

// An Inflate returns what gzip holds, and an error if that is more than limit
// bytes. The bytes are the caller's.
type Inflate func(gzip []byte, limit int) ([]byte, error)

// A Text plays a file's text from its beginning to its end, in pieces, to each, whose
// error ends it. A piece is borrowed for the call.
type Text func(each func(piece []byte) error) error

// Records passes each record in text to record, in the file's order. A record's
// bytes are valid until record returns. limit bounds, in bytes, how much of the text
// is held, and what the gzip wrapped in one document inflates to. A document that is
// longer is taken apart, so that only a value with nothing in it to take apart is
// too long.
//
// The error is that of record or text, or [ErrTooBroken]. All else that is no record
// is in the result.
func Records(text Text, inflate Inflate, limit int, record func(raw []byte) error) (Result, error) {
	f := finder{inflate: inflate, limit: limit, work: maxWork * 1024, record: record}
	if err := text(f.write); err != nil {
		return f.result, err
	}
	f.close()
	return f.result, f.err
}

// A finder searches one file.
type finder struct {
	inflate Inflate
	limit   int
	left    int // bytes that gzip in this document may still inflate to
	work    int // bytes that may still be looked at
	record  func(raw []byte) error
	members []span // of the objects around what is being searched
	result  Result
	err     error
	stream
}

// A span is where a value begins and ends in its text.
type span struct{ begin, end int }

// A place is where a value stands: an offset in the file, and in how many texts
// it is wrapped. Within a wrapped text, the offset is where the text begins.
type place struct{ offset, wraps int }

func (p place) plus(n int) place {
	if p.wraps == 0 {
		p.offset += n
	}
	return p
}

// other counts a part that holds no record.
func (f *finder) other(part []byte, at place, err error) {
	f.result.Others++
	if f.result.First == nil {
		head := bytes.ToValidUTF8(bytes.Join(bytes.Fields(part[:min(len(part), headBytes)]), []byte(" ")), []byte("\uFFFD"))
		f.result.First = &Other{Offset: at.offset, Text: string(head), Err: err}
	}
}

// none counts a whole document that holds no record.
func (f *finder) none(document []byte, at place) {
	if isEmpty(document) {
		f.result.Empty++
		return
	}
	f.other(document, at, nil)
}

// spend reports whether n more bytes may be looked at.
func (f *finder) spend(n int) bool {
	f.work -= n
	if f.work < 0 && f.err == nil {
		f.err = ErrTooBroken
	}
	return f.err == nil
}

// documents searches a sequence of documents. It returns how many records that holds,
// and how much of it was searched: all, unless more follows. Then the last document
// is left that does not end.
func (f *finder) documents(text []byte, here place, more bool) (found, used int) {
	for at := 0; ; {
		at = f.between(text, at, here, more)
		if at == len(text) || !startsDocument(text[at]) {
			return found, at
		}
		if here.wraps == 0 {
			f.left = f.limit
		}
		end, n, err := f.document(text, at, here)
		switch {
		case !f.spend(end - at):
			return found, end
		case more && errors.Is(err, errEnd):
			return found, at
		}
		if err == nil {
			if n == 0 {
				f.none(text[at:end], here.plus(at))
			}
			found, at = found+n, end
			continue
		}
		f.other(text[at:], here.plus(at), err)
		line := bytes.IndexByte(text[at:], '\n') // the next one may begin a whole document
		if line < 0 {
			f.skip = more
			return found, len(text)
		}
		at += line
	}
}

func startsDocument(c byte) bool { return c == '{' || c == '[' || c == '"' }

// between returns where the next document begins: at the first byte that is
// none of those that stand between documents, or, in a line that begins with
// something else, such as a time stamp, at its first brace. Lines without a
// document are counted. If more follows, a line is left that does not end.
func (f *finder) between(text []byte, at int, here place, more bool) int {
	for {
		for at < len(text) && bytes.IndexByte([]byte(" \t\r\n,\x1e\x00"), text[at]) >= 0 {
			at++
		}
		if at == len(text) || startsDocument(text[at]) {
			return at
		}
		line := text[at:]
		end := bytes.IndexByte(line, '\n')
		if end >= 0 {
			line = line[:end]
		}
		if brace := bytes.IndexByte(line, '{'); brace >= 0 {
			return at + brace
		}
		if end < 0 && more {
			return at
		}
		f.other(line, here.plus(at), errSyntax)
		at += len(line)
	}
}

// search passes on the records in a value, and returns how many there are.
func (f *finder) search(value []byte, here place) int {
	switch value[0] {
	case '"':
		return f.text(value, here)
	case '[':
		return f.array(value, here)
	case '{':
		found, _ := f.object(&scanner{text: value}, here) // the document around it is whole
		return found
	}
	return 0
}

// document passes on the records in the document that begins at at, and returns
// where it ends and how many there are. Of a broken one it passes on none.
func (f *finder) document(text []byte, at int, here place) (end, found int, err error) {
	s := scanner{text: text, at: at}
	if text[at] == '{' {
		found, err = f.object(&s, here)
		return s.at, found, err
	}
	if err := s.value(0); err != nil {
		return s.at, 0, err
	}
	return s.at, f.search(text[at:s.at], here.plus(at)), nil
}

// object moves over an object and passes on a record, or the records in the
// members of what is none.
func (f *finder) object(s *scanner, here place) (found int, err error) {
	begin, waiting := s.at, len(f.members)
	defer func() { f.members = f.members[:waiting] }()
	var fields [len(recordFields)]bool
	err = s.object(0, func(name, value []byte) {
		if i := slices.Index(recordFields[:], string(name)); i >= 0 && value[0] == '"' {
			fields[i] = true
		}
		if value[0] == '{' || value[0] == '[' || value[0] == '"' {
			f.members = append(f.members, span{s.at - len(value), s.at})
		}
	})
	if err != nil {
		return 0, err
	}
	if !slices.Contains(fields[:], false) {
		if f.err == nil {
			f.result.Records++
			f.err = f.record(s.text[begin:s.at])
		}
		return 1, nil
	}
	for i := waiting; i < len(f.members); i++ { // a search appends, and takes away what it appended
		m := f.members[i]
		if f.spend(m.end - m.begin) {
			found += f.search(s.text[m.begin:m.end], here.plus(m.begin))
		}
	}
	return found, nil
}

// recordFields are the fields by which a record is known. All of them are in
// every event version, and together in nothing that wraps records.
var recordFields = [...]string{`"eventSource"`, `"eventName"`, `"eventTime"`} //nolint:gochecknoglobals // never changed

// array passes on the records in an array. Elements without one are counted if
// others have one.
func (f *finder) array(value []byte, here place) (found int) {
	var empty [][]byte
	s := scanner{text: value}
	var first place
	s.array(0, func(element []byte) { //nolint:errcheck // as in object
		if !f.spend(len(element)) {
			return
		}
		at := here.plus(s.at - len(element))
		n := f.search(element, at)
		if found += n; n == 0 {
			if empty == nil {
				first = at
			}
			empty = append(empty, element)
		}
	})
	if found > 0 {
		for _, element := range empty {
			f.other(element, first, nil)
		}
	}
	return found
}
