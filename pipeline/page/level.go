package page

import (
	"slices"
	"strings"
	"unicode/utf8"

	"plantrail/schema"
)

const (
	laneFloor  = 38 // where bands stand, from above
	leastBand  = 14 // how high the lowest band is
	bandStep   = 2  // and each level more
	runeWidth  = 0.95
	labelSpace = 0.8 // beside a label; in percent of a timeline, as is runeWidth
)

// style returns how the band of a level is drawn: its class and its height, which
// tells the rank of the level without its colour.
func style(level string) (class string, height int) {
	if level == schema.Unknown {
		return "unknown", leastBand
	}
	rank := slices.IndexFunc(schema.Levels(), func(n schema.Naming) bool { return n.Name == level })
	if rank < 0 {
		return "other", leastBand
	}
	return level, leastBand + bandStep*rank
}

// label returns a level as it fits into a band: whole, its initials, or nothing.
func label(level string, width float64) string {
	for _, text := range []string{planShown(level), initials(level)} {
		if float64(utf8.RuneCountInString(text))*runeWidth+labelSpace <= width {
			return text
		}
	}
	return ""
}

// initials shortens a level. Those of the known levels differ.
func initials(level string) string {
	switch level {
	case "basic":
		return "Ba"
	case "business":
		return "Bu"
	case "business_plus":
		return "B+"
	case schema.Unknown:
		return "?"
	}
	var out strings.Builder
	for _, word := range strings.FieldsFunc(level, func(r rune) bool { return r == '_' || r == ' ' }) {
		r, _ := utf8.DecodeRuneInString(word)
		out.WriteString(strings.ToUpper(string(r)))
	}
	return bounded(out.String(), 3)
}

// A sample is a level in the legend.
type sample struct {
	Name, Initials, Class string
	Y, Height             int
}

// legend returns the levels as they are drawn, lowest first.
func legend() (samples []sample) {
	names := []string{schema.Unknown}
	for _, naming := range schema.Levels() {
		names = append(names, naming.Name)
	}
	for _, name := range append(names, "other") {
		class, height := style(name)
		plan := planShown(name)
		if name == "other" {
			plan = "another, as written"
		}
		samples = append(samples, sample{plan, initials(name), class, laneFloor - height, height})
	}
	return samples
}
