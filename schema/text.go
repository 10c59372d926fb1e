package schema

import "fmt"

// A Text plays a log file's text from its beginning to its end, in pieces, to
// each, whose error ends it. A piece is borrowed for the call. The error is each's,
// or says why the text cannot be read.
type Text func(each func(piece []byte) error) error

// ErrTooLong says that a record which may be wanted is longer than any that
// CloudTrail writes.
var ErrTooLong = fmt.Errorf("longer than %d MiB", maxRecord>>20)

// maxRejected is how many rejected records of a log file are named.
const maxRejected = 100

// Rejected are the wanted records of a log file that could not become a row.
type Rejected struct {
	Count int            // all of them
	First []*RecordError // the first hundred
}

// Err returns the first reason, nil if no record was rejected.
func (r *Rejected) Err() error {
	if r.Count == 0 {
		return nil
	}
	return r.First[0]
}

// Add adds a record that could not become a row.
func (r *Rejected) Add(record int, err error) {
	if r.Count++; len(r.First) < maxRejected {
		r.First = append(r.First, &RecordError{Record: record, Err: err})
	}
}

// DecodeText decodes a log file as [Decode] does, but holds no more of its text
// than a record, and of its events than a batch: about so many bytes, by
// [Event.Size], go to emit at a time, whose error ends it. The slice is emit's to
// keep.
//
// Nothing is emitted of a text that is not a log file. To know, a text whose
// events exceed one batch is played a second time. Events that check returns an error
// for are rejected; it is called in order, from the first again if the text is played
// again, and may be nil.
func DecodeText(text Text, logFile string, batch int64, check func(*Event) error, emit func([]Event) error) (Rejected, error) {
	return decodeTwice(func(d *decoder) error { return d.play(text) }, decoder{logFile: logFile, batch: batch, check: check}, emit)
}

// Records plays the records of a file to each, in order and borrowed for the call;
// each's error ends it. The error is each's, or says why the file cannot be read.
type Records func(each func(raw []byte) error) error

// DecodeRecords is [DecodeText] of a file that is no log file, by somebody who knows
// where the records in it are. Events that keep refuses are left out.
func DecodeRecords(records Records, file string, batch int64, keep func(*Event) bool, check func(*Event) error, emit func([]Event) error) (Rejected, error) {
	play := func(d *decoder) error {
		i := 0
		return records(func(raw []byte) error {
			if len(raw) <= maxRecord {
				d.record(i, raw)
			} else if mentions(raw) {
				d.long(i)
			}
			i++
			return d.err
		})
	}
	return decodeTwice(play, decoder{logFile: file, batch: batch, keep: keep, check: check}, emit)
}

// decodeTwice plays to a decoder, and to another if there are too many events.
func decodeTwice(play func(*decoder) error, fresh decoder, emit func([]Event) error) (Rejected, error) {
	d := fresh
	err := play(&d)
	if err == nil && !d.over {
		if len(d.events) > 0 {
			err = emit(d.events)
		}
		return d.rejected, err
	}
	if err != nil {
		return Rejected{}, err
	}
	d = fresh
	d.emit = emit
	if err := play(&d); err != nil {
		return Rejected{}, err
	}
	if len(d.events) > 0 {
		err = emit(d.events)
	}
	return d.rejected, err
}

// A decoder decodes the records of a text.
type decoder struct {
	logFile  string
	batch    int64
	keep     func(*Event) bool // nil: all
	check    func(*Event) error
	emit     func([]Event) error // nil: it is not known yet whether the text is a log file
	over     bool                // the events exceeded a batch, and were dropped
	events   []Event
	size     int64 // of events
	rejected Rejected
	err      error // emit's
}

func (d *decoder) play(text Text) error {
	s := splitter{record: d.record, long: d.long}
	err := text(func(piece []byte) error {
		if err := s.write(piece); err != nil {
			return err
		}
		return d.err
	})
	if err != nil {
		return err
	}
	return s.close()
}

// record decodes a record.
func (d *decoder) record(i int, raw []byte) {
	if d.over || d.err != nil || !mentions(raw) {
		return
	}
	event, ok, err := decodeRecord(raw)
	event.dropLongIDs()
	if err == nil && ok && d.keep != nil && !d.keep(&event) {
		return
	}
	if err == nil && ok && d.check != nil {
		err = d.check(&event)
	}
	switch {
	case err != nil:
		d.rejected.Add(i, err)
	case ok:
		event.LogFile = d.logFile
		d.events = append(d.events, event)
		if d.size += event.Size(); d.size > d.batch {
			d.spill()
		}
	}
}

func (d *decoder) long(i int) {
	if !d.over {
		d.rejected.Add(i, ErrTooLong)
	}
}

// spill makes room for the next batch.
func (d *decoder) spill() {
	if d.emit == nil {
		d.over = true
	} else {
		d.err = d.emit(d.events)
	}
	d.events, d.size = nil, 0
}
