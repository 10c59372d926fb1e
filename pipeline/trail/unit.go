package trail

import (
	"fmt"
	"slices"
	"strings"
)

// A Selection narrows what is read. Days are delivery days, inclusive.
type Selection struct {
	Accounts []string // none: all
	Regions  []string // none: all
	From, To Day
}

// Check refuses what can select nothing.
func (s Selection) Check() error {
	for _, account := range s.Accounts {
		if !isAccount(account) {
			return fmt.Errorf("account %q: write its 12 digits", account)
		}
	}
	for _, region := range s.Regions {
		if !isRegion(region) {
			return fmt.Errorf("region %q: write its name, as in us-west-2", region)
		}
	}
	if s.From > s.To {
		return fmt.Errorf("no days selected: from %s is after to %s", s.From, s.To)
	}
	return nil
}

// All reports whether nothing is left out.
func (s Selection) All() bool {
	return len(s.Accounts)+len(s.Regions) == 0 && s.From <= 0 && s.To >= LastDay
}

// Has reports whether the selection includes an account's region.
func (s Selection) Has(account, region string) bool {
	return s.hasAccount(account) && (len(s.Regions) == 0 || slices.Contains(s.Regions, region))
}

func (s Selection) hasAccount(account string) bool {
	return len(s.Accounts) == 0 || slices.Contains(s.Accounts, account)
}

// within narrows the selection to a year, month or day as folders name it.
func (s Selection) within(date []string) Selection {
	if len(date) == 0 {
		return s
	}
	first := append(slices.Clone(date), []string{"01", "01"}[len(date)-1:]...)
	from, _ := parseFolder(strings.Join(first, "/"))
	next := from.Time()
	switch len(date) {
	case 1:
		next = next.AddDate(1, 0, 0)
	case 2:
		next = next.AddDate(0, 1, 0)
	case 3:
		next = next.AddDate(0, 0, 1)
	}
	s.From = max(s.From, from)
	s.To = min(s.To, DayOf(next)-1)
	return s
}

// A Unit is what is listed in order. It is the delivery days of one account and
// region in CloudTrail's layout, or a flat unit: log files outside the layout,
// which say by their names what they are.
type Unit struct {
	Account string // "" for a flat unit, which may mix accounts
	Region  string // likewise
	// Folder is what is listed, with its closing slash: the region's folder, or
	// the one that log files outside the layout are in.
	Folder    string
	Days      Days      // to list; not empty
	Selection Selection // of accounts and regions; a flat unit mixes them

	// Root is what keys in the state are below: Folder, or a folder around many flat
	// units.
	Root string

	// Below is the part of a region's folder that a source begins at: Folder, or a
	// year, month or day in it.
	Below string

	// Deep says of a flat unit that what is in folders in Folder is its too, and
	// After that keys up to that one are not. Search is what it is a part of; nil: it
	// is found again every time.
	Deep   bool
	After  string
	Search *Search

	// Export says of a flat unit that its files are exports: of any name, and each
	// may hold records of any account, region and day. Only, if it is not "", is the
	// key of the one file that the unit is.
	Export bool
	Only   string
}

// Single reports whether the unit's files are known one by one, not by the day.
func (u Unit) Single() bool { return u.Export || u.Only != "" }

// Flat reports whether the unit is of log files outside the layout.
func (u Unit) Flat() bool { return u.Account == "" }

// Whole reports whether all of a region's days until today are listed.
func (u Unit) Whole(today Day) bool {
	return !u.Flat() && u.Below == u.Folder && len(u.Days) == 1 && u.Days.First() <= 0 && u.Days.Last() >= today
}

// HasMargins reports whether there may be something beside delivery days in what
// the unit lists.
func (u Unit) HasMargins() bool {
	return !u.Flat() && strings.Count(u.Below[len(u.Folder):], "/") < strings.Count(dayFolder, "/")+1
}

// From returns the key after which listing begins that is to find the log files
// of a day and later ones.
func (u Unit) From(day Day) string {
	switch {
	case u.Flat():
		return u.After
	case day <= 0:
		return ""
	case day > LastDay:
		return Past(u.Folder + LastDay.folder() + "/")
	}
	return u.Folder + day.folder()
}

// End returns the key after which every key is of a later day than the unit's
// last; "" where keys are in no order of days.
func (u Unit) End() string {
	if u.Flat() {
		return ""
	}
	return u.From(u.Days.Last() + 1)
}

// day returns the delivery day of a key in a region's folder, and what of the key
// follows the day's folder.
func (u Unit) day(key string) (day Day, rest string, ok bool) {
	rel, ok := strings.CutPrefix(key, u.Folder)
	if !ok || len(rel) <= len(dayFolder) || rel[len(dayFolder)] != '/' {
		return 0, "", false
	}
	day, ok = parseFolder(rel[:len(dayFolder)])
	return day, rel[len(dayFolder)+1:], ok
}

// Holds reports whether a key is the unit's to account for. In a region's folder
// those are not that lie in no delivery day's folder: [Discovery.Margins] finds
// them. Of files that lie loose, others than log files were counted when the
// unit was found.
func (u Unit) Holds(key string) bool {
	if u.Only != "" {
		return key == u.Only
	}
	if u.Flat() {
		rel, ok := strings.CutPrefix(key, u.Folder)
		return ok && key > u.After && (u.Deep || strings.IndexByte(rel, '/') < 0 && Named(rel))
	}
	_, _, ok := u.day(key)
	return ok
}

// LogFile reads a key that was listed in the unit. selected is false for a log
// file outside the selection, ok for a key that names no log file.
func (u Unit) LogFile(key string) (file LogFile, selected, ok bool) {
	if !u.Holds(key) || strings.HasSuffix(key, "/") {
		return LogFile{}, false, false
	}
	name := base(key)
	if u.Export {
		return LogFile{}, true, true
	}
	if u.Flat() {
		file, ok = parseName(name)
	} else if day, rest, _ := u.day(key); Named(name) || rest == name && logFileName(name) && KindOf(key) == KindUnnamed {
		// The folder is the contract; the name is only a hint.
		file, ok = LogFile{Account: u.Account, Region: u.Region, Day: day}, true
	}
	if !ok {
		return LogFile{}, false, false
	}
	return file, u.Selection.Has(file.Account, file.Region) && u.Days.Has(file.Day), true
}

// Split cuts the unit's days from first on off into a unit of their own. ok is
// false, and the unit as it was, if one of the two would be empty.
func (u *Unit) Split(first Day) (rest Unit, ok bool) {
	if u.Flat() || first <= u.Days.First() || first > u.Days.Last() {
		return Unit{}, false
	}
	rest = *u
	rest.Days = u.Days.Within(Span{From: first, To: u.Days.Last()})
	u.Days = u.Days.Within(Span{From: u.Days.First(), To: first - 1})
	return rest, true
}

// Inside returns the outermost folder around a key in a deep unit that is
// something of its own. The unit's are what comes before the key, and what comes
// after the folder.
func (u Unit) Inside(key string) (folder string, what Structure) {
	if !u.Deep || u.Export {
		return "", Nothing
	}
	for at := len(u.Folder); ; {
		slash := strings.IndexByte(key[at:], '/')
		if slash < 0 {
			return "", Nothing
		}
		name, folder := key[at:at+slash], key[:at+slash+1]
		service, hive := strings.CutPrefix(name, hiveService)
		switch {
		case isAccount(name):
			return key[:at], Trails
		case name == logsFolder:
			return folder, Trails
		case hive && isService(service):
			return folder, Service
		}
		at += slash + 1
	}
}

// A Structure is what a folder is that a listing comes upon.
type Structure int

// What there is.
const (
	Nothing   Structure = iota
	Trails              // it holds folders of accounts
	Service             // another service's
	Elsewhere           // another source lists it
)
