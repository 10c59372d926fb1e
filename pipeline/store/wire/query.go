package wire

import "strconv"

// A Query says what to list.
type Query struct {
	Prefix  string // keys that begin so
	After   string // and come after this key
	Shallow bool   // stops at the next slash after Prefix
	Token   string // of the page before; After then says where that page ended
	MaxKeys int    // 0 for as many as the store gives
	Name    string // the name that the store calls the bucket by, if known
}

// append appends the query as it is signed: names in order, and all that can be
// escaped is.
func (q *Query) append(dst []byte) []byte {
	if q.Token != "" {
		dst = append(appendEscaped(append(dst, "continuation-token="...), q.Token, false), '&')
	}
	if q.Shallow {
		dst = append(dst, "delimiter=%2F&"...)
	}
	// So no key can break the XML of its page.
	dst = append(dst, "encoding-type=url&list-type=2"...)
	if q.MaxKeys > 0 {
		dst = strconv.AppendInt(append(dst, "&max-keys="...), int64(q.MaxKeys), 10)
	}
	if q.Prefix != "" {
		dst = appendEscaped(append(dst, "&prefix="...), q.Prefix, false)
	}
	// Some stores heed it beside a token, and would give the first page for ever.
	if q.After != "" && q.Token == "" {
		dst = appendEscaped(append(dst, "&start-after="...), q.After, false)
	}
	return dst
}
