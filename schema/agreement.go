package schema

import (
	"encoding/json"
	"strings"
)

// Agreements tell who agreed to what a service did later in its own role: calls of
// agreements, and the service's changes, with the identifiers that each carries. A
// change is linked to a call by an identifier that both carry, and by nothing else:
// that one came soon after the other proves nothing.
type Agreements struct{ calls, done []carried }

// carried is a change with what it carries.
type carried struct {
	Change
	identifiers map[string]bool
}

// AgreementColumns returns the top-level columns that [Agreements] look at.
func AgreementColumns() []string {
	return append(ChangeColumns(), "requestparameters", "responseelements")
}

// Serves reports whether a change was made by a service in its own role.
func (c *Change) Serves() bool { return strings.HasPrefix(c.Actor, ServiceRolePrefix) }

// Add takes in an event, which is borrowed for the call.
func (a *Agreements) Add(e *Event) {
	c, ok := ChangeOf(e)
	agrees := strings.HasSuffix(c.Operation, "SupportAgreement") && c.Outcome == Accepted
	if !ok || !agrees && !c.Serves() {
		return
	}
	all := carried{
		Change: Change{
			Time: c.Time, Account: strings.Clone(c.Account), Operation: strings.Clone(c.Operation),
			Actor: strings.Clone(c.Actor), EventID: strings.Clone(c.EventID),
		},
		identifiers: map[string]bool{},
	}
	for _, text := range []*JSON{e.RequestParameters, e.ResponseElements} {
		var value any
		if text != nil && json.Unmarshal([]byte(*text), &value) == nil {
			identify("", value, all.identifiers)
		}
	}
	if c.Serves() {
		a.done = append(a.done, all)
	} else {
		a.calls = append(a.calls, all)
	}
}

// identify notes the values of fields that are called some ID or ARN. That of an account
// identifies no agreement, nor does a token that a client made up.
func identify(name string, value any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, of := range value {
			identify(name, of, found)
		}
	case []any:
		for _, of := range value {
			identify(name, of, found)
		}
	case string:
		lower := strings.ToLower(strings.TrimSuffix(name, "s"))
		named := strings.HasSuffix(lower, "id") || strings.HasSuffix(lower, "arn") || strings.HasSuffix(lower, "identifier")
		if named && value != "" && !strings.HasSuffix(lower, "accountid") && !isAccount(value) {
			found[strings.Clone(value)] = true
		}
	}
}

// isAccount reports whether a text is the ID of an account, or names no more than one.
func isAccount(s string) bool {
	if strings.HasPrefix(s, "arn:") {
		s = lastPart(s)
	}
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// Of returns the newest call of an agreement that a service's change carries an
// identifier of, by time and then by event ID. It was made in the same account, not
// after the change.
func (a *Agreements) Of(c *Change) (call Change, ok bool) {
	for _, done := range a.done {
		if done.EventID != c.EventID || done.Account != c.Account || done.Operation != c.Operation || !done.Time.Equal(c.Time) {
			continue
		}
		for _, agreed := range a.calls {
			if agreed.Account == done.Account && !agreed.Time.After(done.Time) && agreed.shares(done.identifiers) &&
				(!ok || later(&agreed.Change, &call)) {
				call, ok = agreed.Change, true
			}
		}
	}
	return call, ok
}

func (c *carried) shares(identifiers map[string]bool) bool {
	for identifier := range identifiers {
		if c.identifiers[identifier] {
			return true
		}
	}
	return false
}

func later(a, b *Change) bool {
	return a.Time.After(b.Time) || a.Time.Equal(b.Time) && a.EventID > b.EventID
}
