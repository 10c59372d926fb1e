package export

import (
	"cmp"
	"errors"
	"slices"
)

// A finder searches one file.
type finder struct {
	Config
	left    int // bytes that gzip in this document may still inflate to
	work    int // bytes that may still be looked at
	record  func(raw []byte) error
	members []span // of the objects around what is being searched
	// hidden is why a text in what is being searched breaks that looks as if it were a
	// record's; nil: none does.
	hidden error
	result Result
	err    error
	lines
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

// errWanted says that a part is about what must not be missed.
var errWanted = errors.New("no whole CloudTrail record, though it names what is looked for")

// other counts a part that holds no record.
func (f *finder) other(part []byte, at place, err error) {
	if f.Wanted != nil && f.Wanted(part) {
		f.broke(part, at, errWanted)
		return
	}
	if f.result.Others++; f.result.First == nil {
		f.result.First = newOther(part, at.offset, err)
	}
}

// broke counts a part that may have held a record.
func (f *finder) broke(part []byte, at place, err error) {
	f.broken = err
	if f.result.Broken++; f.result.FirstBroken == nil {
		f.result.FirstBroken = newOther(part, at.offset, err)
	}
}

// searched counts a whole part that was searched, in which so many records were found.
func (f *finder) searched(part []byte, at place, found int) {
	switch {
	case f.hidden != nil:
		f.deeper = true
		f.broke(part, at, f.hidden)
	case found > 0:
	case isEmpty(part):
		f.result.Empty++
	default:
		f.other(part, at, kindOf(part))
	}
	f.hidden = nil
}

// spend reports whether n more bytes may be looked at.
func (f *finder) spend(n int) bool {
	f.work -= n
	if f.work < 0 && f.err == nil {
		f.err = ErrTooBroken
	}
	return f.err == nil
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
	var whole span
	err = s.object(0, func(name, value []byte) {
		if i := slices.Index(recordFields[:], string(name)); i >= 0 && value[0] == '"' {
			fields[i] = true
		}
		if value[0] == '{' || value[0] == '[' || value[0] == '"' {
			f.members = append(f.members, span{s.at - len(value), s.at})
			if holdsWhole(name) {
				whole = f.members[len(f.members)-1]
			}
		}
	})
	if err != nil {
		return 0, err
	}
	if !slices.Contains(fields[:], false) {
		if whole.end > 0 {
			if found := f.search(s.text[whole.begin:whole.end], here.plus(whole.begin)); found > 0 {
				return found, nil
			}
		}
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

// holdsWhole reports whether a member of this name holds the whole record where a SIEM
// has put some fields of it beside. CloudTrail's own records have none of these members,
// so no caller of a service can put one there.
func holdsWhole(name []byte) bool {
	switch string(name) {
	case `"_raw"`, `"@message"`, `"message"`, `"eventJson"`, `"event.original"`, `"CloudTrailEvent"`, `"rawevent"`:
		return true
	}
	return false
}

// array passes on the records in an array. Elements without one are counted if
// others have one, unless they are columns of a row.
func (f *finder) array(value []byte, here place) (found int) {
	type part struct {
		element []byte
		at      place
		hidden  error
	}
	var without []part
	around := f.hidden
	s := scanner{text: value}
	s.array(0, func(element []byte) { //nolint:errcheck // as in object
		if !f.spend(len(element)) {
			return
		}
		at := here.plus(s.at - len(element))
		f.hidden = nil
		n := f.search(element, at)
		if found += n; n == 0 || f.hidden != nil {
			without = append(without, part{element, at, f.hidden})
		}
	})
	f.hidden = around
	row := found > 0 && len(without) > 0 && isRow(value)
	for _, p := range without {
		switch {
		case found == 0:
			f.hidden = cmp.Or(f.hidden, p.hidden)
		case p.hidden != nil:
			f.broke(p.element, p.at, p.hidden)
		case !row:
			f.other(p.element, p.at, kindOf(p.element))
		}
	}
	return found
}

// isRow reports whether an array is a row of columns, as queries answer: objects of one
// member each, no two of the same, or of a field and its value.
func isRow(value []byte) bool {
	seen := map[string]bool{}
	row := true
	s := scanner{text: value}
	s.array(0, func(element []byte) { //nolint:errcheck // it was searched
		column, parts := "", 0
		inner := scanner{text: element}
		row = row && element[0] == '{' && inner.object(0, func(name, value []byte) {
			switch string(name) {
			case `"field"`:
				column, parts = string(value), parts+1
			case `"value"`:
				parts++
			default:
				column, parts = string(name), parts+2
			}
		}) == nil && parts == 2 && !seen[column]
		seen[column] = true
	})
	return row
}
