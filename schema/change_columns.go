package schema

// ChangeColumns returns the top-level columns that [ChangeOf] looks at: a small
// part of a row's bytes.
func ChangeColumns() []string {
	return []string{
		"eventtime", "eventsource", "eventname", "eventid", "recipientaccountid", "sourceipaddress", "useragent",
		"errorcode", "errormessage", "readonly", "sessioncredentialfromconsole", "useridentity",
		"supportlevel", "supportplanupdatearn", "schedule", "addendum", "requestparameters", "responseelements",
	}
}
