package corpus

import (
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	// maxRecord is more than any record needs, in bytes.
	maxRecord = 16 << 10
	// averageRecord is what records are long, in bytes.
	averageRecord = 1200
	// failing is the part of calls that are refused or throttled: one in so
	// many, about as in a real trail.
	failing = 14
)

// A writer appends records to a buffer.
type writer struct {
	buf     []byte
	rng     *rand.Rand
	account *account
	region  string
	session session
	time    time.Time // of the event
}

func (w *writer) text(s string) { w.buf = append(w.buf, s...) }

func (w *writer) number(n int) { w.buf = strconv.AppendInt(w.buf, int64(n), 10) }

// null appends a template, or null where there is none.
func (w *writer) null(t template) {
	if t == nil {
		w.text("null")
		return
	}
	t.write(w)
}

// A compiled call is one whose templates are read.
type compiled struct {
	call
	request, response, extra, resources, host template
}

func compile(c call, kinds map[string]func(*writer)) compiled {
	parse := func(text string) template {
		if text == "" {
			return nil
		}
		return parseTemplate(text, kinds)
	}
	host := c.host
	if host == "" {
		host = c.service + ".${region}.amazonaws.com"
	}
	return compiled{
		call: c, request: parse(c.request), response: parse(c.response),
		extra: parse(c.extra), resources: parse(c.resources), host: parse(host),
	}
}

// A failure is why a call was refused.
type failure struct{ code, message string }

// fail draws whether and why a call fails.
func (w *writer) fail(c *compiled) failure {
	if w.session.internal || w.rng.IntN(failing) > 0 {
		return failure{}
	}
	action := c.service + ":" + c.name
	switch w.rng.IntN(4) {
	case 0, 1:
		return failure{"ThrottlingException", "Rate exceeded"}
	case 2:
		return failure{"AccessDenied", "User: " + w.session.arn + " is not authorized to perform: " + action + " because no identity-based policy allows the " + action + " action"}
	default:
		return failure{"ResourceNotFoundException", `Could not find \"` + pickSkewed(w.rng, w.account.pools["stack"]) + `\" in ` + w.region}
	}
}

// record appends one record of the writer's session.
func (w *writer) record(c *compiled) {
	failure := w.fail(c)
	w.text(`{"eventVersion":"1.09","userIdentity":`)
	w.text(w.session.identity)
	w.text(`,"eventTime":"`)
	w.buf = w.time.AppendFormat(w.buf, "2006-01-02T15:04:05Z")
	w.text(`","eventSource":"`)
	w.text(c.service)
	w.text(`.amazonaws.com","eventName":"`)
	w.text(c.name)
	w.text(`","awsRegion":"`)
	w.text(w.region)
	w.text(`","sourceIPAddress":"`)
	w.text(w.session.address)
	w.text(`","userAgent":"`)
	w.text(w.session.agent)
	if failure.code != "" {
		w.text(`","errorCode":"`)
		w.text(failure.code)
		w.text(`","errorMessage":"`)
		w.text(failure.message)
	}
	w.text(`","requestParameters":`)
	w.null(c.request)
	w.text(`,"responseElements":`)
	if failure.code != "" {
		w.null(nil)
	} else {
		w.null(c.response)
	}
	if c.extra != nil {
		w.text(`,"additionalEventData":`)
		c.extra.write(w)
	}
	w.text(`,"requestID":"`)
	w.buf = appendUUID(w.buf, w.rng)
	w.text(`","eventID":"`)
	w.buf = appendUUID(w.buf, w.rng)
	w.text(`","readOnly":`)
	w.buf = strconv.AppendBool(w.buf, !c.writes)
	if c.resources != nil {
		w.text(`,"resources":`)
		c.resources.write(w)
	}
	w.text(`,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"`)
	w.text(w.account.id)
	w.end(c)
}

// end appends what follows the account's id.
func (w *writer) end(c *compiled) {
	if w.session.internal {
		w.text(`","sharedEventID":"`)
		w.buf = appendUUID(w.buf, w.rng)
		w.text(`","eventCategory":"Management"}`)
		return
	}
	w.text(`","eventCategory":"Management"`)
	if w.session.console {
		w.text(`,"sessionCredentialFromConsole":"true"}`)
		return
	}
	w.text(`,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`)
	c.host.write(w)
	w.text(`"}}`)
}
