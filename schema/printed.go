package schema

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A printed is a time as its words and numbers come: Jun 3, 2023, 5:23:56 PM, or
// 3 juin 2023 à 17:23:56, or Sat Jun 03 17:23:56 UTC 2023. What formats in Java
// print depends on the locale and on the version of Java, so no list of layouts has
// them all. Which number is what, its neighbours tell; where they do not, as in
// 6/3/2023, it is not read.
type printed struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	half                 string // AM or PM
	clock                bool   // hour and minute are there
	zone                 *time.Location
}

// parsePrinted reads a time with words or with points between its numbers.
func parsePrinted(s string) (time.Time, bool) {
	// What stands for a space, or marks a number as year, month or day.
	signs := strings.NewReplacer(
		",", " ", "a.m.", "AM", "p.m.", "PM", "a. m.", "AM", "p. m.", "PM", "A.M.", "AM", "P.M.", "PM",
		"年", "/", "月", "/", "日", " ", "上午", " AM ", "下午", " PM ", "午前", " AM ", "午後", " PM ", "오전", " AM ", "오후", " PM ",
		"Coordinated Universal Time", "UTC", "Greenwich Mean Time", "GMT",
	)
	var p printed
	for _, word := range strings.Fields(signs.Replace(s)) {
		if !p.take(word) {
			return time.Time{}, false
		}
	}
	return p.time()
}

// take takes the next word. ok is false for one that has no meaning, or a second
// one of its kind.
func (p *printed) take(word string) bool {
	lower := strings.ToLower(strings.TrimSuffix(word, "."))
	switch {
	case lower == "am" || lower == "pm":
		return set(&p.half, lower)
	case lower == "at" || lower == "um" || lower == "à" || lower == "de" || lower == "of":
		return true
	case lower == "utc" || lower == "gmt" || lower == "z":
		return p.setZone(time.UTC)
	case strings.Contains(word, ":"):
		return p.takeClock(word)
	case word[0] == '+' || word[0] == '-':
		return p.takeOffset(word)
	case month(lower) > 0:
		return set(&p.month, month(lower))
	case isWeekday(lower):
		return true
	case strings.ContainsAny(strings.Trim(word, "."), "./-"):
		return p.takeDate(word)
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(word, "."), 10, 16)
	switch digits := len(strings.TrimSuffix(word, ".")); {
	case err != nil:
		return false
	case digits == 4:
		return set(&p.year, int(n))
	case digits <= 2:
		return set(&p.day, int(n))
	}
	return false
}

// set sets what is not set yet.
func set[T comparable](to *T, value T) bool {
	var zero T
	if *to != zero {
		return false
	}
	*to = value
	return true
}

func (p *printed) setZone(zone *time.Location) bool {
	// Go prints an offset and the zone's name.
	if p.zone != nil {
		return p.zone.String() == zone.String()
	}
	p.zone = zone
	return true
}

// takeClock takes 17:23, 5:23:56 or 17:23:56.109, with or without what follows.
func (p *printed) takeClock(word string) bool {
	if p.clock {
		return false
	}
	p.clock = true
	lower := strings.ToLower(word)
	for _, half := range []string{"am", "pm"} {
		if rest, found := strings.CutSuffix(lower, half); found {
			p.half, lower = half, rest
		}
	}
	if rest, found := strings.CutSuffix(lower, "z"); found {
		p.zone, lower = time.UTC, rest
	}
	if at := strings.LastIndexAny(lower, "+-"); at > 0 {
		if !p.takeOffset(lower[at:]) {
			return false
		}
		lower = lower[:at]
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, lower); err == nil {
			p.hour, p.minute, p.second, p.nanos = t.Hour(), t.Minute(), t.Second(), t.Nanosecond()
			return true
		}
	}
	return false
}

func (p *printed) takeOffset(word string) bool {
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, word); err == nil {
			if _, offset := t.Zone(); offset != 0 {
				return p.setZone(time.FixedZone("", offset))
			}
			return p.setZone(time.UTC)
		}
	}
	return false
}

// takeDate takes a date in one word: 2023/06/03, 03.06.2023 or 03-Jun-2023. With
// slashes or hyphens, the first of three numbers is not said to be the day or the
// month.
func (p *printed) takeDate(word string) bool {
	separator := word[strings.IndexAny(word, "./-")]
	parts := strings.Split(strings.Trim(word, "./"), string(separator))
	if len(parts) != 3 {
		return false
	}
	year, middle, day := parts[0], parts[1], parts[2]
	m := month(strings.ToLower(middle))
	if len(year) != 4 && (m > 0 || separator == '.') {
		year, day = day, year
	}
	y, err := strconv.Atoi(year)
	if err != nil || len(year) != 4 {
		return false
	}
	if m == 0 {
		m, err = strconv.Atoi(middle)
	}
	d, errDay := strconv.Atoi(day)
	return err == nil && errDay == nil && set(&p.year, y) && set(&p.month, m) && set(&p.day, d)
}

// time returns the time if its parts are there and fit together.
func (p *printed) time() (time.Time, bool) {
	if p.year == 0 || p.month == 0 || p.day == 0 || !p.clock {
		return time.Time{}, false
	}
	hour := p.hour
	if p.half != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, false
		}
		if hour %= 12; p.half == "pm" {
			hour += 12
		}
	}
	zone := p.zone
	if zone == nil {
		zone = time.UTC
	}
	t := time.Date(p.year, time.Month(p.month), p.day, hour, p.minute, p.second, p.nanos, zone)
	if t.Month() != time.Month(p.month) || t.Day() != p.day {
		return time.Time{}, false // no such day
	}
	return t, true
}

// month returns the number of a month by its name, without a point after it, in the
// languages of the console; 0 for what is none. A name that two languages share
// means the same month.
func month(name string) int {
	names := []string{
		"january jan januar janv janvier enero ene gennaio gen janeiro jänner januari",
		"february feb februar febr février févr fév febrero febbraio fevereiro fev februari",
		"march mar märz mär mars marzo março mrt maart",
		"april apr avril avr abril abr aprile",
		"may mai mayo maggio mag maio maj mei",
		"june jun juni juin junio giugno giu junho",
		"july jul juli juil juillet julio luglio lug julho",
		"august aug août agosto ago augustus augusti",
		"september sep sept septembre septiembre settembre set setembro",
		"october oct oktober okt octobre octubre ottobre ott outubro out",
		"november nov novembre noviembre novembro",
		"december dec dezember dez décembre déc diciembre dic dicembre dezembro",
	}
	return 1 + slices.IndexFunc(names, func(list string) bool { return slices.Contains(strings.Fields(list), name) })
}

// isWeekday reports whether a word is a day of the week: those stand in what Java
// and HTTP print of a time with its zone.
func isWeekday(word string) bool {
	days := "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun"
	return slices.Contains(strings.Fields(days), word)
}
