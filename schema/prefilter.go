package schema

import "bytes"

// Dismiss reports whether a log file is proven to hold no wanted event: it has
// the shape of a log file, and no string in it can decode to a wanted
// eventSource. False proves nothing; [Decode] has the answer then.
//
// The search looks for the rare letter instead of the whole name: 'z' hardly
// occurs in a log file but in "amazonaws", so [bytes.IndexByte] passes over the
// text at several gigabytes a second and only the bytes around a hit are
// compared. A name could also be written with JSON escapes; a text in which any
// letter of a name is escaped is never dismissed.
func Dismiss(json []byte) bool {
	return enveloped(json) && !mentions(json)
}

// mentions reports whether a string in json might decode to a wanted
// eventSource.
func mentions(json []byte) bool {
	return quoted(json) || escaped(json)
}

// Named reports whether a text that is no record names a wanted event source.
func Named(text []byte) bool {
	for _, source := range EventSources() {
		if bytes.Contains(text, []byte(source)) {
			return true
		}
	}
	return false
}

// quoted finds a wanted name between quotes, written without escapes.
func quoted(json []byte) bool {
	// What stands before and after the z of amazonaws in either name.
	const (
		plans        = `"supportplans.ama`
		subscription = `"support-subscription.ama`
		after        = `zonaws.com"`
	)
	for at := 0; ; at++ {
		z := bytes.IndexByte(json[at:], 'z')
		if z < 0 {
			return false
		}
		at += z
		if at < len(plans) {
			continue
		}
		// Two names of services in three end in another letter.
		if last := json[at-len("s.ama")]; last != 's' && last != 'n' {
			continue
		}
		head := json[:at]
		if (string(head[at-len(plans):]) == plans || bytes.HasSuffix(head, []byte(subscription))) &&
			bytes.HasPrefix(json[at:], []byte(after)) {
			return true
		}
	}
}

// escaped finds a \u escape of a character that occurs in a wanted name: a
// letter, '-' or '.'.
func escaped(json []byte) bool {
	for {
		at := bytes.Index(json, []byte(`\u00`))
		if at < 0 || at+6 > len(json) {
			return false
		}
		switch high, low := json[at+4], json[at+5]|0x20; {
		case high == '6', high == '7':
			return true
		case high == '2' && (low == 'd' || low == 'e'):
			return true
		}
		json = json[at+4:]
	}
}

// enveloped reports whether json begins {"Records":[ and ends ]}, white space
// aside, as every log file that CloudTrail writes does.
func enveloped(json []byte) bool {
	for _, token := range []string{"{", `"Records"`, ":", "["} {
		json = bytes.TrimLeft(json, space)
		if !bytes.HasPrefix(json, []byte(token)) {
			return false
		}
		json = json[len(token):]
	}
	for _, token := range []string{"}", "]"} {
		json = bytes.TrimRight(json, space)
		if !bytes.HasSuffix(json, []byte(token)) {
			return false
		}
		json = json[:len(json)-1]
	}
	return true
}
