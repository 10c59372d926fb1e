package wire

import (
	"bytes"
	"fmt"
	"net/http"
)

// A Refusal is an answer of the store that is not what was asked for.
type Refusal struct {
	Status int
	// Code, Message and Region are what S3's error document says. Code is empty
	// if the answer has no such document.
	Code, Message, Region string
	// Quote is the beginning of an answer without such a document.
	Quote string
}

// Error implements error.
func (r *Refusal) Error() string {
	switch {
	case r.Code != "" && r.Message != "":
		return r.Code + ": " + r.Message
	case r.Code != "":
		return r.Code
	}
	return fmt.Sprintf("the answer is %d %s with %s, which is no error of S3", r.Status, http.StatusText(r.Status), r.Quote)
}

// A NoListingError says that an answer passes for a listing and is none, or is
// not about what was asked.
type NoListingError struct {
	Host  string
	Quote string // how the answer begins
	Err   error
	// Whole says that it is a listing, whole and well formed. So it did not break
	// on its way, and asking again gives the same.
	Whole bool
}

// Error implements error.
func (e *NoListingError) Error() string {
	return fmt.Sprintf("what %s answered is no listing as asked for: %s; it begins %s", e.Host, e.Err, e.Quote)
}

// Unwrap returns what is wrong with it.
func (e *NoListingError) Unwrap() error { return e.Err }

// A BrokenError says that there was no whole answer. Begun tells whether it had
// begun: whatever broke then, the store is there and has agreed.
type BrokenError struct {
	Err   error
	Begun bool
}

// Error implements error.
func (e *BrokenError) Error() string { return e.Err.Error() }

// Unwrap returns what broke.
func (e *BrokenError) Unwrap() error { return e.Err }

// maxMessage bounds what is kept of a message.
const maxMessage = 500

// refusal reads the document of an error.
func refusal(status int, doc []byte) *Refusal {
	r := &Refusal{Status: status}
	s := scanner{doc}
	root, err := s.begin()
	if err == nil && string(root) == "ErrorResponse" { // as other services of AWS wrap it
		root, _, _, err = s.tag()
	}
	if err != nil || string(root) != "Error" {
		r.Quote = quote(doc)
		return r
	}
	for {
		name, closing, empty, err := s.tag()
		if err != nil {
			break
		}
		if closing {
			if string(name) == "Error" && r.Code != "" {
				return r
			}
			break
		}
		if empty {
			continue
		}
		var field *string
		switch string(name) {
		case "Code":
			field = &r.Code
		case "Message":
			field = &r.Message
		case "Region":
			field = &r.Region
		default:
			if s.skip(name) != nil {
				return &Refusal{Status: status, Quote: quote(doc)}
			}
			continue
		}
		text, err := s.text(name)
		if err == nil {
			text, err = appendResolved(nil, text)
		}
		if err != nil {
			break
		}
		*field = string(bytes.Join(bytes.Fields(text[:min(len(text), maxMessage)]), []byte(" ")))
	}
	return &Refusal{Status: status, Quote: quote(doc)}
}
