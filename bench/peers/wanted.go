package peers

// Wanted reports whether an event source is one of Support Plans' two.
func Wanted(eventSource string) bool {
	return eventSource == "supportplans.amazonaws.com" || eventSource == "support-subscription.amazonaws.com"
}
