package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"plantrail/schema"
)

//go:embed page.html
var pageHTML string

//go:embed proof.html
var proofHTML string

//go:embed answers.html
var answersHTML string

//go:embed page.css
var pageCSS string

// A view is what the template shows.
type view struct {
	Style    template.CSS
	Policy   string
	Table    string
	Made     string
	Version  string
	Scope    string // what was left out on request
	Title    string
	Tab      string // what the browser calls it
	Answers  answers
	Totals   []total
	Timeline timeline
	Legend   []sample
	Cut      bool
	Changes  []changeRow
	Changed  int
	Readers  []readerRow
	More     int
	Others   int
	Units    units
	Proofs   []proofView
}

type total struct{ Name, Value string }

// A changeRow is a change in the list.
type changeRow struct {
	Time                                      string
	Who                                       who
	Actor, Operation, Source, Channel, Update text
	Asked                                     []text
	UpdateARN                                 string
	Outcome                                   string
	Error                                     text
}

// A readerRow is who looks.
type readerRow struct {
	Who                        who
	Actor                      text
	Sessions                   string
	Reads, Denied, First, Last string
}

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	parsed := template.New("page").Funcs(functions())
	for _, text := range []string{pageHTML, answersHTML, proofHTML} {
		if _, err := parsed.Parse(text); err != nil {
			return fmt.Errorf("parse page: %w", err)
		}
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, p.view()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	_, err := out.WriteTo(w)
	return err
}

func functions() template.FuncMap {
	return template.FuncMap{
		"comma":   func(n int) string { return humanize.Comma(int64(n)) },
		"counted": counted,
	}
}

// policy forbids the browser all but the page's own style.
func policy(style string) string {
	hash := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
}

func (p *Page) view() view {
	v := view{
		Style: template.CSS(pageCSS), Policy: policy(pageCSS), //nolint:gosec // it is the program's own
		Table: Visible(p.config.Table), Made: minute(p.config.Now), Version: p.config.Version,
		Scope: p.scope(), Title: p.title(), Answers: p.answers(), Timeline: p.timeline(), Legend: legend(), Cut: p.cut, Changed: p.changed(), Units: p.units(), Proofs: p.proofs(),
		Others: p.readers.others,
	}
	if v.Tab = v.Title; p.config.Title == "" {
		v.Tab = "Support plans: " + v.Table
	}
	v.Totals = []total{
		{"accounts", humanize.Comma(int64(len(p.accounts)))},
		{"changes", humanize.Comma(int64(p.changed()))},
		{"of them denied", humanize.Comma(int64(p.outcomes[schema.Denied]))},
		{"of them failed", humanize.Comma(int64(p.outcomes[schema.Failed]))},
		{"reads", humanize.Comma(p.reads)},
	}
	if p.rows > 0 {
		v.Totals = append(v.Totals, total{"first event", minute(p.from)}, total{"last event", minute(p.to)})
	}
	for i := range p.changes[:min(len(p.changes), p.config.Changes)] {
		v.Changes = append(v.Changes, p.changeRow(&p.changes[i]))
	}
	most, more := p.readers.most()
	for _, l := range most {
		v.Readers = append(v.Readers, readerRow{
			p.who(l.Account), textOf(l.Actor), l.folds(),
			humanize.Comma(l.Reads), humanize.Comma(l.Denied), minute(l.First), minute(l.Last),
		})
	}
	v.More = more
	return v
}

// title returns what the page is called.
func (p *Page) title() string {
	if p.config.Title != "" {
		return Visible(bounded(p.config.Title, p.config.Text))
	}
	return "Who has which AWS support plan"
}

// scope says what was left out on request.
func (p *Page) scope() string {
	var parts []string
	if !p.config.Since.IsZero() {
		parts = append(parts, "events since "+minute(p.config.Since))
	}
	if !p.config.Until.IsZero() {
		parts = append(parts, "events before "+minute(p.config.Until))
	}
	switch n := len(p.config.Accounts); {
	case n > 5:
		parts = append(parts, humanize.Comma(int64(n))+" accounts")
	case n > 0:
		parts = append(parts, "account "+Visible(strings.Join(p.config.Accounts, ", ")))
	}
	return listed(parts)
}

func (p *Page) changeRow(c *schema.Change) changeRow {
	row := changeRow{
		Time: second(c.Time), Who: p.who(c.Account), Actor: textOf(c.By()), Operation: textOf(c.Operation),
		Outcome: c.Outcome, Error: textOf(c.Error), Source: textOf(c.SourceIP), Channel: textOf(c.Channel),
		Update: textOf(shortARN(c.UpdateARN)), UpdateARN: Visible(c.UpdateARN),
	}
	for _, level := range asked(c) {
		row.Asked = append(row.Asked, textOf(level))
	}
	return row
}

// shortARN returns the kind of an update and the first of its digits:
// schedule/b9a9a433.
func shortARN(arn string) string {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	kind, id, ok := strings.Cut(name, "/")
	if !ok {
		return bounded(name, 24)
	}
	return bounded(strings.TrimPrefix(kind, "supportplan"), 24) + "/" + strings.TrimSuffix(bounded(id, 8), "…")
}
