package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Judgment is what can be said of one digest of a chain. Its log files are to be had
// until the function returns that it is passed to.
type Judgment struct {
	Verdict Verdict
	Key     string  // where it lies, or would lie
	Reason  string  // why it is not verified
	Object  *Object // nil: it is missing
	// Proven says that the digest's content is what CloudTrail signed, so that what it
	// says of log files counts. That can be so although its metadata were altered.
	Proven bool
}

// A Gap is a time between the proven digests of a chain of which none is proven.
type Gap struct {
	Span
	Reason string
}

// A Summary is what a chain comes to, of the digests judged so far.
type Summary struct {
	Chain         ChainID
	Count         [verdicts]int
	First, Last   string // the keys of the first and the last proven digest
	FirstHash     Hash
	LastHash      Hash
	LastSignature string // of the last, in hexadecimal digits; "" where only its successor's word proves it
	Proven        Spans
	Gaps          []Gap
	Fingerprints  []string // of the keys that signed, in order of their first use
	Copies        int      // digests that lie elsewhere than CloudTrail put them
	Begins        int      // digests that have no predecessor: validation was switched on
	Moved         []Move   // digests whose predecessors CloudTrail put into other folders
	Ends          []End    // digests that no other of the chain names as its predecessor
}

// A Move is a digest that names a predecessor in another folder: the trail was told to
// deliver elsewhere, or became an organization's.
type Move struct {
	Key            string // of the digest
	Bucket, Object string // of its predecessor
	Hash           Hash   // that the predecessor must have
}

// An End is a digest that nobody in its folder names, as CloudTrail put it. A digest in
// another folder may.
type End struct {
	Key            string
	Bucket, Object string
	Hash           Hash // none if it cannot be read
	Verdict        Verdict
}

// A Chain judges the digests of one chain. Its memory is that of the digests between
// the last Settle and the latest Add, a few of each day.
type Chain struct {
	keys    *Keys
	since   time.Time // digests that end before it were not looked for
	until   time.Time // digests that begin then or later are not judged; zero: all are
	emit    func(Judgment)
	summary Summary

	objects  map[string]*entry // by place; those not yet settled, and some before
	missing  map[string]bool   // by place: said to be missing
	original bool              // a digest was seen that has its signature and lies where CloudTrail put it
	proven   *entry            // the last proven digest, in order
	between  []string          // what is known of the time since it
}

// An entry is a digest between Add and the time when nobody asks for it any more.
type entry struct {
	*Object
	place   string
	outside string   // what stands before the place in its key
	nexts   []*entry // digests that name it as their predecessor
	settled bool
	signed  bool
	// signature is the one that holds.
	signature string
}

// NewChain returns a chain whose digests are looked for that end at since or later,
// and passes on a judgment of each that begins before until; a zero time is no bound.
// Those after that are only heard about those before.
func NewChain(id ChainID, keys *Keys, since, until time.Time, emit func(Judgment)) *Chain {
	return &Chain{
		keys: keys, since: since, until: until, emit: emit, summary: Summary{Chain: id},
		objects: map[string]*entry{}, missing: map[string]bool{},
	}
}

// Add takes a digest of the chain.
func (c *Chain) Add(o *Object) {
	e := &entry{Object: o}
	e.outside, e.place = place(o.Key)
	c.objects[e.place] = e
	if d := o.Digest; d != nil && o.metadata && !o.copied() {
		c.original = true
	}
}

// begins returns when a digest begins, as it says, or else as is usual.
func (e *entry) begins() time.Time {
	if e.Digest != nil {
		return e.Digest.Start
	}
	return e.Name.End.Add(-time.Hour)
}

// keep is how long a settled digest is remembered, for those that name it as their
// predecessor.
const keep = 48 * time.Hour

// Settle judges all digests that end up to a time, by their keys. Those up to some
// hours later must have been added, for what they say of these.
func (c *Chain) Settle(until time.Time) {
	c.link()
	all := make([]*entry, 0, len(c.objects))
	for _, e := range c.objects {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Or(a.Name.End.Compare(b.Name.End), cmp.Compare(a.Key, b.Key)) })
	for _, e := range all {
		e.signed = e.signed || c.isSigned(e)
	}
	for _, e := range all {
		if e.Name.End.After(until) {
			break
		}
		if !e.settled {
			e.settled = true
			if c.until.IsZero() || e.begins().Before(c.until) {
				c.judge(e)
			}
		}
	}
	for _, e := range all {
		if e.settled && e != c.proven && e.Name.End.Before(until.Add(-keep)) {
			delete(c.objects, e.place)
		}
	}
	for _, e := range c.objects {
		e.nexts = nil // made anew, so that none of those just forgotten is held
	}
}

// link tells each digest which others name it.
func (c *Chain) link() {
	for _, e := range c.objects {
		if e.Digest == nil || e.Digest.Previous == nil {
			continue
		}
		if previous := c.previous(e); previous != nil && previous != e {
			previous.nexts = append(previous.nexts, e)
		}
	}
}

// previous returns the digest that one names as its predecessor.
func (c *Chain) previous(e *entry) *entry {
	_, named := place(e.Digest.Previous.Object)
	if previous, ok := c.objects[named]; ok {
		return previous
	}
	// In a flat folder only the names are left.
	return c.objects[named[strings.LastIndexByte(named, '/')+1:]]
}

// isSigned reports whether CloudTrail's signature of a digest is known and holds: the
// one in its metadata, or as a successor repeats it. The signature speaks for
// itself, whatever becomes of that successor.
func (c *Chain) isSigned(e *entry) bool {
	if e.Digest == nil || e.misplaced() != nil {
		return false
	}
	if e.metadata && e.Object.signature == nil {
		e.signature = e.written
		return true
	}
	for _, next := range e.nexts {
		said, until := next.Digest.Previous, next.Digest.End
		if e.Name.Backfill {
			until = time.Time{} // it was made at any time after
		}
		if said.Hash == e.Digest.Hash && c.keys.check(e.Digest, said.Signature, e.Digest.Start, until) == nil {
			e.signature = said.Signature
			return true
		}
	}
	return false
}

// judge says what can be said of a digest, in order of time.
func (c *Chain) judge(e *entry) {
	verdict, reason, proven := c.verdict(e)
	if proven {
		if more := c.follow(e); more != "" && verdict == Verified {
			verdict, reason = Altered, more
		}
	} else {
		c.between = append(c.between, verdict.String())
	}
	if e.Digest != nil && e.copied() {
		c.summary.Copies++
	}
	c.summary.Count[verdict]++
	c.emit(Judgment{Verdict: verdict, Key: e.Key, Reason: reason, Object: e.Object, Proven: proven})
	if len(e.nexts) == 0 {
		end := End{Key: e.Key, Bucket: e.Bucket, Object: e.Key, Verdict: verdict}
		if d := e.Digest; d != nil {
			end.Bucket, end.Object, end.Hash = d.Bucket, d.Object, d.Hash
		}
		c.summary.Ends = append(c.summary.Ends, end)
	}
	if e.Digest != nil {
		e.Digest.LogFiles = nil // what is remembered is small
	}
}

// verdict judges a digest by itself and by what its successors say.
func (c *Chain) verdict(e *entry) (verdict Verdict, reason string, proven bool) {
	switch {
	case e.Unreadable != nil:
		return Unreadable, e.Unreadable.Error(), false
	case e.Malformed != nil:
		return Altered, "it is no digest: " + e.Malformed.Error(), false
	}
	if err := e.misplaced(); err != nil {
		return Altered, err.Error(), false
	}
	vouched := false
	for _, next := range e.nexts {
		if !next.signed {
			continue
		}
		if said := next.Digest.Previous.Hash; said != e.Digest.Hash {
			return Altered, fmt.Sprintf("its SHA-256 is %s, and its successor %s says %s", e.Digest.Hash, next.Key, said), false
		}
		vouched = true
	}
	proven = e.signed || vouched
	switch {
	case e.metadata && e.Object.signature == nil:
		return Verified, "", true
	case !e.metadata && c.original && !e.copied():
		return Altered, "the signature is gone from its metadata", proven
	case !e.metadata && proven:
		return Verified, "", true
	case !e.metadata && len(e.nexts) > 0:
		return Unproven, "its metadata have no signature, as in a copy, and its successor " + e.nexts[0].Key + ", which is not proven, says another", false
	case !e.metadata:
		return Unproven, "its metadata have no signature, as in a copy, and there is no digest after it that repeats it", false
	case isNoKey(e.Object.signature) && proven:
		return Verified, "", true
	case isNoKey(e.Object.signature) && !c.keys.Complete:
		return Unproven, e.Object.signature.Error(), false
	case proven:
		return Altered, "its metadata: " + e.Object.signature.Error() + ", though its successor has its SHA-256", true
	}
	return Altered, e.Object.signature.Error(), false
}

// follow enters a proven digest into the summary. It returns what is wrong with its
// place in the chain.
func (c *Chain) follow(e *entry) (wrong string) {
	d, s := e.Digest, &c.summary
	if s.First == "" {
		s.First, s.FirstHash = e.Key, d.Hash
	}
	if !slices.Contains(s.Fingerprints, d.Fingerprint) {
		s.Fingerprints = append(s.Fingerprints, d.Fingerprint)
	}
	wrong = c.lookBack(e)
	if last := c.proven; last != nil && !s.Chain.Backfill {
		switch {
		case d.Start.Before(last.Digest.End):
			wrong = cmp.Or(wrong, fmt.Sprintf("it begins at %s, before %s ends", d.Start.Format(time.RFC3339), last.Key))
		case d.Start.After(last.Digest.End):
			s.Gaps = append(s.Gaps, Gap{Span{last.Digest.End, d.Start}, c.gapReason(d)})
		}
	}
	if c.proven == nil || d.End.After(c.proven.Digest.End) {
		c.proven = e
		s.Last, s.LastHash, s.LastSignature = e.Key, d.Hash, e.signature
	}
	c.between = c.between[:0]
	s.Proven = s.Proven.With(Span{d.Start, d.End})
	return wrong
}

// gapReason says why no digest of the time before d is proven.
func (c *Chain) gapReason(d *Digest) string {
	switch {
	case len(c.between) > 0:
		slices.Sort(c.between)
		return "its digests are " + strings.Join(slices.Compact(c.between), " or ")
	case d.Previous == nil:
		return "the trail, or its validation, was off: the digest after it has no predecessor"
	}
	return "its digests are missing"
}

// lookBack looks for the predecessor of a proven digest.
func (c *Chain) lookBack(e *entry) (wrong string) {
	said := e.Digest.Previous
	if said == nil {
		c.summary.Begins++
		return ""
	}
	name, ok := ParseKey(said.Object)
	named, root := e.Name.ChainID, name.Root
	named.Root, name.Root = "", ""
	if !ok || name.ChainID != named {
		return fmt.Sprintf("it names %.1100q as its predecessor, which is no digest of its chain", said.Object)
	}
	if !name.End.Before(e.Name.End) {
		return fmt.Sprintf("it names %.1100q as its predecessor, which is not before it", said.Object)
	}
	if c.previous(e) != nil || name.End.Before(c.since) {
		return ""
	}
	_, at := place(said.Object)
	if c.missing[at] {
		return ""
	}
	c.missing[at] = true
	if own, ok := ParseKey(e.Digest.Object); said.Bucket != e.Digest.Bucket || ok && root != own.Root {
		// That is signed, so it hides nothing that was delivered here.
		c.between = append(c.between, "in another folder")
		c.summary.Moved = append(c.summary.Moved, Move{e.Key, said.Bucket, said.Object, said.Hash})
		return ""
	}
	c.between = append(c.between, Missing.String())
	c.summary.Count[Missing]++
	c.emit(Judgment{Verdict: Missing, Key: e.outside + at, Reason: "its successor " + e.Key + " names it, and it is not there"})
	return ""
}

// Summary returns what the chain comes to.
func (c *Chain) Summary() Summary { return c.summary }
