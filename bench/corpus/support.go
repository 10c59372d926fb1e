package corpus

import (
	"fmt"
	"time"
)

const (
	// supportPlans is the event source of Support Plans, and supportSubscription
	// what it was called before.
	supportPlans        = "supportplans.amazonaws.com"
	supportSubscription = "support-subscription.amazonaws.com"
)

// renamed returns when the event source changed.
func renamed() time.Time { return time.Date(2022, time.August, 3, 0, 0, 0, 0, time.UTC) }

// A supportCall is one call of Support Plans. Its texts are templates.
type supportCall struct {
	name     string
	request  string // null if empty
	response string // null if empty
	writes   bool
}

// supportCalls returns the calls of Support Plans, as often as they are to be
// drawn.
func supportCalls() []supportCall {
	const (
		headers = `"Access-Control-Expose-Headers":"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"`
		update  = `"supportPlanUpdateArn":"arn:aws:supportplans::${account}:supportplanupdate/${hex64}"`
	)
	get := supportCall{name: "GetSupportPlan"}
	return []supportCall{
		get, get, get, get,
		{name: "ListSupportPlanModifiers"},
		{name: "GetSupportPlanUpdateStatus", request: `{` + update + `}`},
		{name: "StartSupportPlanUpdate", writes: true, request: `{"clientToken":"${uuid}","update":{"supportLevel":"${level}"}}`, response: `{` + headers + `,` + update + `}`},
		{
			name: "CreateSupportPlanSchedule", writes: true,
			request:  `{"clientToken":"${uuid}","scheduleCreationDetails":{"startLevel":"${level}","startOffer":"TrialPlan7FB93B","startTimestamp":"${instant}","endLevel":"${level}","endOffer":"StandardPlan2074BB","endTimestamp":"${instant}"}}`,
			response: `{` + headers + `,"supportPlanUpdateArn":"arn:aws:supportplans::${account}:supportplanschedule/${hex64}"}`,
		},
	}
}

// subscriptionCalls returns the calls of Support Plans before it was renamed.
func subscriptionCalls() []supportCall {
	return []supportCall{
		{name: "DescribeSupportLevelSummary", request: `{"lang":"en"}`},
		{name: "DescribeSupportLevelSummary", request: `{"lang":"en"}`},
		{name: "UpdateSupportLevel", writes: true, request: `{"supportLevel":"new_developer"}`, response: `{"aispl":false,"supportLevel":"new_developer"}`},
		{name: "UpdateProbationAutoCancellation", writes: true, request: `{"lang":"en"}`},
	}
}

// supportFills returns what templates of Support Plans name beside [fills].
func supportFills() map[string]func(*writer) {
	kinds := fills()
	kinds["level"] = func(w *writer) { w.text(pick(w.rng, []string{"BASIC", "DEVELOPER", "BUSINESS", "ENTERPRISE"})) }
	kinds["instant"] = func(w *writer) {
		at := w.time.Add(upTo(w.rng, 90*24*time.Hour))
		w.buf = at.AppendFormat(w.buf, "2006-01-02T15:04:05.000Z")
	}
	return kinds
}

// support appends the record of a planted event. The writer's numbers, session
// and time are the event's own.
func (w *writer) support(eventID string) {
	source, calls := supportPlans, supportCalls()
	if w.time.Before(renamed()) {
		source, calls = supportSubscription, subscriptionCalls()
	}
	c := pick(w.rng, calls)
	fill := func(text string) string {
		if text == "" {
			return "null"
		}
		own := *w
		own.buf = nil
		parseTemplate(text, supportFills()).write(&own)
		return string(own.buf)
	}
	request, response, failure := fill(c.request), "null", ""
	if w.rng.IntN(failing) == 0 {
		failure = fmt.Sprintf(`"errorCode":"AccessDenied","errorMessage":"User: %s is not authorized to perform: supportplans:%s",`, w.session.arn, c.name)
	} else {
		response = fill(c.response)
	}
	w.buf = fmt.Appendf(w.buf, `{"eventVersion":"1.08","userIdentity":%s,"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s",%s"requestParameters":%s,"responseElements":%s,"requestID":"%s","eventID":"%s","readOnly":%t,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management"}`,
		w.session.identity, w.time.Format(time.RFC3339), source, c.name, w.region, w.session.address, w.session.agent, failure,
		request, response, uuid(w.rng), eventID, !c.writes, w.account.id)
}

// decoys returns calls of other services that quote the event sources of
// Support Plans.
func decoys() []call {
	return []call{
		{service: "cloudtrail", name: "LookupEvents", request: `{"maxResults":50,"lookupAttributes":[{"attributeKey":"EventSource","attributeValue":"` + supportPlans + `"}]}`},
		{
			service: "iam", name: "PutRolePolicy", host: "iam.amazonaws.com", writes: true,
			request: `{"roleName":"${role}","policyName":"${policy}","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iam:CreateServiceLinkedRole\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"iam:AWSServiceName\":\"` + supportSubscription + `\"}}}]}"}`,
		},
		{
			service: "events", name: "PutRule", writes: true,
			request: `{"name":"${rule}","eventPattern":"{\"detail\":{\"eventSource\":[\"` + supportPlans + `\",\"` + supportSubscription + `\"]}}"}`,
			// As in a record of the event itself, but deeper.
			response: `{"eventSource":"` + supportPlans + `"}`,
		},
	}
}
