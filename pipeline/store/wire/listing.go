package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// An Object is what a listing says of an object.
type Object struct {
	Key          string
	Size         int64
	ETag         string
	StorageClass string
}

// A Listing is a page.
type Listing struct {
	Name    string // of the bucket, as the store says it
	Objects []Object
	Folders []string
	Next    string // token of the next page; "" for the last one
}

// Last returns the greatest key or folder of the page.
func (l *Listing) Last() string {
	last := ""
	if n := len(l.Objects); n > 0 {
		last = l.Objects[n-1].Key
	}
	if n := len(l.Folders); n > 0 {
		last = max(last, l.Folders[n-1])
	}
	return last
}

// A field is an element of a ListBucketResult that is read, once at most.
type field uint16

const (
	fieldName field = 1 << iota
	fieldPrefix
	fieldDelimiter
	fieldStartAfter
	fieldEncoding
	fieldTruncated
	fieldNext
	fieldCount
)

func fieldOf(name []byte) field {
	switch string(name) {
	case "Name":
		return fieldName
	case "Prefix":
		return fieldPrefix
	case "Delimiter":
		return fieldDelimiter
	case "StartAfter":
		return fieldStartAfter
	case "EncodingType":
		return fieldEncoding
	case "IsTruncated":
		return fieldTruncated
	case "NextContinuationToken":
		return fieldNext
	case "KeyCount":
		return fieldCount
	}
	return 0
}

// A page is a listing while it is read.
type page struct {
	Listing
	seen      field
	prefix    string // as written, as are these
	delimiter string
	after     string
	encoded   bool // keys are escaped as in a URL
	truncated bool
	count     int64

	objects []rawObject
	folders [][]byte
}

// A rawObject waits for the page's EncodingType, which may come after it.
type rawObject struct {
	key, etag, class []byte
	size             int64
}

// scanPage reads an answer to ListObjectsV2. It is an error unless it is a
// listing, whole and well formed, with what every listing has.
func scanPage(doc []byte) (*page, error) {
	s := scanner{doc}
	root, err := s.begin()
	if err != nil {
		return nil, err
	}
	if string(root) != "ListBucketResult" {
		return nil, fmt.Errorf("its root is <%s>", short(root))
	}
	p := new(page)
	for {
		name, closing, empty, err := s.tag()
		switch {
		case err != nil:
			return nil, err
		case closing && string(name) != string(root):
			return nil, fmt.Errorf("</%s> ends <%s>", short(name), root)
		case closing:
			if err := s.end(); err != nil {
				return nil, err
			}
			return p, p.finish()
		case empty:
			err = p.set(name, nil)
		case string(name) == "Contents":
			err = p.object(&s, name)
		case string(name) == "CommonPrefixes":
			err = p.folder(&s, name)
		case fieldOf(name) == 0:
			err = s.skip(name)
		default:
			var text []byte
			if text, err = s.text(name); err == nil {
				text, err = appendResolved(nil, text)
			}
			if err == nil {
				err = p.set(name, text)
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// set takes a field of the listing itself.
func (p *page) set(name, text []byte) error {
	f := fieldOf(name)
	if f == 0 {
		if string(name) == "Contents" || string(name) == "CommonPrefixes" {
			return fmt.Errorf("an empty <%s>", name)
		}
		return nil
	}
	if p.seen&f != 0 {
		return fmt.Errorf("two <%s>", name)
	}
	p.seen |= f
	ok := true
	switch f {
	case fieldName:
		p.Name, ok = string(text), len(text) > 0
	case fieldPrefix:
		p.prefix = string(text)
	case fieldDelimiter:
		p.delimiter = string(text)
	case fieldStartAfter:
		p.after = string(text)
	case fieldEncoding:
		p.encoded, ok = len(text) > 0, len(text) == 0 || string(text) == "url"
	case fieldTruncated:
		p.truncated, ok = string(text) == "true", string(text) == "true" || string(text) == "false"
	case fieldNext:
		p.Next = string(text)
	case fieldCount:
		p.count, ok = number(text)
	}
	if !ok {
		return fmt.Errorf("<%s> is %q", name, short(text))
	}
	return nil
}

// number reads a decimal number without sign.
func number(text []byte) (int64, bool) {
	const digits = 18 // that fit an int64 whatever they are
	value := int64(0)
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + int64(c-'0')
	}
	return value, len(text) > 0 && len(text) <= digits
}

// object reads an object, after <Contents>.
func (p *page) object(s *scanner, root []byte) error {
	var o rawObject
	var size []byte
	for {
		name, closing, empty, err := s.tag()
		if err != nil {
			return err
		}
		if closing {
			if string(name) != string(root) {
				return fmt.Errorf("</%s> ends <%s>", short(name), root)
			}
			break
		}
		var field *[]byte
		switch string(name) {
		case "Key":
			field = &o.key
		case "Size":
			field = &size
		case "ETag":
			field = &o.etag
		case "StorageClass":
			field = &o.class
		}
		switch {
		case field != nil && *field != nil:
			return fmt.Errorf("two <%s> of one object", name)
		case field != nil && empty:
			*field = []byte{}
		case field != nil:
			*field, err = s.text(name)
		case !empty:
			err = s.skip(name)
		}
		if err != nil {
			return err
		}
	}
	ok := false
	if o.size, ok = number(size); !ok {
		return fmt.Errorf("the <Size> of %q is %q", short(o.key), short(size))
	}
	if len(o.key) == 0 {
		return errors.New("an object without <Key>")
	}
	p.objects = append(p.objects, o)
	return nil
}

// folder reads a folder, after <CommonPrefixes>.
func (p *page) folder(s *scanner, root []byte) error {
	name, closing, empty, err := s.tag()
	if err != nil {
		return err
	}
	if closing || empty || string(name) != "Prefix" {
		return fmt.Errorf("<%s> without <Prefix>", root)
	}
	text, err := s.text(name)
	if err != nil {
		return err
	}
	p.folders = append(p.folders, text)
	return s.close(root)
}

// finish checks what every listing has, and resolves the keys.
func (p *page) finish() error {
	const required = fieldName | fieldTruncated
	objects, folders := int64(len(p.objects)), int64(len(p.folders))
	switch {
	case p.seen&required != required:
		return errors.New("it has no <Name> or no <IsTruncated>, which every listing has")
	case p.seen&fieldCount != 0 && p.count != objects+folders && p.count != objects: // some stores do not count folders
		return fmt.Errorf("its <KeyCount> is %d, and it has %d objects and %d folders", p.count, objects, folders)
	case p.truncated && p.Next == "":
		return errors.New("it is truncated and has no <NextContinuationToken>: the store must support ListObjectsV2")
	case !p.truncated:
		p.Next = ""
	}
	p.Objects = make([]Object, len(p.objects))
	var scratch []byte
	var err error
	for i, o := range p.objects {
		// One text for both: a key that is kept keeps nothing of its page alive.
		if scratch, err = p.key(scratch[:0], o.key); err != nil {
			return err
		}
		n := len(scratch)
		if scratch, err = appendResolved(scratch, o.etag); err != nil {
			return err
		}
		both := string(scratch)
		p.Objects[i] = Object{Key: both[:n], Size: o.size, ETag: both[n:], StorageClass: class(o.class)}
	}
	for _, f := range p.folders {
		if scratch, err = p.key(scratch[:0], f); err != nil {
			return err
		}
		p.Folders = append(p.Folders, string(scratch))
	}
	p.objects, p.folders = nil, nil
	return nil
}

// key appends a key, resolved from how the page writes keys.
func (p *page) key(dst, raw []byte) (_ []byte, err error) {
	if !p.encoded {
		return appendResolved(dst, raw)
	}
	if bytes.IndexByte(raw, '&') >= 0 {
		if raw, err = appendResolved(nil, raw); err != nil {
			return dst, err
		}
	}
	key, ok := appendUnescaped(dst, raw)
	if !ok {
		return dst, fmt.Errorf("the key %q is not escaped as its <EncodingType> says", short(raw))
	}
	return key, nil
}

// class returns a storage class without a copy for those that are common.
func class(name []byte) string {
	for _, known := range [...]string{"STANDARD", "INTELLIGENT_TIERING", "STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"} {
		if string(name) == known {
			return known
		}
	}
	return string(name)
}

// answers reports whether p says what was asked of it, and if not, why.
func (p *page) answers(q *Query) error {
	switch {
	case q.Name != "" && p.Name != q.Name:
		return fmt.Errorf("it is about the bucket %q", p.Name)
	case p.seen&fieldPrefix != 0 && !p.echoes(p.prefix, q.Prefix):
		return fmt.Errorf("it is about the prefix %q", p.prefix)
	case p.seen&fieldDelimiter != 0 && p.delimiter != "" && (!q.Shallow || !p.echoes(p.delimiter, "/")):
		return fmt.Errorf("its <Delimiter> is %q", p.delimiter)
	case p.after != "" && q.Token == "" && !p.echoes(p.after, q.After):
		return fmt.Errorf("its <StartAfter> is %q", p.after)
	case p.Next != "" && p.Next == q.Token:
		return errors.New("its <NextContinuationToken> is the one that it was asked with")
	}
	return p.inOrder(q)
}

// echoes reports whether a field repeats what was asked, escaped or, as some
// stores do, not.
func (p *page) echoes(written, asked string) bool {
	if written == asked {
		return true
	}
	resolved, ok := appendUnescaped(nil, []byte(written))
	return p.encoded && ok && string(resolved) == asked
}

// inOrder holds the keys against the range: all in it, in order, and after those
// of the page before. A folder may begin before After if it reaches beyond it.
func (p *page) inOrder(q *Query) error {
	last := q.After
	for i := range p.Objects {
		key := p.Objects[i].Key
		switch {
		case !strings.HasPrefix(key, q.Prefix):
			return fmt.Errorf("the key %q does not begin with %q", key, q.Prefix)
		case key <= last && i == 0:
			return fmt.Errorf("the key %q does not come after %q, where it was to begin", key, last)
		case key <= last:
			return fmt.Errorf("the key %q comes after %q, against the order of their bytes", key, last)
		case q.Shallow && strings.IndexByte(key[len(q.Prefix):], '/') >= 0:
			return fmt.Errorf("the key %q lies in a folder, and folders were asked for", key)
		}
		last = key
	}
	last = q.After
	for i, folder := range p.Folders {
		within := strings.TrimPrefix(folder, q.Prefix)
		switch {
		case !q.Shallow:
			return fmt.Errorf("the folder %q was not asked for", folder)
		case len(within) == len(folder) && q.Prefix != "" || strings.IndexByte(within, '/') != len(within)-1:
			return fmt.Errorf("%q is no folder in %q", folder, q.Prefix)
		case folder <= last && (i > 0 || q.Token != "" || !strings.HasPrefix(last, folder)):
			return fmt.Errorf("the folder %q does not come after %q", folder, last)
		}
		last = folder
	}
	return nil
}

// quote returns what an error quotes of an answer: its beginning, on one line.
func quote(b []byte) string {
	b = bytes.TrimSpace(short(b))
	if len(b) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", b)
}
