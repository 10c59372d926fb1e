package schema

// maxID is how long an identifier may be. They are UUIDs, or twice as long.
const maxID = 1024

// dropLongIDs leaves columns of identifiers null whose value is none: it is in
// rawevent. The table's files have two of them for every page in memory.
func (e *Event) dropLongIDs() {
	ids := []**string{&e.EventID, &e.RequestID, &e.SharedEventID}
	if e.Addendum != nil {
		ids = append(ids, &e.Addendum.OriginalRequestID, &e.Addendum.OriginalEventID)
	}
	for _, id := range ids {
		if *id != nil && len(**id) > maxID {
			*id = nil
		}
	}
}
