package page

import (
	"cmp"
	"slices"
	"time"

	"plantrail/schema"
)

// readers counts who looks, up to a number of actors and accounts.
type readers struct {
	config   Config
	known    map[reader]*looks
	others   int // reads by those that came when known was full
	sessions int // that are told apart
}

type reader struct{ Account, Actor string }

// looks are the reads of one reader.
type looks struct {
	reader
	Reads, Denied int64
	First, Last   time.Time
	sessions      map[string]bool // of a role, that are folded
	more          bool            // and more sessions than these
}

// count counts a read. Reads come the newest first.
func (r *readers) count(read *schema.Read) {
	actor, session := folded(read.Actor)
	who := reader{read.Account, actor}
	l := r.known[who]
	if l == nil {
		if len(r.known) == r.config.Counted {
			r.others++
			return
		}
		if r.known == nil {
			r.known = map[reader]*looks{}
		}
		l = &looks{reader: who, Last: read.Time}
		r.known[who] = l
	}
	if session != "" && !l.sessions[session] {
		if r.sessions == r.config.Sessions {
			l.more = true
		} else {
			if l.sessions == nil {
				l.sessions = map[string]bool{}
			}
			l.sessions[session] = true
			r.sessions++
		}
	}
	l.First = read.Time
	l.Reads++
	if read.Outcome == schema.Denied {
		l.Denied++
	}
}

// folds says how many sessions a reader's reads are of, "" where none are folded.
func (l *looks) folds() string {
	switch {
	case l.more:
		return "more than " + counted(len(l.sessions), "session", "sessions")
	case len(l.sessions) > 0:
		return counted(len(l.sessions), "session", "sessions")
	}
	return ""
}

// most returns those who look most, and how many there are beside.
func (r *readers) most() (shown []*looks, more int) {
	for _, l := range r.known {
		shown = append(shown, l)
	}
	slices.SortFunc(shown, func(a, b *looks) int {
		return cmp.Or(cmp.Compare(b.Reads, a.Reads), b.Last.Compare(a.Last), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Actor, b.Actor))
	})
	limit := min(len(shown), r.config.Readers)
	return shown[:limit], len(shown) - limit
}
