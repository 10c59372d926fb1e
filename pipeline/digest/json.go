package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// A cursor reads JSON strictly, and in one pass: nothing is kept of what is not
// asked for, and nothing is nested without a bound.
type cursor struct {
	in    []byte
	at    int
	depth int
	limit *Limits
}

// errSyntax says that a digest is no JSON.
var errSyntax = errors.New("not JSON")

func (c *cursor) fail(what string) error {
	return fmt.Errorf("%w: byte %d: %s", errSyntax, c.at, what)
}

// peek returns the next byte that is not white space, 0 at the end.
func (c *cursor) peek() byte {
	for c.at < len(c.in) {
		switch b := c.in[c.at]; b {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return b
		}
	}
	return 0
}

// take consumes a byte that must come next.
func (c *cursor) take(b byte) error {
	if c.peek() != b {
		return c.fail(fmt.Sprintf("want %q", b))
	}
	c.at++
	return nil
}

// enter opens an object or array.
func (c *cursor) enter(open byte) error {
	if err := c.take(open); err != nil {
		return err
	}
	if c.depth++; c.depth > c.limit.Depth {
		return fmt.Errorf("nested deeper than %d: no digest is", c.limit.Depth)
	}
	return nil
}

// list reads what stands between an opening and a closing byte, separated by commas.
func (c *cursor) list(opening, closing byte, element func() error) error {
	if err := c.enter(opening); err != nil {
		return err
	}
	for first := true; ; first = false {
		switch next := c.peek(); {
		case next == closing && first:
		case first:
			if err := element(); err != nil {
				return err
			}
			continue
		case next == ',':
			c.at++
			if err := element(); err != nil {
				return err
			}
			continue
		case next != closing:
			return c.fail(fmt.Sprintf("want ',' or %q", closing))
		}
		c.at++
		c.depth--
		return nil
	}
}

// object reads an object and passes each field's name on, whose value must be
// read before field returns.
func (c *cursor) object(field func(name string) error) error {
	return c.list('{', '}', func() error {
		name, err := c.text()
		if err != nil {
			return err
		}
		if err := c.take(':'); err != nil {
			return err
		}
		return field(name)
	})
}

// text reads a string.
func (c *cursor) text() (string, error) {
	if err := c.take('"'); err != nil {
		return "", err
	}
	begin, escaped := c.at, false
	for ; c.at < len(c.in); c.at++ {
		switch b := c.in[c.at]; {
		case c.at-begin > c.limit.Text:
			return "", fmt.Errorf("a text of more than %d bytes: no digest has one", c.limit.Text)
		case b == '\\':
			escaped = true
			c.at++
		case b < ' ':
			return "", c.fail("a control character in a text")
		case b == '"':
			raw := c.in[begin:c.at]
			c.at++
			if !utf8.Valid(raw) {
				return "", c.fail("a text that is not UTF-8")
			}
			if !escaped {
				return string(raw), nil
			}
			var text string
			if json.Unmarshal(c.in[begin-1:c.at], &text) != nil {
				return "", c.fail("an escape that there is not")
			}
			return text, nil
		}
	}
	return "", c.fail("a text without an end")
}

// textOrNull reads a string, or null.
func (c *cursor) textOrNull() (text string, ok bool, err error) {
	if c.peek() == 'n' {
		return "", false, c.word("null")
	}
	text, err = c.text()
	return text, true, err
}

func (c *cursor) word(word string) error {
	if !bytes.HasPrefix(c.in[c.at:], []byte(word)) {
		return c.fail("a word that there is not")
	}
	c.at += len(word)
	return nil
}

// skip reads a value that nobody asks for.
func (c *cursor) skip() error {
	switch b := c.peek(); b {
	case '{':
		return c.object(func(string) error { return c.skip() })
	case '[':
		return c.list('[', ']', c.skip)
	case '"':
		_, err := c.text()
		return err
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	default:
		begin := c.at
		for c.at < len(c.in) && bytes.IndexByte([]byte("+-.0123456789eE"), c.in[c.at]) >= 0 {
			c.at++
		}
		if !json.Valid(c.in[begin:c.at]) {
			c.at = begin
			return c.fail("not a value")
		}
		return nil
	}
}

// end makes sure that nothing follows.
func (c *cursor) end() error {
	if c.peek(); c.at < len(c.in) {
		return c.fail("more after the end")
	}
	return nil
}
