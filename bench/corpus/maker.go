package corpus

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	// gzipLevel gives the sizes that log files of a real trail have.
	gzipLevel = 6
	// collected is the span of events that a log file holds.
	collected = 5 * time.Minute
	// delay is how long after an event its log file is delivered, at most.
	delay = 15 * time.Minute
	// maxSessions bounds how many sessions share a log file.
	maxSessions = 40
	// runLength and callLength are how many records in a row are of one session,
	// and of one call, on average. Sessions do not alternate: what calls, calls
	// many times in a second.
	runLength  = 5
	callLength = 2
)

// A logFile is one made.
type logFile struct {
	key      string
	body     []byte // gzipped
	records  int
	inflated int // bytes
}

// A maker makes log files, one at a time.
type maker struct {
	cfg    Config
	plan   *plan
	calls  []compiled
	decoys []compiled
	buf    []byte // of the log file being made, inflated
	zip    *gzip.Writer
	zipped bytes.Buffer
}

func newMaker(cfg Config, plan *plan) *maker {
	m := &maker{cfg: cfg, plan: plan}
	kinds := fills()
	for _, c := range calls() {
		m.calls = append(m.calls, compile(c, kinds))
	}
	for _, c := range decoys() {
		m.decoys = append(m.decoys, compile(c, kinds))
	}
	return m
}

// make makes the log file of a number.
func (m *maker) make(index int) (logFile, error) {
	rng := newRand(m.cfg.Seed, drawFile, index)
	p := m.place(index)
	name := string(appendFrom(nil, rng, alphanum, 16))
	records := m.fill(rng, index, p)
	body, err := m.compress()
	if err != nil {
		return logFile{}, fmt.Errorf("compress log file: %w", err)
	}
	return logFile{key: p.key(m.cfg.Org, name), body: body, records: records, inflated: len(m.buf)}, nil
}

// fill writes a log file into the maker's buffer and returns how many records
// it has.
func (m *maker) fill(rng *rand.Rand, index int, p place) int {
	limit, size := drawSize(rng, m.cfg.Mode)
	special := m.special(index)
	expected := min(limit, size/averageRecord)
	sessions := m.sessions(rng, p, expected)
	w := writer{buf: append(m.buf[:0], `{"Records":[`...), rng: rng, account: p.account, region: p.region}
	records := 0
	next := func() {
		if records++; records > 1 {
			w.text(",")
		}
	}
	// The special records replace others of a log file that is limited by its
	// number of records, and any of them may stand anywhere in it.
	var s session
	var c int // of the session
	ordinary := max(limit-len(special), 1)
	for i := 0; i < ordinary && len(w.buf) < size; i++ {
		if rng.IntN(max(expected-i, 1)) < len(special) {
			next()
			special[0](&w)
			special = special[1:]
		}
		next()
		if i == 0 || rng.IntN(runLength) == 0 {
			s = pick(rng, sessions)
			c = pickSkewed(rng, s.calls)
		} else if rng.IntN(callLength) == 0 {
			c = pickSkewed(rng, s.calls)
		}
		w.session, w.time = s, p.delivered.Add(-delay/3-upTo(rng, collected))
		w.record(&m.calls[c])
	}
	for _, write := range special {
		next()
		write(&w)
	}
	w.text("]}")
	m.buf = w.buf
	return records
}

// sessions returns those of a log file with about so many records.
func (m *maker) sessions(rng *rand.Rand, p place, records int) []session {
	most := 1 + int(math.Sqrt(float64(records)))
	all := make([]session, min(1+rng.IntN(most+1), maxSessions))
	for i := range all {
		all[i] = newSession(rng, p.account, p.delivered.Add(-delay), m.calls)
	}
	return all
}

// special returns what writes the planted events and decoys of a log file.
func (m *maker) special(index int) []func(*writer) {
	var all []func(*writer)
	for _, i := range m.plan.inFile[index] {
		all = append(all, func(w *writer) { m.planted(w, m.plan.plantings[i]) })
	}
	for range m.plan.decoys[index] {
		all = append(all, func(w *writer) {
			w.time = m.place(index).delivered.Add(-delay)
			w.session = m.caller(w.rng, w.account, w.time)
			w.record(&m.decoys[w.rng.IntN(len(m.decoys))])
		})
	}
	return all
}

// planted writes a planted event. All it draws is the event's own, whichever
// log file it is written to.
func (m *maker) planted(w *writer, p planting) {
	first := m.place(p.files[0])
	if len(p.files) > 1 {
		first = m.place(min(p.files[0], p.files[1]))
	}
	rng := newRand(m.cfg.Seed, drawPlanting, p.number)
	at := first.delivered.AddDate(0, 0, -p.late).Add(-upTo(rng, delay))
	own := writer{
		buf: w.buf, rng: rng, account: w.account, region: w.region, time: at,
		session: m.caller(rng, w.account, at),
	}
	own.support(p.eventID)
	w.buf = own.buf
}

// caller returns a session of a person or a program.
func (m *maker) caller(rng *rand.Rand, a *account, at time.Time) session {
	for {
		if s := newSession(rng, a, at, m.calls); !s.internal {
			return s
		}
	}
}

// compress returns the maker's buffer gzipped.
func (m *maker) compress() ([]byte, error) {
	m.zipped.Reset()
	if m.zip == nil {
		zip, err := gzip.NewWriterLevel(&m.zipped, gzipLevel)
		if err != nil {
			return nil, err
		}
		m.zip = zip
	} else {
		m.zip.Reset(&m.zipped)
	}
	if _, err := m.zip.Write(m.buf); err != nil {
		return nil, err
	}
	if err := m.zip.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(m.zipped.Bytes()), nil
}
