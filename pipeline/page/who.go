package page

import (
	"strings"

	"plantrail/schema"
)

// A who is an account as a person knows it.
type who struct{ Name, ID text }

// who returns an account with its name, if there is one.
func (p *Page) who(account string) who {
	return who{Name: textOf(bounded(p.config.Names[account], headRunes)), ID: textOf(named(account))}
}

// called returns an account in one text.
func (p *Page) called(account string) string {
	if name := p.config.Names[account]; name != "" {
		return Visible(bounded(name, headRunes)) + " (" + named(account) + ")"
	}
	return named(account)
}

// planShown returns the plan of a level, ready to be shown in little room.
func planShown(level string) string { return Visible(bounded(planName(level), headRunes)) }

// planName returns what AWS calls the plan of a level. A level of no known plan
// stays as it is written, in quotes.
func planName(level string) string {
	if plan, ok := schema.PlanOf(level); ok {
		return plan.Name
	}
	if level == schema.Unknown {
		return "not known"
	}
	return "“" + level + "”"
}

// folded returns whom an actor's reads are counted for, and the session if that is
// folded into its role: programs have a new one each time.
func folded(actor string) (who, session string) {
	role, session, ok := cutSession(actor)
	if ok && passing(session) {
		return role, session
	}
	return schema.Person(actor), ""
}

// cutSession splits role/session.
func cutSession(actor string) (role, session string, ok bool) {
	slash := strings.LastIndexByte(actor, '/')
	if slash < 1 || slash == len(actor)-1 {
		return actor, "", false
	}
	return actor[:slash], actor[slash+1:], true
}

// leastDigits is how many digits in a row no person has in a name: instances, times
// and hashes do.
const leastDigits = 5

// passing reports whether the name of a session is one that programs make up.
func passing(session string) bool {
	if strings.Contains(session, "@") {
		return false
	}
	digits, most := 0, 0
	for _, r := range session {
		switch {
		case r >= '0' && r <= '9':
			digits++
			most = max(most, digits)
		case r >= 'a' && r <= 'f' && digits > 0: // within a hash
		default:
			digits = 0
		}
	}
	return most >= leastDigits || strings.Contains(strings.ToLower(session), "session")
}
