package digest

import "fmt"

// A Verdict is what can be said of a digest or a log file.
type Verdict int

// The verdicts.
const (
	Verified   Verdict = iota // it is what CloudTrail signed
	Altered                   // its bytes, its place or its metadata are not what CloudTrail signed
	Missing                   // it was signed, and is not there
	Unlisted                  // a log file that no digest names, though digests of its hour are proven
	Unproven                  // nothing proves it, and nothing speaks against it
	Unreadable                // the store does not give it, or it is larger than it can be
	verdicts
)

// Verdicts returns all verdicts.
func Verdicts() []Verdict {
	all := make([]Verdict, verdicts)
	for v := range verdicts {
		all[v] = v
	}
	return all
}

// String returns the verdict as one word.
func (v Verdict) String() string {
	words := [...]string{"verified", "altered", "missing", "unlisted", "unproven", "unreadable"}
	if v < 0 || int(v) >= len(words) {
		return fmt.Sprintf("Verdict(%d)", int(v))
	}
	return words[v]
}

// MarshalText writes the verdict as one word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict.
func (v *Verdict) UnmarshalText(text []byte) error {
	for _, known := range Verdicts() {
		if known.String() == string(text) {
			*v = known
			return nil
		}
	}
	return fmt.Errorf("%q is no verdict", text)
}
