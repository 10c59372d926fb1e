package page

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/table"
)

// A Proof is what plantrail verify wrote, as a report or as a certificate: which hours of
// which accounts and regions are proven. The table keeps no verdicts.
type Proof struct {
	made    time.Time
	version string
	sources []string
	whole   bool         // it is a certificate: no more than its span is proven, and all of that
	files   []table.File // of the table that it is about
	hashed  bool         // it is about a table
	differs int          // rows in which that table was not what its log files say
	units   []proofUnit
}

// A proofUnit is what is proven of an account and region of one folder.
type proofUnit struct {
	account, region, folder string
	proven, unproven        digest.Spans
	verified                int // log files
	wrong                   int // digests and log files that are not what was signed
}

// proofJSON is what a report and a certificate have in common, and the one or the other.
type proofJSON struct {
	Kind      *string   `json:"kind"` // of certificates
	Made      time.Time `json:"made"`
	Version   string    `json:"version"`
	Sources   []string  `json:"sources"`
	Selection *struct {
		Sources []string `json:"sources"`
	} `json:"selection"` // of reports
	Span  digest.Span `json:"span"`
	Table *struct {
		Missing   int           `json:"missing"`
		Extra     int           `json:"extra"`
		Different int           `json:"different"`
		Files     *[]table.File `json:"files"`
	} `json:"table"`
	Units *[]struct {
		Account  string          `json:"account"`
		Region   string          `json:"region"`
		Folder   string          `json:"folder"`
		LogFiles json.RawMessage `json:"log_files"` // a certificate's is a number
		Digests  proofCounts     `json:"digests"`
		Proven   digest.Spans    `json:"proven"`
		Unproven digest.Spans    `json:"unproven"`
	} `json:"units"`
}

type proofCounts struct {
	Verified int `json:"verified"`
	Altered  int `json:"altered"`
	Missing  int `json:"missing"`
	Unlisted int `json:"unlisted"`
}

func (c proofCounts) wrong() int { return c.Altered + c.Missing + c.Unlisted }

// certificateKind is what a certificate of the form that is read calls itself.
const certificateKind = "plantrail certificate 1"

var errNoProof = errors.New("not what plantrail verify --report or --certificate writes")

// ReadProof reads a report or a certificate.
func ReadProof(raw []byte) (*Proof, error) {
	var in proofJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoProof, err)
	}
	p := &Proof{made: in.Made, version: in.Version, sources: in.Sources, whole: in.Kind != nil}
	switch {
	case in.Units == nil, in.Kind == nil && in.Selection == nil:
		return nil, errNoProof
	case p.whole && (*in.Kind != certificateKind || !in.Span.From.Before(in.Span.To)):
		return nil, fmt.Errorf("%w: it is a %.40q", errNoProof, *in.Kind)
	case !p.whole:
		p.sources = in.Selection.Sources
	}
	if t := in.Table; t != nil {
		p.differs = t.Missing + t.Extra + t.Different
		if p.hashed = t.Files != nil; p.hashed {
			p.files = *t.Files
		}
	}
	for _, u := range *in.Units {
		unit := proofUnit{account: u.Account, region: u.Region, folder: u.Folder}
		var err error
		if p.whole {
			unit.proven = digest.Spans{in.Span}
			err = json.Unmarshal(u.LogFiles, &unit.verified)
		} else {
			var files proofCounts
			err = json.Unmarshal(u.LogFiles, &files)
			unit.verified, unit.wrong = files.Verified, files.wrong()+u.Digests.wrong()
			unit.proven, unit.unproven = union(u.Proven), union(u.Unproven)
		}
		if err != nil || u.Account == "" {
			return nil, fmt.Errorf("%w: %s %s", errNoProof, u.Account, u.Region)
		}
		p.units = append(p.units, unit)
	}
	return p, nil
}

// union puts spans in order and joins those that touch.
func union(spans digest.Spans) (all digest.Spans) {
	for _, span := range spans {
		all = all.With(span)
	}
	return all
}

// A proofView is a proof in words and as strips.
type proofView struct {
	Title    string
	Notes    []string // what somebody must know who believes it
	From, To string
	Shown    []proofRow
	More     int
}

// A proofRow is an account and region in it, or one of the table's that it leaves out.
type proofRow struct {
	Account, Region, Folder text
	Proven, Unproven        string
	Verified, Wrong         int
	Strip                   []piece
}

// proofs lays out what is proven.
func (p *Page) proofs() (views []proofView) {
	for _, proof := range p.config.Proofs {
		views = append(views, p.proof(proof))
	}
	return views
}

func (p *Page) proof(proof *Proof) proofView {
	v := proofView{Title: proof.title(), Notes: p.doubts(proof)}
	units, _ := p.proofUnits(proof)
	a := axis{from: p.config.Now.Add(-leastPast), to: p.config.Now}
	for _, u := range units {
		for _, spans := range []digest.Spans{u.proven, u.unproven} {
			if len(spans) > 0 && spans[0].From.After(time.Unix(0, 0)) { // 1970 is all history
				a.from = earlier(a.from, spans[0].From)
			}
		}
	}
	v.From, v.To = a.from.UTC().Format(time.DateOnly), a.to.UTC().Format(time.DateOnly)
	places := map[[2]string]int{}
	for _, u := range units {
		places[[2]string{u.account, u.region}]++
	}
	for _, u := range units {
		if len(v.Shown) == p.config.Units {
			v.More = len(units) - len(v.Shown)
			break
		}
		row := proofRow{
			Account: textOf(bounded(u.account, p.config.Text)), Region: textOf(bounded(u.region, p.config.Text)),
			Proven: spansText(u.proven), Unproven: spansText(u.unproven), Verified: u.verified, Wrong: u.wrong,
		}
		if places[[2]string{u.account, u.region}] > 1 {
			row.Folder = textOf(bounded(u.folder, p.config.Text))
		}
		row.Strip = append(hourPieces(a, u.proven, "settled"), hourPieces(a, u.unproven, "missing")...)
		v.Shown = append(v.Shown, row)
	}
	return v
}

func (p *Proof) title() string {
	kind := "A report"
	if p.whole {
		kind = "A certificate"
	}
	if !p.made.IsZero() {
		kind += " of " + minute(p.made) + " UTC"
	}
	sources := make([]string, 0, maxSpans)
	for _, source := range p.sources[:min(len(p.sources), maxSpans)] {
		sources = append(sources, Visible(bounded(source, headRunes)))
	}
	if more := len(p.sources) - len(sources); more > 0 {
		sources = append(sources, counted(more, "more source", "more sources"))
	}
	return kind + " by plantrail " + Visible(bounded(p.version, headRunes)) + ", about " + cmp.Or(listed(sources), "no source")
}

// proofUnits returns a proof's units that the page is about, and those of the table that
// the proof leaves out, those that need a look first; and how many of these are left out.
func (p *Page) proofUnits(proof *Proof) (units []proofUnit, absent int) {
	named := map[[2]string]bool{}
	for _, u := range proof.units {
		if p.config.shows(u.account) {
			units = append(units, u)
			named[[2]string{u.account, u.region}] = true
		}
	}
	for _, u := range p.coverage.units {
		id := [2]string{u.Account, u.Region}
		if !named[id] {
			named[id] = true
			absent++
			units = append(units, proofUnit{account: u.Account, region: u.Region})
		}
	}
	slices.SortStableFunc(units, func(a, b proofUnit) int {
		return cmp.Or(-cmp.Compare(a.trouble(), b.trouble()), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region),
			cmp.Compare(a.folder, b.folder))
	})
	return units, absent
}

func (u *proofUnit) trouble() int {
	switch {
	case u.wrong > 0:
		return 3
	case len(u.proven) == 0:
		return 2
	case len(u.unproven) > 0:
		return 1
	}
	return 0
}

// doubts says in what a proof is not about the table as it is.
func (p *Page) doubts(proof *Proof) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	units, absent := p.proofUnits(proof)
	switch {
	case len(units) == absent:
		note("This proof is about none of the accounts here.")
	case absent > 0:
		note("Of %s that the table has read, this proof says nothing.", counted(absent, "account and region", "accounts and regions"))
	}
	beyond := map[string]bool{}
	for _, u := range proof.units {
		if p.config.shows(u.account) && !slices.ContainsFunc(p.coverage.units, func(c unit) bool { return c.Account == u.account }) {
			beyond[u.account] = true
		}
	}
	if len(beyond) > 0 {
		note("%s here that the table has never read.", counted(len(beyond), "account is", "accounts are"))
	}
	switch same, all := p.sameFiles(proof); {
	case !proof.hashed:
		note("It is about log files alone: no table was compared with them. verify --table compares it.")
	case same == 0 && len(proof.files) > 0:
		note("It is about another table: none of its files is this one's, or all have been written since.")
	case same < all:
		note("The table has been written since: %d of %d files are what was compared with the log files.", same, all)
	}
	if proof.differs > 0 {
		note("The table was not what the log files say, in %s.", counted(proof.differs, "row", "rows"))
	}
	return notes
}

// sameFiles returns how many of the files of the table and of a proof's are the same,
// and how many there are in either.
func (p *Page) sameFiles(proof *Proof) (same, all int) {
	there := map[string]table.File{}
	for _, f := range p.files {
		there[partitionOf(f.Key)] = f
	}
	all = len(there)
	for _, f := range proof.files {
		switch found, ok := there[partitionOf(f.Key)]; {
		case !ok:
			all++
		case found.Bytes == f.Bytes && found.SHA256 == f.SHA256:
			same++
		}
	}
	return same, all
}

// partitionOf returns what a table's file is called wherever the table lies.
func partitionOf(uri string) string {
	parts := strings.Split(uri, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

func hourPieces(a axis, spans digest.Spans, class string) (out []piece) {
	for _, span := range spans {
		if span.To.After(a.from) && span.From.Before(a.to) {
			x := a.at(span.From)
			out = append(out, piece{percent(x), percent(max(a.at(span.To)-x, 0.6)), class})
		}
	}
	return out
}

// spansText writes spans of hours.
func spansText(spans digest.Spans) string {
	var parts []string
	for _, span := range spans[:min(len(spans), maxSpans)] {
		if !span.From.After(time.Unix(0, 0)) {
			parts = append(parts, "all through "+minute(span.To))
		} else {
			parts = append(parts, minute(span.From)+" to "+minute(span.To))
		}
	}
	if more := len(spans) - len(parts); more > 0 {
		parts = append(parts, counted(more, "span", "spans")+" more")
	}
	return listed(parts)
}
