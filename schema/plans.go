package schema

import "time"

// A Plan is a support plan that AWS sells or has sold.
type Plan struct {
	Level string    // as in [Levels]
	Name  string    // what AWS calls it
	Ends  time.Time // from when on nobody has it; zero: AWS has named no end
}

// Plans returns a plan for each of the [Levels], in their order.
//
// The ends are those of the notices that AWS's user guide opens with, read in
// November 2026: Developer Support and Business Support are discontinued on
// 1 January 2027, and customers may go to Business Support+ before; Enterprise
// On-Ramp is discontinued on the same day, and its customers are moved to
// Enterprise Support throughout 2026. The notices name no time zone; UTC is meant
// here, as everywhere in a trail.
//
// https://docs.aws.amazon.com/awssupport/latest/user/about-support-api.html
// https://aws.amazon.com/premiumsupport/plans/
func Plans() []Plan {
	ends := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	return []Plan{
		{Level: "basic", Name: "Basic Support"},
		{Level: "developer", Name: "Developer Support", Ends: ends},
		{Level: "business", Name: "Business Support", Ends: ends},
		{Level: "business_plus", Name: "Business Support+"},
		{Level: "enterprise_onramp", Name: "Enterprise On-Ramp", Ends: ends},
		{Level: "enterprise", Name: "Enterprise Support"},
		{Level: "unified_operations", Name: "Unified Operations"},
	}
}

// PlanOf returns the plan of a level. ok is false for a level that is none of
// [Levels], which how CloudTrail spells the newest plans may bring about: it stays
// as it is written, and nothing is known of it.
func PlanOf(level string) (p Plan, ok bool) {
	for _, plan := range Plans() {
		if plan.Level == level {
			return plan, true
		}
	}
	return Plan{}, false
}

// What is known of the plan that an account has.
const (
	PlanCurrent  = "current"  // AWS has named no end of it
	PlanEnding   = "ending"   // AWS has named its end, which is to come
	PlanEnded    = "ended"    // nobody has it any more; what followed, no event tells
	PlanUnlisted = "unlisted" // the level is none that is known here; it stands as written
	PlanUnknown  = Unknown    // no event tells a level
)

// PlanStatus returns what is known of a level's plan at an instant.
func PlanStatus(level string, at time.Time) string {
	plan, ok := PlanOf(level)
	switch {
	case level == Unknown:
		return PlanUnknown
	case !ok:
		return PlanUnlisted
	case plan.Ends.IsZero():
		return PlanCurrent
	case at.Before(plan.Ends):
		return PlanEnding
	}
	return PlanEnded
}
