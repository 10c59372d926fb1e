package schema

// The tables below are the one place that holds the words by which calls are
// judged. The functions of this package follow them, and so does the SQL that
// is rendered from them.

// Unknown stands for an actor, a channel or a level that nothing tells.
const Unknown = "unknown"

// A Naming says by which texts a name is known.
type Naming struct {
	Name  string
	Known []string // in lower case
}

// Levels returns the support levels, and how services spell them, in any case.
// A level that is none of these keeps its own spelling.
func Levels() []Naming {
	return []Naming{
		{"basic", []string{"basic", "new_basic"}},
		{"developer", []string{"developer", "new_developer"}},
		{"business", []string{"business", "new_business"}},
		{"business_plus", []string{"business_plus", "business_support_plus", "business+"}},
		{"enterprise_onramp", []string{"enterprise_onramp", "enterprise_on_ramp", "new_enterprise_onramp", "new_enterprise_on_ramp"}},
		{"enterprise", []string{"enterprise", "new_enterprise"}},
		{"unified_operations", []string{"unified_operations"}},
	}
}

// The channels through which a call comes. There is also [Unknown].
const (
	Console = "console" // a person at the console
	CLI     = "cli"     // the AWS command line
	SDK     = "sdk"     // a program
	Service = "service" // a service of AWS
	Other   = "other"   // a user agent that none of the above is known by
)

// ServiceRolePrefix is how roles begin that only a service of AWS can assume.
const ServiceRolePrefix = "AWSServiceRoleFor"

// AddendumUpdated is the reason of an addendum that amends an earlier event.
const AddendumUpdated = "UPDATED_DATA"

// Agents returns what user agents of a channel contain, in any case. The first
// that fits counts: a console of AWS also says that it is internal.
func Agents() []Naming {
	return []Naming{
		{Console, []string{"console", "signin.amazonaws.com"}},
		{CLI, []string{"aws-cli/"}},
		{Service, []string{"amazonaws.com", "aws-internal", "aws internal"}},
		{Console, []string{"mozilla/"}},
		{SDK, []string{"sdk", "boto", "terraform", "pulumi"}},
	}
}

// ReadPrefixes returns how names of operations begin that change nothing. They
// count where a record does not say itself whether it is read-only.
func ReadPrefixes() []string {
	return []string{"Get", "List", "Describe", "Search", "View"}
}

// The outcomes of a call.
const (
	Accepted = "accepted" // no error
	Denied   = "denied"   // refused for want of permission
	Failed   = "failed"   // any other error
)

// DeniedCodes returns what error codes contain, in any case, when a caller lacks
// permission.
func DeniedCodes() []string {
	return []string{"accessdenied", "unauthorized", "notauthorized", "forbidden"}
}
