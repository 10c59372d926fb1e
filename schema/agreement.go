package schema

import (
	"regexp"
	"slices"
	"strings"
)

// Agreements tell who agreed to what a service did later in its own role. A service's
// change is linked to the call of an agreement by an identifier that both carry, and by
// nothing else: that one came soon after the other proves nothing.
//
// The view support_plan_changes follows the same rules.
type Agreements struct{ calls []Change }

// AgreementSuffix is how the names of operations end that are about agreements.
const AgreementSuffix = "SupportAgreement"

// Serves reports whether a change was made by a service in its own role.
func (c *Change) Serves() bool { return strings.HasPrefix(c.Actor, ServiceRolePrefix) }

// agrees reports whether a change is a person's call of an agreement, or a program's.
func (c *Change) agrees() bool {
	return strings.HasSuffix(c.Operation, AgreementSuffix) && c.Outcome == Accepted && !c.Serves()
}

// Add takes in a change, as it is told. It may be borrowed.
func (a *Agreements) Add(c *Change) {
	if c.agrees() && c.Account != "" {
		a.calls = append(a.calls, c.Clone())
	}
}

// Link notes in a service's change which call of an agreement it rests on, as far as it
// carries an identifier of one: the newest by time and then by event ID. That was made
// in the same account, and not after the change.
func (a *Agreements) Link(c *Change) {
	if !c.Serves() {
		return
	}
	carried := c.identifiers()
	var agreed *Change
	for i := range a.calls {
		call := &a.calls[i]
		if call.Account == c.Account && !call.Time.After(c.Time) && (agreed == nil || later(call, agreed)) &&
			slices.ContainsFunc(call.identifiers(), func(id string) bool { return slices.Contains(carried, id) }) {
			agreed = call
		}
	}
	if agreed != nil {
		c.AgreedBy, c.AgreementEventID = agreed.Actor, agreed.EventID
	}
}

func later(a, b *Change) bool {
	return a.Time.After(b.Time) || a.Time.Equal(b.Time) && a.EventID > b.EventID
}

func (c *Change) identifiers() []string { return strings.Fields(c.Requested + " " + c.Responded) }

// What identifies something in JSON is a text, or a list of texts, in a field that is
// called some ID, identifier or ARN. It is a word that is written without escapes. The
// views search with the same expressions, which is why they are not a parser.
const (
	identifier = "[!#-Z^-~]+"
	// Identified finds such fields, and those that name an account.
	Identified = `(?i)(?:accountid|identifier|id|arn)s?":(?:"` + identifier + `"|\["` + identifier + `"(?:,"` + identifier + `")*\])`
	// IdentifiedName is their name, as far as it was found.
	IdentifiedName = `^[^:]*:`
	// IdentifiedAccount finds those that name an account: it identifies no agreement.
	IdentifiedAccount = `(?i)^accountid`
	// IdentifiedValue finds the values of a field.
	IdentifiedValue = `"(` + identifier + `)"`
	// AnAccount is a value that is an account, or names no more than one.
	AnAccount = `^(?:arn:.*[/:])?[0-9]{12}$`
)

var (
	identified        = regexp.MustCompile(Identified)
	identifiedName    = regexp.MustCompile(IdentifiedName)
	identifiedAccount = regexp.MustCompile(IdentifiedAccount)
	identifiedValue   = regexp.MustCompile(IdentifiedValue)
	anAccount         = regexp.MustCompile(AnAccount)
)

// identifiersIn returns the identifiers in a JSON text, a space apart.
func identifiersIn(json *JSON) string {
	if json == nil {
		return ""
	}
	var found []string
	for _, field := range identified.FindAllString(string(*json), -1) {
		if identifiedAccount.MatchString(field) {
			continue
		}
		for _, value := range identifiedValue.FindAllStringSubmatch(identifiedName.ReplaceAllString(field, ""), -1) {
			if !anAccount.MatchString(value[1]) {
				found = append(found, value[1])
			}
		}
	}
	return strings.Join(found, " ")
}
