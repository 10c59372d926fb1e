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

// An EventRef names an event as an addendum does: by its ID, within an account.
type EventRef struct{ Account, ID string }

// Ref returns what addenda name a change's event by.
func (c *Change) Ref() EventRef { return EventRef{c.Account, c.EventID} }

// RefColumns returns the top-level columns that tell which call an event is.
func RefColumns() []string {
	return []string{"eventtime", "eventsource", "eventname", "eventid", "recipientaccountid", "readonly", "useridentity", "addendum"}
}

// Clone returns a name in memory of its own.
func (of EventRef) Clone() EventRef { return EventRef{strings.Clone(of.Account), strings.Clone(of.ID)} }

// amends returns the event that an addendum amends; ok is false for a call of its own.
// So is an addendum of no known account: nothing says of which event it speaks.
func (c *Change) amends() (of EventRef, ok bool) {
	return EventRef{c.Account, c.Addendum.EventID}, c.Addendum.EventID != "" && c.Account != ""
}

// AmendedBy returns the events that addenda amend, whether or not they are there.
func AmendedBy(addenda []Change) map[EventRef]bool {
	named := map[EventRef]bool{}
	for i := range addenda {
		if of, ok := addenda[i].amends(); ok {
			named[of] = true
		}
	}
	return named
}

// Addenda tell each call once: with what its addenda say in the place of what they
// amend, and not again for each of them.
//
//  1. An addendum of an addendum amends the same call as that one. So a call is a chain
//     of events, whatever the order in which they came.
//  2. The call is told at the event that the chain begins with. Where that is missing, the
//     first of its addenda stands for it. Where an addendum in the middle is missing, what
//     follows it is a call of its own, for nothing says whose.
//  3. Of several addenda of a call the newest that says something about a field counts.
//  4. Where events amend each other in a circle, none of them begins it: they are a call
//     whose beginning is missing.
//  5. An ID of several events leads on to what they amend if all of them are addenda,
//     and then to the least ID.
//
// The view support_plan_changes follows the same rules.
type Addenda struct {
	leads  map[EventRef]string    // from an addendum to the ID that it amends
	begins map[EventRef]EventRef  // from an event that is amended to the one its call begins with
	calls  map[EventRef][]*Change // the addenda of a call in their order, by that one
	there  func(EventRef) bool    // whether an event is there, and is no addendum
}

// NewAddenda takes in all addenda that there are. there reports whether an event that
// addenda name is there, and is no addendum.
func NewAddenda(all []Change, there func(EventRef) bool) *Addenda {
	a := &Addenda{leads: map[EventRef]string{}, begins: map[EventRef]EventRef{}, calls: map[EventRef][]*Change{}, there: there}
	for i := range all {
		c := &all[i]
		of, ok := c.amends()
		if itself := c.Ref(); ok && c.EventID != "" && !there(itself) {
			if to, known := a.leads[itself]; !known || of.ID < to {
				a.leads[itself] = of.ID
			}
		}
	}
	for i := range all {
		if of, ok := all[i].amends(); ok {
			begin := a.follow(of)
			a.calls[begin] = append(a.calls[begin], &all[i])
		}
	}
	for of := range a.calls {
		slices.SortFunc(a.calls[of], compareAddenda)
	}
	return a
}

// follow returns with which event the call of an event begins. It notes that of all
// events on the way, so that each is passed once.
func (a *Addenda) follow(of EventRef) (begin EventRef) {
	var way []EventRef
	passed := map[EventRef]int{} // where on the way
	for {
		if known, ok := a.begins[of]; ok {
			begin = known
			break
		}
		if from, ok := passed[of]; ok {
			begin = slices.MinFunc(way[from:], func(a, b EventRef) int { return strings.Compare(a.ID, b.ID) })
			break
		}
		passed[of] = len(way)
		way = append(way, of)
		to, ok := a.leads[of]
		if !ok {
			begin = of
			break
		}
		of.ID = to
	}
	for _, of := range way {
		a.begins[of] = begin
	}
	return begin
}

// Has reports whether what a change amends, if it is an addendum, was known to
// [NewAddenda].
func (a *Addenda) Has(c *Change) bool {
	of, addendum := c.amends()
	_, known := a.begins[of]
	return known || !addendum
}

// Tell returns a change as it is told; ok is false for an addendum that is told with its
// call. [Addenda.Has] it.
func (a *Addenda) Tell(c Change) (told Change, ok bool) {
	begin := c.Ref()
	of, addendum := c.amends()
	if addendum {
		begin = a.begins[of]
	}
	all := a.calls[begin]
	if addendum && (a.there(begin) || compareAddenda(&c, all[0]) > 0) {
		return Change{}, false
	}
	for _, by := range all {
		c.amend(by)
	}
	return c, true
}

// Amend tells each call of some changes once, as [Addenda] do. The order of the changes
// does not matter, and is kept.
func Amend(changes []Change) []Change {
	var addenda []Change
	there := map[EventRef]bool{}
	for i := range changes {
		if c := &changes[i]; c.Addendum.EventID != "" {
			addenda = append(addenda, *c)
		} else {
			there[c.Ref()] = true
		}
	}
	if len(addenda) == 0 {
		return changes
	}
	all := NewAddenda(addenda, func(of EventRef) bool { return there[of] })
	var told []Change
	for i := range changes {
		if c, ok := all.Tell(changes[i]); ok {
			told = append(told, c)
		}
	}
	return told
}

// compareAddenda orders the addenda of a call: by their second, since that is what
// CloudTrail tells of most events, and by what else tells events apart.
func compareAddenda(a, b *Change) int {
	return cmp.Or(a.Time.Truncate(time.Second).Compare(b.Time.Truncate(time.Second)), strings.Compare(a.EventID+" "+a.Operation, b.EventID+" "+b.Operation))
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
	if says("requestparameters") {
		c.Requested = cmp.Or(by.Requested, c.Requested)
	}
	if says("responseelements") {
		c.Responded = cmp.Or(by.Responded, c.Responded)
	}
	if says("errorcode", "errormessage") && by.Error != "" {
		c.Outcome, c.Error = by.Outcome, by.Error
	}
}
