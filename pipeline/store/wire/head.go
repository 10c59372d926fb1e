package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
)

const (
	// maxHead bounds an answer's head, and the trailers of one in chunks.
	maxHead = 64 << 10
	// maxInterim is how many answers 1xx may come before the one that counts.
	maxInterim = 5
)

// A head is what matters of an answer's head.
type head struct {
	status  int
	length  int64 // of the body; -1 if it is not given
	chunked bool
	closes  bool // the connection ends with this answer

	date, region []byte // valid until the connection is read from

	metadata map[string]string // to be filled, by names without metadataPrefix; nil: nobody asks
}

// metadataPrefix begins the names of headers that the writer of an object chose.
const metadataPrefix = "x-amz-meta-"

var errHead = errors.New("the answer's head is not HTTP/1.1")

// parseHead reads a head, with the empty line that ends it. What HTTP allows two
// readings of is refused: a head decides where the next answer begins.
func parseHead(b []byte, h *head) error {
	line, rest, ok := cutLine(b)
	// HTTP/1.1 200 OK
	const status = len("HTTP/1.1 ")
	if !ok || len(line) < status+3 || string(line[:7]) != "HTTP/1." || line[8] != ' ' ||
		len(line) > status+3 && line[status+3] != ' ' {
		return fmt.Errorf("%w: it begins %s", errHead, quote(b))
	}
	*h = head{length: -1, metadata: h.metadata}
	clear(h.metadata) // of an interim answer
	for _, c := range line[status : status+3] {
		if c < '0' || c > '9' {
			return fmt.Errorf("%w: its first line is %s", errHead, quote(line))
		}
		h.status = h.status*10 + int(c-'0')
	}
	switch line[7] {
	case '1':
	case '0':
		h.closes = true
	default:
		return fmt.Errorf("%w: its first line is %s", errHead, quote(line))
	}
	if h.status < 100 {
		return fmt.Errorf("%w: its first line is %s", errHead, quote(line))
	}
	for {
		if line, rest, ok = cutLine(rest); !ok {
			return fmt.Errorf("%w: it ends in the middle", errHead)
		}
		if len(line) == 0 {
			return nil
		}
		if err := h.header(line); err != nil {
			return err
		}
	}
}

// cutLine cuts off a line that ends in CR LF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(b, '\n')
	if end < 1 || b[end-1] != '\r' {
		return nil, nil, false
	}
	return b[:end-1], b[end+1:], true
}

// header takes a line of the head.
func (h *head) header(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || bytes.IndexByte(line, 0) >= 0 || bytes.ContainsAny(line[:colon], " \t\r") {
		return fmt.Errorf("%w: %s is no header", errHead, quote(line))
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	switch {
	case is(name, "content-length"):
		// Two that agree are one.
		n, ok := length(value)
		if !ok || h.length >= 0 && h.length != n {
			return fmt.Errorf("%w: Content-Length is %s", errHead, quote(value))
		}
		h.length = n
	case is(name, "transfer-encoding"):
		if !is(value, "chunked") || h.chunked {
			return fmt.Errorf("%w: Transfer-Encoding is %s", errHead, quote(value))
		}
		h.chunked = true
	case is(name, "connection"):
		for token := range bytes.SplitSeq(value, []byte(",")) {
			h.closes = h.closes || is(bytes.TrimSpace(token), "close")
		}
	case is(name, "date"):
		h.date = value
	case is(name, "x-amz-bucket-region"):
		h.region = value
	case h.metadata != nil && len(name) > len(metadataPrefix) && is(name[:len(metadataPrefix)], metadataPrefix):
		h.metadata[strings.ToLower(string(name[len(metadataPrefix):]))] = string(value)
	}
	if h.chunked && h.length >= 0 {
		return fmt.Errorf("%w: it has both Content-Length and Transfer-Encoding", errHead)
	}
	return nil
}

// length reads a Content-Length. One that does not fit an int64 is none.
func length(value []byte) (int64, bool) {
	n := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(value) > 0
}

// is compares with a name in small letters.
func is(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}
