package schema

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An Amendment says that an event is an addendum: it tells more of another event, and
// no call of its own.
type Amendment struct {
	EventID string // of the event that is amended, in the same account
	Fields  string // those of CloudTrail's that are amended, as written; empty is any
}

// amendmentOf returns what an event amends.
func amendmentOf(e *Event) Amendment {
	a := e.Addendum
	if a == nil || first(a.Reason) != AddendumUpdated || first(a.OriginalEventID) == first(e.EventID) {
		return Amendment{}
	}
	return Amendment{EventID: first(a.OriginalEventID), Fields: first(a.UpdatedFields)}
}

// names reports whether any of CloudTrail's fields, in lower case, is amended.
func (a Amendment) names(fields ...string) bool {
	return a.Fields == "" || containsAny(a.Fields, fields)
}

// Amend tells each call once: it puts what addenda say in the place of what they amend,
// and leaves them out. Where the original is not among the changes, the first of its
// addenda stands for it. The order of the changes does not matter, and is kept.
//
// Of several addenda of an event the newest that says something about a field counts.
// The view support_plan_changes follows the same rules.
func Amend(changes []Change) []Change {
	type call struct{ account, id string }
	addenda := map[call][]*Change{}
	for i := range changes {
		if c := &changes[i]; c.Addendum.EventID != "" && c.Account != "" {
			of := call{c.Account, c.Addendum.EventID}
			addenda[of] = append(addenda[of], c)
		}
	}
	if len(addenda) == 0 {
		return changes
	}
	for of := range addenda {
		slices.SortFunc(addenda[of], compareAddenda)
	}
	original := map[call]bool{}
	for i := range changes {
		if c := &changes[i]; c.Addendum.EventID == "" {
			original[call{c.Account, c.EventID}] = true
		}
	}
	var told []Change
	for i := range changes {
		c := changes[i]
		of := call{c.Account, cmp.Or(c.Addendum.EventID, c.EventID)}
		all := addenda[of]
		if c.Addendum.EventID != "" && len(all) > 0 && (original[of] || compareAddenda(&changes[i], all[0]) > 0) {
			continue
		}
		for _, addendum := range all {
			c.amend(addendum)
		}
		told = append(told, c)
	}
	return told
}

func compareAddenda(a, b *Change) int {
	return cmp.Or(a.Time.Truncate(time.Second).Compare(b.Time.Truncate(time.Second)), strings.Compare(a.EventID, b.EventID))
}

// amend puts what an addendum says in its place. What it says nothing of stays.
func (c *Change) amend(by *Change) {
	says := by.Addendum.names
	if says("useridentity") && by.Actor != Unknown {
		c.Actor = by.Actor
	}
	if says("useridentity", "useragent", "sessioncredentialfromconsole") && by.Channel != Unknown {
		c.Channel = by.Channel
	}
	if says("sourceipaddress") {
		c.SourceIP = cmp.Or(by.SourceIP, c.SourceIP)
	}
	if says("requestparameters", "responseelements") {
		c.Level = cmp.Or(by.Level, c.Level)
		c.UpdateARN = cmp.Or(by.UpdateARN, c.UpdateARN)
		c.Schedule.StartLevel = cmp.Or(by.Schedule.StartLevel, c.Schedule.StartLevel)
		c.Schedule.StartTime = cmp.Or(by.Schedule.StartTime, c.Schedule.StartTime)
		c.Schedule.EndLevel = cmp.Or(by.Schedule.EndLevel, c.Schedule.EndLevel)
		c.Schedule.EndTime = cmp.Or(by.Schedule.EndTime, c.Schedule.EndTime)
	}
	if says("errorcode", "errormessage") && by.Error != "" {
		c.Outcome, c.Error = by.Outcome, by.Error
	}
}
