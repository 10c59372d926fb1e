package export

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// text passes on the records in a string that holds JSON, or base64 of it. A
// string that holds none is what it is: nothing in it is counted.
func (f *finder) text(quoted []byte, here place) int {
	inner := f.wrapped(quoted)
	if inner == nil || here.wraps == maxWraps || !f.spend(len(inner)) {
		return 0
	}
	here.wraps++
	before := f.result
	found, _ := f.documents(inner, here, false)
	if found == 0 {
		f.result = before
	}
	return found
}

// wrapped returns the JSON that a string holds, nil if it holds none.
func (f *finder) wrapped(quoted []byte) []byte {
	// The braces that open and close an object can stand in a string unescaped
	// or, as nobody writes them, as \u007b. Base64 has no braces.
	body := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(body, '{') >= 0 {
		var s string
		if json.Unmarshal(quoted, &s) != nil {
			return nil
		}
		return []byte(s)
	}
	if len(body) < shortestRecord {
		return nil
	}
	plain := bytes.ReplaceAll(body, []byte(`\/`), []byte("/"))
	binary := make([]byte, base64.StdEncoding.DecodedLen(len(plain)))
	n, err := base64.StdEncoding.Decode(binary, plain)
	if err != nil {
		return nil
	}
	binary = binary[:n]
	if bytes.HasPrefix(binary, []byte{0x1f, 0x8b}) {
		inflated, err := f.inflate(binary, f.left)
		if err != nil {
			return nil
		}
		f.left -= len(inflated)
		return inflated
	}
	if bytes.IndexByte(binary, '{') >= 0 {
		return binary
	}
	return nil
}

// shortestRecord is a bound below the length of any record with its three fields,
// gzipped and in base64.
const shortestRecord = 40
