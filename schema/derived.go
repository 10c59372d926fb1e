package schema

// The derived columns depend on where an operation puts a value: the first of
// several places that has one counts.

// fillDerived sets the derived columns of an event from its record's fields.
func fillDerived(event *Event, fields map[string]rawJSON) {
	for _, call := range calls(fields) {
		if event.SupportLevel == nil {
			event.SupportLevel = text(object(call.fields["update"])["supportLevel"])
		}
		if event.SupportLevel == nil {
			event.SupportLevel = text(call.fields["supportLevel"])
		}
		if event.SupportPlanUpdateARN == nil {
			event.SupportPlanUpdateARN = text(call.fields["supportPlanUpdateArn"])
		}
	}
	if details := object(object(fields["requestParameters"])[scheduleField]); details != nil {
		event.Schedule = new(Schedule)
		fill(event.Schedule, details)
	}
}

const scheduleField = "scheduleCreationDetails"

// A call is one side of what an operation was called with: the request or the
// response.
type call struct {
	name   string
	fields map[string]rawJSON
}

func calls(fields map[string]rawJSON) []call {
	var all []call
	for _, name := range []string{"requestParameters", "responseElements"} {
		all = append(all, call{name, object(fields[name])})
	}
	return all
}

// Unread returns the fields of an event's record from which a derived column should
// have its value, where there is one and it cannot be read, so that the column is
// null: as paths such as requestParameters.scheduleCreationDetails.endTimestamp.
// What is absent, null or an empty text is no value.
func (e *Event) Unread() (paths []string) {
	fields := object(rawJSON(e.RawEvent))
	unread := func(null bool, path string, raw rawJSON) {
		if null && !empty(raw) {
			paths = append(paths, path)
		}
	}
	for _, c := range calls(fields) {
		unread(e.SupportLevel == nil, c.name+".update.supportLevel", object(c.fields["update"])["supportLevel"])
		unread(e.SupportLevel == nil, c.name+".supportLevel", c.fields["supportLevel"])
		unread(e.SupportPlanUpdateARN == nil, c.name+".supportPlanUpdateArn", c.fields["supportPlanUpdateArn"])
	}
	details := object(fields["requestParameters"])[scheduleField]
	path := "requestParameters." + scheduleField
	s := e.Schedule
	if s == nil {
		unread(true, path, details)
		return paths
	}
	of := object(details)
	for _, column := range []struct {
		name string
		null bool
	}{
		{"startLevel", s.StartLevel == nil},
		{"startOffer", s.StartOffer == nil},
		{"startTimestamp", s.StartTimestamp == nil},
		{"endLevel", s.EndLevel == nil},
		{"endOffer", s.EndOffer == nil},
		{"endTimestamp", s.EndTimestamp == nil},
	} {
		unread(column.null, path+"."+column.name, of[column.name])
	}
	return paths
}

// empty reports whether a JSON value stands for none.
func empty(raw rawJSON) bool {
	k := kind(raw)
	return k == 0 || k == 'n' || string(raw) == `""`
}
