package export

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// maxWraps bounds how often a text is wrapped in another. What is known to
// occur wraps three times: SNS in SQS in CloudWatch Logs.
const maxWraps = 16

// text passes on the records in a string that holds JSON, or base64 of it. A
// string that holds none is what it is: nothing in it is counted.
func (f *finder) text(quoted []byte, here place) int {
	inner, err := f.wrapped(quoted)
	if err != nil {
		f.hidden = cmp.Or(f.hidden, err)
	}
	if inner == nil {
		return 0
	}
	return f.inner(inner, here)
}

// inner passes on the records in a text that stands in another.
func (f *finder) inner(text []byte, here place) int {
	if here.wraps == maxWraps || !f.spend(len(text)) {
		return 0
	}
	here.wraps++
	before, around := f.result, f.lines
	hidden := f.hidden
	f.lines = lines{}
	found, _, _ := f.documents(text, here, false) // which are not entered
	if f.hidden = hidden; found == 0 {
		f.result = before
		if f.broken != nil && f.hidden == nil && (f.deeper || looksRecord(text) || beginsJSON(text)) {
			f.hidden = f.broken
		}
	}
	f.lines = around
	return found
}

// beginsJSON reports whether a text begins as JSON, and not with words.
func beginsJSON(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] != '"' && startsDocument(text[0]) && isJSON(text)
}

// looksRecord reports whether a text names a field that a record begins with, in whatever
// way its quotes are escaped.
func looksRecord(text []byte) bool {
	return bytes.Contains(text, []byte("eventVersion")) || bytes.Contains(text, []byte("eventSource"))
}

// wrapped returns the JSON that a string holds, nil if it holds none. The error says that
// it once held some.
func (f *finder) wrapped(quoted []byte) ([]byte, error) {
	// The braces that open and close an object can stand in a string unescaped
	// or, as nobody writes them, as \u007b. Base64 has no braces.
	body := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(body, '{') >= 0 {
		var s string
		if err := json.Unmarshal(quoted, &s); err != nil {
			return nil, errSyntax
		}
		return []byte(s), nil
	}
	if len(body) < shortestRecord {
		return nil, nil
	}
	plain := bytes.ReplaceAll(body, []byte(`\/`), []byte("/"))
	binary := make([]byte, base64.StdEncoding.DecodedLen(len(plain)))
	n, err := base64.StdEncoding.Decode(binary, plain)
	if err != nil {
		if looksWrapped(plain, binary[:n]) {
			return nil, fmt.Errorf("a text in it: %w", err)
		}
		return nil, nil
	}
	binary = binary[:n]
	if bytes.HasPrefix(binary, []byte{0x1f, 0x8b}) {
		inflated, err := f.Inflate(binary, f.left)
		if err != nil {
			return nil, fmt.Errorf("a text in it: inflate: %w", err)
		}
		f.left -= len(inflated)
		return inflated, nil
	}
	if bytes.IndexByte(binary, '{') >= 0 {
		return binary, nil
	}
	return nil, nil
}

// looksWrapped reports whether a text that is no base64, but for its beginning, once was
// JSON or gzip. A web token begins so too, and has dots.
func looksWrapped(text, decoded []byte) bool {
	return (beginsJSON(decoded) || bytes.HasPrefix(decoded, []byte{0x1f, 0x8b})) && bytes.Count(text, []byte{'.'}) < 2
}

// shortestRecord is a bound below the length of any record with its three fields,
// gzipped and in base64.
const shortestRecord = 40
