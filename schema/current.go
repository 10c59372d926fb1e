package schema

import (
	"slices"
	"time"
)

// A Current is the level that an account is believed to have at an instant, and
// what is scheduled.
type Current struct {
	Account   string
	Level     string    // as in [Levels], as written, or [Unknown]
	Status    string    // what is known of its plan: [PlanCurrent], [PlanEnding], [PlanEnded], [PlanUnlisted], [PlanUnknown]
	Since     time.Time // when the level began; zero where it is unknown
	EventID   string    // the event that the belief rests on
	Scheduled bool      // whether a schedule brought the level
	Ends      time.Time // when nobody has the plan any more; zero: AWS has named no end
	// Next and Then are the levels that are scheduled after that, with EventID and
	// From; their Level is empty where nothing is scheduled. There are never more:
	// each change that counts cancels what earlier ones have pending.
	Next, Then Period
}

// Currents returns, in the order of account, which level each account of the
// changes is believed to have at an instant, as [Timeline] tells it.
//
// Only changes until then count, the instant included: of a day in the past, it
// says what was in force and scheduled then, not what came of it. An account all
// of whose changes are later is left out.
//
// A plan that has ended by then stays the account's level, with the status
// [PlanEnded]: no event tells what AWS has done with the account. So does one that
// was asked for after its end.
//
// The view support_plan_current has the same rows, of now.
func Currents(changes []Change, at time.Time) []Current {
	var until []Change
	for _, c := range changes {
		if !c.Time.After(at) {
			until = append(until, c)
		}
	}
	var all []Current
	periods := Timeline(until)
	for i := 0; i < len(periods); {
		of := periods[i:]
		if end := slices.IndexFunc(of, func(p Period) bool { return p.Account != of[0].Account }); end >= 0 {
			of = of[:end]
		}
		all = append(all, currentOf(of, at))
		i += len(of)
	}
	return all
}

// currentOf picks from the periods of one account, which are in order and without
// a gap from ever on.
func currentOf(periods []Period, at time.Time) Current {
	now := 0
	for now+1 < len(periods) && !periods[now+1].From.After(at) {
		now++
	}
	p := periods[now]
	c := Current{
		Account: p.Account, Level: p.Level, Status: PlanStatus(p.Level, at),
		Since: p.From, EventID: p.EventID, Scheduled: p.Scheduled,
	}
	if plan, ok := PlanOf(p.Level); ok {
		c.Ends = plan.Ends
	}
	for i, next := range []*Period{&c.Next, &c.Then} {
		if now+1+i < len(periods) {
			*next = periods[now+1+i]
		}
	}
	return c
}
