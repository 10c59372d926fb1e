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

// has reports whether the selection includes an account's region.
func (s Selection) has(account, region string) bool {
	return s.hasAccount(account) && (len(s.Regions) == 0 || slices.Contains(s.Regions, region))
}

func (s Selection) hasAccount(account string) bool {
	return len(s.Accounts) == 0 || slices.Contains(s.Accounts, account)
}

// A Unit is what is listed in order: delivery days of one account and region in
// CloudTrail's layout, or of one flat folder of log files.
type Unit struct {
	Account   string    // "" for a flat folder, which may mix accounts
	Region    string    // likewise
	Folder    string    // the region's folder, or the flat one, with its closing slash
	Days      Days      // to list; not empty
	Selection Selection // of accounts and regions; a flat folder mixes them
}

// newUnit returns a unit with all days of the selection.
func newUnit(account, region, folder string, s Selection) Unit {
	return Unit{Account: account, Region: region, Folder: folder, Days: Days{{From: s.From, To: s.To}}, Selection: s}
}

// Flat reports whether the unit is a folder of log files outside the layout.
func (u Unit) Flat() bool { return u.Account == "" }

// After returns the key after which listing begins that is to find the log
// files of a day and later ones.
func (u Unit) After(day Day) string {
	if u.Flat() || day <= 0 {
		return u.Folder
	}
	return u.Folder + day.folder()
}

// LogFile reads a key that was listed in the unit. selected is false for a log
// file outside the selection, ok for a key that names no log file.
func (u Unit) LogFile(key string) (file LogFile, selected, ok bool) {
	folder, name := cut(strings.TrimPrefix(key, u.Folder))
	if u.Flat() {
		file, ok = parseName(name)
	} else if file.Day, ok = parseFolder(folder); ok {
		// The folder is the contract; the name is only a hint.
		file.Account, file.Region, ok = u.Account, u.Region, logFileName(name)
	}
	if !ok {
		return LogFile{}, false, false
	}
	return file, u.Selection.has(file.Account, file.Region) && u.Days.Has(file.Day), true
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

// End returns the key behind which every key lies behind the unit's last day; ""
// where keys are in no order of days.
func (u Unit) End() string {
	if u.Flat() {
		return ""
	}
	return u.Folder + u.Days.Last().folder() + "0" // '0' follows '/'
}
