package table

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/parquet-go/parquet-go"

	"plantrail/pipeline/store"
	"plantrail/schema"
)

// A rank says which of an event's copies stays: the one of the lowest rank. Its order
// is total but for copies of one log file, so what stays does not depend on the order
// in which they come.
//
//  1. A copy with an addendum, which CloudTrail delivers to say more than the first.
//  2. A copy from a log file, before one from Event history, which nothing proves.
//  3. The copy whose log file's URI sorts first.
type rank struct {
	addendum bool
	logFile  []byte
}

func (a rank) compare(b rank) int {
	first := func(yes bool) int {
		if yes {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(first(a.addendum), first(b.addendum)),
		cmp.Compare(first(!a.looked()), first(!b.looked())),
		bytes.Compare(a.logFile, b.logFile),
	)
}

// looked reports whether the copy was looked up in Event history.
func (a rank) looked() bool { return bytes.HasPrefix(a.logFile, []byte(store.HistoryScheme)) }

func rankOf(e *schema.Event) rank { return rank{e.Addendum != nil, []byte(e.LogFile)} }

// rank returns the rank of a row, borrowed from it.
func (c *columns) rank(row parquet.Row) rank {
	return rank{
		addendum: row[len(row)-c.addendum].DefinitionLevel() > 0,
		logFile:  row[len(row)-c.logFile].ByteArray(),
	}
}

// compareCopies orders copies of an event by their ranks, those of one log file by
// what they say.
func compareCopies(a, b *schema.Event) int {
	return cmp.Or(
		rankOf(a).compare(rankOf(b)),
		strings.Compare(string(a.RawEvent), string(b.RawEvent)),
	)
}
