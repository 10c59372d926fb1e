// Package accounts reads what accounts are called.
package accounts

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Names are what accounts are called, by their IDs of 12 digits. An account without
// a name has an empty one.
type Names map[string]string

// Size is how large a list of accounts may be. That of 100,000 accounts has 30 MB.
const Size = 256 << 20

// errForm says that a text is no list of accounts.
var errForm = errors.New("no list of accounts: write what aws organizations list-accounts --output json prints, or CSV with an ID and a name a line")

// Parse reads a list of accounts: what aws organizations list-accounts prints as
// JSON, page by page or whole or only its array, or CSV whose lines begin with an ID
// and a name, or whose header says where they stand. It takes texts in UTF-8 and, as
// some shells write them, UTF-16.
func Parse(text []byte) (Names, error) {
	text, err := inUTF8(text)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(text)
	names := Names{}
	switch {
	case len(text) == 0:
		return nil, errors.New("empty: " + errForm.Error())
	case text[0] == '{' || text[0] == '[':
		err = names.json(text)
	default:
		err = names.csv(text)
	}
	if err == nil && len(names) == 0 {
		err = errForm
	}
	return names, err
}

// inUTF8 returns a text without its byte order mark.
func inUTF8(text []byte) ([]byte, error) {
	for _, form := range []struct {
		mark string
		unit func(a, b byte) uint16
	}{
		{"\xff\xfe", func(a, b byte) uint16 { return uint16(b)<<8 | uint16(a) }},
		{"\xfe\xff", func(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) }},
	} {
		rest, found := bytes.CutPrefix(text, []byte(form.mark))
		if !found {
			continue
		}
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = form.unit(rest[2*i], rest[2*i+1])
		}
		return []byte(string(utf16.Decode(units))), nil
	}
	if !utf8.Valid(text) {
		return nil, errors.New("not in UTF-8: save it so")
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

// An account as AWS Organizations gives it.
type account struct{ ID, Name string }

func (n Names) json(text []byte) error {
	for in := json.NewDecoder(bytes.NewReader(text)); ; {
		var page json.RawMessage
		err := in.Decode(&page)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not whole: %w", err)
		}
		var list struct{ Accounts []account }
		of := any(&list)
		if page[0] == '[' {
			of = &list.Accounts
		}
		if err := json.Unmarshal(page, of); err != nil {
			return fmt.Errorf("%w (%w)", errForm, err)
		}
		for _, a := range list.Accounts {
			if err := n.add(a.ID, a.Name); err != nil {
				return err
			}
		}
	}
}

func (n Names) csv(text []byte) error {
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord, in.LazyQuotes, in.TrimLeadingSpace, in.Comment = -1, true, true, '#'
	line, _, _ := bytes.Cut(text, []byte("\n"))
	for _, comma := range ";\t" { // as spreadsheets write it in some countries, and as they copy it
		if !bytes.ContainsRune(line, ',') && bytes.ContainsRune(line, comma) {
			in.Comma = comma
		}
	}
	records, err := in.ReadAll()
	if err != nil {
		return fmt.Errorf("%w (%w)", errForm, err)
	}
	if len(records) == 0 {
		return errForm
	}
	id, name := columns(records[0])
	if id >= 0 {
		records = records[1:]
	} else if id, name = 0, 1; !isID(strings.TrimSpace(records[0][0])) {
		return errForm
	}
	for _, record := range records {
		called := ""
		if name >= 0 && name < len(record) {
			called = record[name]
		}
		if id >= len(record) {
			return errForm
		}
		if err := n.add(record[id], called); err != nil {
			return err
		}
	}
	return nil
}

// columns finds the ID and the name in a header of CSV, -1 for what it does not
// have.
func columns(header []string) (id, name int) {
	find := func(known ...string) int {
		return slices.IndexFunc(header, func(text string) bool {
			word := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(text))
			return slices.Contains(known, word)
		})
	}
	return find("id", "account", "accountid", "awsaccountid", "accountnumber"), find("name", "accountname", "awsaccountname", "alias", "accountalias")
}

// add notes an account. Spreadsheets take IDs for numbers, and leave out the zeros
// that they begin with.
func (n Names) add(id, name string) error {
	id, name = strings.TrimSpace(id), strings.TrimSpace(name)
	if len(id) > 0 && len(id) < 12 && strings.Trim(id, "0123456789") == "" {
		id = strings.Repeat("0", 12-len(id)) + id
	}
	if !isID(id) {
		return fmt.Errorf("%q is no account's ID: write its 12 digits, as text where a spreadsheet writes the file", id)
	}
	if known, ok := n[id]; ok && known != name && known != "" && name != "" {
		return fmt.Errorf("account %s has two names, %q and %q", id, known, name)
	}
	if n[id] == "" {
		n[id] = name
	}
	return nil
}

func isID(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }
