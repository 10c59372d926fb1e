package schema

import (
	"strings"
	"time"
)

// A Change is a call that changes something, as a person asks about it. A field
// of which the record says nothing is empty; an empty text counts as nothing.
//
// The view support_plan_changes has the same rows, with nulls for what is empty
// here.
type Change struct {
	Time        time.Time
	Account     string // the account that received the event, else the caller's
	Actor       string // who called, readable; see [UserIdentity.Actor]
	Channel     string // through what: [Console], [CLI], [SDK], [Service], [Other], [Unknown]
	SourceIP    string // the caller's address, or the name of a service
	Operation   string // the event's name
	Level       string // the level asked for, as in [Levels], else as written
	Schedule    ScheduledLevels
	UpdateARN   string // the update or schedule that the call made
	Outcome     string // [Accepted], [Denied], [Failed]
	Error       string // code: message
	EventID     string
	EventSource string
	Addendum    Amendment // what an addendum amends; none for a call of its own

	// The identifiers in the request and in the response, a space apart: those of calls
	// that may be about an agreement, and of addenda. See [Agreements].
	Requested, Responded string
	// Who agreed to what a service did, and by which event, where that is known.
	AgreedBy, AgreementEventID string
}

// ScheduledLevels are the levels that a schedule asks for, and from when.
type ScheduledLevels struct {
	StartLevel string
	StartOffer string // under which the level is billed, as written, such as a trial
	StartTime  time.Time
	EndLevel   string
	EndOffer   string
	EndTime    time.Time
}

// ChangeOf returns the change that an event is; ok is false for a read.
func ChangeOf(e *Event) (c Change, ok bool) {
	if !mutates(e) {
		return Change{}, false
	}
	who := e.UserIdentity
	if who == nil {
		who = new(UserIdentity)
	}
	c = Change{
		Time:        e.EventTime,
		Account:     e.Account(),
		Actor:       e.UserIdentity.Actor(),
		Channel:     channel(e, who),
		SourceIP:    first(e.SourceIPAddress),
		Operation:   first(e.EventName),
		Level:       LevelName(first(e.SupportLevel)),
		UpdateARN:   first(e.SupportPlanUpdateARN),
		Outcome:     outcome(e),
		Error:       problem(e),
		EventID:     first(e.EventID),
		EventSource: e.EventSource,
		Addendum:    amendmentOf(e),
	}
	if strings.HasSuffix(c.Operation, AgreementSuffix) || c.Serves() || c.Addendum.EventID != "" {
		c.Requested, c.Responded = identifiersIn(e.RequestParameters), identifiersIn(e.ResponseElements)
	}
	if s := e.Schedule; s != nil {
		c.Schedule = ScheduledLevels{
			StartLevel: LevelName(first(s.StartLevel)), StartOffer: first(s.StartOffer),
			EndLevel: LevelName(first(s.EndLevel)), EndOffer: first(s.EndOffer),
		}
		if s.StartTimestamp != nil {
			c.Schedule.StartTime = *s.StartTimestamp
		}
		if s.EndTimestamp != nil {
			c.Schedule.EndTime = *s.EndTimestamp
		}
	}
	return c, true
}

// Clone returns a change whose texts have memory of their own.
func (c *Change) Clone() Change {
	out := *c
	for _, text := range []*string{
		&out.Account, &out.Actor, &out.SourceIP, &out.Operation, &out.Level, &out.Schedule.StartLevel, &out.Schedule.StartOffer,
		&out.Schedule.EndLevel, &out.Schedule.EndOffer, &out.UpdateARN, &out.Error, &out.EventID, &out.EventSource, &out.Addendum.EventID, &out.Addendum.Fields,
		&out.Requested, &out.Responded, &out.AgreedBy, &out.AgreementEventID,
	} {
		*text = strings.Clone(*text)
	}
	return out
}

// A Read is a call that only looks.
type Read struct {
	Time    time.Time
	Account string // as of a [Change]
	Actor   string
	Outcome string
}

// ReadOf returns the read that an event is; ok is false for a change, and for the
// addendum of a read, which is no second one. It looks at no more columns than
// [ChangeOf].
func ReadOf(e *Event) (r Read, ok bool) {
	if mutates(e) || amendmentOf(e).EventID != "" {
		return Read{}, false
	}
	return Read{Time: e.EventTime, Account: e.Account(), Actor: e.UserIdentity.Actor(), Outcome: outcome(e)}, true
}

// Account returns the account that received an event, else the caller's.
func (e *Event) Account() string {
	if e.UserIdentity == nil {
		return first(e.RecipientAccountID)
	}
	return first(e.RecipientAccountID, e.UserIdentity.AccountID)
}

// mutates reports whether an event's call changes something. What neither the
// record nor the operation's name proves to be a read counts as a change, so
// that none is missed.
func mutates(e *Event) bool {
	if e.ReadOnly != nil {
		return !*e.ReadOnly
	}
	for _, prefix := range ReadPrefixes() {
		if strings.HasPrefix(first(e.EventName), prefix) {
			return false
		}
	}
	return true
}

// LevelName returns a support level's name in the vocabulary of [Levels], or the
// level as it is.
func LevelName(level string) string {
	for _, naming := range Levels() {
		for _, known := range naming.Known {
			if strings.ToLower(level) == known {
				return naming.Name
			}
		}
	}
	return level
}

// channel says through what a call came. A service that calls for itself, and
// credentials of a console session, are certain; a user agent is a claim.
func channel(e *Event, who *UserIdentity) string {
	agent := first(e.UserAgent)
	switch {
	case first(who.Type) == "AWSService", who.serviceRole() != "":
		return Service
	case e.SessionCredentialFromConsole != nil && *e.SessionCredentialFromConsole:
		return Console
	}
	for _, naming := range Agents() {
		if containsAny(agent, naming.Known) {
			return naming.Name
		}
	}
	switch {
	case first(who.InvokedBy) != "":
		return Service
	case agent != "":
		return Other
	}
	return Unknown
}

func outcome(e *Event) string {
	switch {
	case containsAny(first(e.ErrorCode), DeniedCodes()):
		return Denied
	case problem(e) != "":
		return Failed
	}
	return Accepted
}

// problem returns an event's error as code: message, or the one that it has.
func problem(e *Event) string {
	code, message := first(e.ErrorCode), first(e.ErrorMessage)
	if code != "" && message != "" {
		return code + ": " + message
	}
	return code + message
}

// containsAny reports whether s contains any of the parts, which are in lower
// case, in any case.
func containsAny(s string, parts []string) bool {
	s = strings.ToLower(s)
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// first returns the first text that is neither null nor empty.
func first(texts ...*string) string {
	for _, s := range texts {
		if s != nil && *s != "" {
			return *s
		}
	}
	return ""
}
