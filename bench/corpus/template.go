package corpus

import (
	"fmt"
	"strings"
)

// A template is JSON with places to fill in, written ${kind}.
type template []segment

// A segment is text and what follows it.
type segment struct {
	text string
	fill func(*writer) // nil at the end
}

// parseTemplate reads a template. The kinds it may name are the given ones and
// those of an account's resources.
func parseTemplate(text string, kinds map[string]func(*writer)) template {
	var t template
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return append(t, segment{text: text})
		}
		kind, after, _ := strings.Cut(rest, "}")
		fill := kinds[kind]
		if fill == nil {
			fill = resource(kind)
		}
		t = append(t, segment{text: before, fill: fill})
		text = after
	}
}

// write appends the template with its places filled in.
func (t template) write(w *writer) {
	for _, s := range t {
		w.text(s.text)
		if s.fill != nil {
			s.fill(w)
		}
	}
}

// resource fills in one of the account's resources.
func resource(kind string) func(*writer) {
	return func(w *writer) {
		pool, ok := w.account.pools[kind]
		if !ok {
			panic(fmt.Sprintf("corpus: no resources of kind %q", kind))
		}
		w.text(pickSkewed(w.rng, pool))
	}
}

// fills returns what can be filled in beside the account's resources.
func fills() map[string]func(*writer) {
	hex := func(n int) func(*writer) {
		return func(w *writer) { w.buf = appendHex(w.buf, w.rng, n) }
	}
	from := func(alphabet string, n int) func(*writer) {
		return func(w *writer) { w.buf = appendFrom(w.buf, w.rng, alphabet, n) }
	}
	return map[string]func(*writer){
		"account": func(w *writer) { w.text(w.account.id) },
		"region":  func(w *writer) { w.text(w.region) },
		"uuid":    func(w *writer) { w.buf = appendUUID(w.buf, w.rng) },
		"hex8":    hex(8),
		"hex17":   hex(17),
		"hex32":   hex(32),
		"hex64":   hex(64),
		"id16":    from(upper, 16),
		"token":   from(letters, 40),
		"long":    from(letters, 200),
		"number":  func(w *writer) { w.number(w.rng.IntN(1000)) },
		"size":    func(w *writer) { w.number(pick(w.rng, []int{8, 16, 20, 50, 100, 128, 256, 512})) },
		"digit":   func(w *writer) { w.number(w.rng.IntN(10)) },
		"private": func(w *writer) {
			w.text("10.")
			w.number(w.rng.IntN(4))
			w.text(".")
			w.number(w.rng.IntN(256))
			w.text(".")
			w.number(1 + w.rng.IntN(254))
		},
		"kind": func(w *writer) {
			w.text(pick(w.rng, []string{"t3.medium", "t3.large", "m5.large", "m6i.xlarge", "c5.2xlarge", "r6g.large"}))
		},
		"time":   func(w *writer) { w.buf = w.time.AppendFormat(w.buf, "2006-01-02T15:04:05Z") },
		"expiry": func(w *writer) { w.buf = w.time.Add(sessionLength).AppendFormat(w.buf, "Jan 2, 2006, 3:04:05 PM") },
		"day":    func(w *writer) { w.buf = w.time.AppendFormat(w.buf, "2006/01/02") },
		"millis": func(w *writer) { w.buf = fmt.Append(w.buf, w.time.UnixMilli()) },
	}
}
