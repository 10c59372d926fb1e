package wire

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// SignedHeaders returns the headers of a GET of a key, or of a query, as they are
// sent.
func SignedHeaders(s *Signer, host, path, query, owner, payer string, who aws.Credentials, at time.Time) string {
	r := request{host: host, path: []byte(path), query: []byte(query), owner: owner, payer: payer}
	headers, _ := s.appendHeaders(nil, nil, &r, &who, at)
	return string(headers)
}

// Escape escapes a path.
func Escape(s string) string { return string(appendEscaped(nil, s, true)) }

// ListQuery returns the query that lists a prefix.
func ListQuery(prefix string) string { q := Query{Prefix: prefix}; return string(q.append(nil)) }

// Scan reads a listing that is to answer a query.
func Scan(doc []byte, q Query) (*Listing, error) {
	p, err := scanPage(doc)
	if err == nil {
		err = p.answers(&q)
	}
	if err != nil {
		return nil, &NoListingError{Host: "host", Quote: quote(doc), Err: err}
	}
	return &p.Listing, nil
}

// ScanAny reads a listing, whatever it answers.
func ScanAny(doc []byte) (*Listing, error) {
	p, err := scanPage(doc)
	if err != nil {
		return nil, err
	}
	return &p.Listing, nil
}
