package digest

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// ErrElsewhere says that a digest names a log file in a place that does not go with its
// own. Such a place is never read.
var ErrElsewhere = errors.New("it does not lie with its digest's log files")

// Locate returns the key of a log file that a digest names, where the digest lies: a
// copy is looked for beside the copy of its digest. The key is one to compare with
// what is listed, not one to read.
func (o *Object) Locate(file LogFile) (string, error) {
	outside, inside := place(file.Object)
	own, _ := place(o.Digest.Object)
	here, at := place(o.Key)
	elsewhere := file.Bucket != o.Digest.Bucket || outside != own
	if !strings.Contains(at, "/") { // a flat folder
		elsewhere = file.Bucket != o.Digest.Bucket
		inside = inside[strings.LastIndexByte(inside, '/')+1:]
	}
	if elsewhere {
		return "", fmt.Errorf("%w: %.64q %.1100q", ErrElsewhere, file.Bucket, file.Object)
	}
	return here + inside, nil
}

// A Claim is what a digest says of a log file.
type Claim struct {
	Hash   Hash
	Digest string // the digest's key
	Proven bool   // whether the digest is
	// Other is a digest that is as much worth and says another hash; "" if none does.
	Other string
}

// With returns what two digests say together. What a proven one says outweighs what
// another does.
func (c Claim) With(other Claim) Claim {
	switch {
	case c.Digest == "" || other.Proven && !c.Proven:
		return other
	case c.Proven == other.Proven && c.Hash != other.Hash:
		c.Other = other.Digest
	}
	return c
}

// Named is the log files that digests name, by the keys where they must lie, as far as
// they have not been taken.
type Named struct{ claims map[string]Claim }

// Add takes a claim.
func (n *Named) Add(key string, claim Claim) {
	if n.claims == nil {
		n.claims = map[string]Claim{}
	}
	n.claims[key] = n.claims[key].With(claim)
}

// Take returns what is said of a log file, and forgets it.
func (n *Named) Take(key string) (Claim, bool) {
	claim, ok := n.claims[key]
	delete(n.claims, key)
	return claim, ok
}

// Len returns how many claims have not been taken.
func (n *Named) Len() int { return len(n.claims) }

// Rest returns the claims that have not been taken, in order of their keys.
func (n *Named) Rest() iter.Seq2[string, Claim] {
	return func(yield func(string, Claim) bool) {
		for _, key := range slices.Sorted(maps.Keys(n.claims)) {
			if !yield(key, n.claims[key]) {
				return
			}
		}
	}
}
