package schema

import "strings"

// Roles that IAM Identity Center makes are called AWSReservedSSO_NAME_HASH.
const ssoPrefix = "AWSReservedSSO_"

// Person returns an actor, as [UserIdentity.Actor] names it, for people to read: of a
// session in a role of IAM Identity Center the person comes first, then what the
// permission set is called, alice@example.com (BillingAdmin). Others stay as they are.
func Person(actor string) string {
	role, session, _ := strings.Cut(actor, "/")
	name, found := strings.CutPrefix(role, ssoPrefix)
	hash := strings.LastIndexByte(name, '_')
	if !found || session == "" || hash < 1 {
		return actor
	}
	return session + " (" + name[:hash] + ")"
}

// By returns who made a change, for people to read: a service for the person who agreed
// to it, where that is known.
func (c *Change) By() string {
	if c.AgreedBy != "" {
		return Person(c.Actor) + " for " + Person(c.AgreedBy)
	}
	return Person(c.Actor)
}
