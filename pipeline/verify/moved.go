package verify

import (
	"cmp"
	"fmt"
	"slices"

	"plantrail/pipeline/digest"
)

// A trail that is told to deliver elsewhere, or that becomes an organization's, begins
// anew in another folder. The first digest there names the last one here. Each folder is
// verified by itself; when all are, what they say of each other is held together:
//
//   - that predecessor is the last of a chain here: then it has the hash that was said, or
//     it is altered, and either folder's time is that of one chain;
//   - there is such a chain, and it does not end so: then the predecessor is missing;
//   - there is none: the folder is not of the selection, and the chain says where it
//     comes from.
type links struct {
	moves []move
	ends  map[string]end          // by place, as CloudTrail put it
	roots map[digest.ChainID]bool // chains, with their bucket and folder as CloudTrail put them
}

// An Origin is a digest of another folder that a chain continues.
type Origin struct {
	Key      string `json:"key"`      // its URI, as CloudTrail put it
	Verified bool   `json:"verified"` // whether it was verified, too
}

// A move is one of a chain.
type move struct {
	digest.Move
	chain digest.ChainID
	at    position
	uri   string
}

// An end is one of a chain.
type end struct {
	digest.End
	at  position
	uri string
}

// A position is that of a chain in Result.Chains, and of its unit in Result.Units.
type position struct{ chain, unit int }

func placeOf(bucket, object string) string { return bucket + "/" + object }

// rooted returns a chain as CloudTrail put it in the place of a digest.
func rooted(id digest.ChainID, bucket, object string) digest.ChainID {
	name, _ := digest.ParseKey(object)
	id.Root = placeOf(bucket, name.Root)
	return id
}

// add takes what a chain says of others.
func (l *links) add(j *job, s *digest.Summary, at position) {
	if l.ends == nil {
		l.ends, l.roots = map[string]end{}, map[digest.ChainID]bool{}
	}
	for _, m := range s.Moved {
		l.moves = append(l.moves, move{m, s.Chain, at, j.unit.Source.URI(m.Key)})
	}
	for _, e := range s.Ends {
		l.ends[placeOf(e.Bucket, e.Object)] = end{e, at, j.unit.Source.URI(e.Key)}
		l.roots[rooted(s.Chain, e.Bucket, e.Object)] = true
	}
}

// join holds the chains together, when all of them are known.
func (c *collector) join() {
	slices.SortFunc(c.links.moves, func(a, b move) int { return cmp.Compare(a.uri, b.uri) })
	for _, m := range c.links.moves {
		from := placeOf(m.Bucket, m.Object)
		last, there := c.links.ends[from]
		switch {
		case there && last.Hash == (digest.Hash{}), there && last.Hash == m.Hash:
			// It is there, and what is wrong with it was said.
		case there:
			c.recount(last.at, last.Verdict, -1)
			c.recount(last.at, digest.Altered, 1)
			c.find(digest.Altered, last.uri, fmt.Sprintf("its SHA-256 is %s, and its successor %s says %s", last.Hash, m.uri, m.Hash))
		case c.links.roots[rooted(m.chain, m.Bucket, m.Object)]:
			c.recount(m.at, digest.Missing, 1)
			c.find(digest.Missing, "s3://"+from, "its successor "+m.uri+" names it, and it is not the last of a chain there")
		}
		chain := &c.r.Chains[m.at.chain]
		chain.Continues = append(chain.Continues, Origin{"s3://" + from, there})
	}
}

// recount changes how many digests of a chain have a verdict.
func (c *collector) recount(at position, v digest.Verdict, by int) {
	for _, counts := range []*Counts{&c.r.Digests, &c.r.Chains[at.chain].Digests, &c.r.Units[at.unit].Digests} {
		switch v {
		case digest.Verified:
			counts.Verified += by
		case digest.Altered:
			counts.Altered += by
		case digest.Missing:
			counts.Missing += by
		case digest.Unproven:
			counts.Unproven += by
		case digest.Unreadable:
			counts.Unreadable += by
		case digest.Unlisted: // is of log files
		}
	}
}
