package schema_test

import (
	"testing"
	"time"

	"plantrail/schema"
)

// at reads a time as the tests write it.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if when, err := time.Parse(layout, s); err == nil {
			return when
		}
	}
	t.Fatalf("%q is no time", s)
	return time.Time{}
}

func TestChangeOfDocumentedEvents(t *testing.T) {
	const browser = "205.251.233.183"
	tests := []struct {
		name string
		want schema.Change
	}{
		{"CreateSupportPlanSchedule", schema.Change{
			Time: at(t, "2023-05-09T16:30:04Z"), Actor: "Admin/janedoe", SourceIP: browser,
			Schedule: schema.ScheduledLevels{
				StartLevel: "business", StartOffer: "TrialPlan7FB93B", StartTime: at(t, "2023-06-03T17:23:56.109Z"),
				EndLevel: "business", EndOffer: "StandardPlan2074BB", EndTime: at(t, "2023-09-03T17:23:55.109Z"),
			},
			UpdateARN: "arn:aws:supportplans::111122223333:supportplanschedule/b9a9a4336a3974950a6e670f7dab79b77a4b104db548a0d57050ce4544721d4b",
			EventID:   "a2a1ba44-610d-4dc8-bf16-29f1635b57a9", EventSource: "supportplans.amazonaws.com",
		}},
		{"StartSupportPlanUpdate", schema.Change{
			Time: at(t, "2022-06-29T16:38:55Z"), Actor: "Admin/janedoe", SourceIP: browser, Level: "basic",
			UpdateARN: "arn:aws:supportplans::111122223333:supportplanupdate/7f03b7a233a0e87ebc79e56d4d2bcaf19e976c37a2756181cec1b17f95da4310",
			EventID:   "5dba89f8-2e5b-42b9-9b8f-395580c52962", EventSource: "supportplans.amazonaws.com",
		}},
		{"UpdateProbationAutoCancellation", schema.Change{
			Time: at(t, "2021-01-07T23:28:43Z"), Actor: "root", SourceIP: "100.127.8.67",
			EventID: "f4a58c09-0bb0-4ba2-a8d3-df6909123abc", EventSource: "support-subscription.amazonaws.com",
		}},
		{"UpdateSupportLevel", schema.Change{
			Time: at(t, "2021-01-07T22:08:43Z"), Actor: "root", SourceIP: "100.127.8.247", Level: "developer",
			EventID: "c69fb149-c206-47ce-8766-8df6ec123abc", EventSource: "support-subscription.amazonaws.com",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, sample(t, test.name))
			got, ok := schema.ChangeOf(&e)
			test.want.Operation, test.want.Account, test.want.Channel, test.want.Outcome = test.name, "111122223333", schema.Console, schema.Accepted
			if !ok || got != test.want {
				t.Errorf("got  %+v, %t\nwant %+v", got, ok, test.want)
			}
		})
	}
	for _, name := range []string{"DescribeSupportLevelSummary", "GetSupportPlan", "GetSupportPlanUpdateStatus", "ListSupportPlanModifiers"} {
		e := decodeOne(t, sample(t, name))
		if c, ok := schema.ChangeOf(&e); ok {
			t.Errorf("%s is a change: %+v", name, c)
		}
	}
}

func TestChangeOf(t *testing.T) {
	account := func(c schema.Change) string { return c.Account }
	actor := func(c schema.Change) string { return c.Actor }
	channel := func(c schema.Change) string { return c.Channel }
	level := func(c schema.Change) string { return c.Level }
	outcome := func(c schema.Change) string { return c.Outcome + " " + c.Error }
	tests := []struct {
		name, fields string
		field        func(schema.Change) string
		want         string
	}{
		{"the receiving account", `"recipientAccountId":"111122223333","userIdentity":{"accountId":"444455556666"}`, account, "111122223333"},
		{"the caller's account", `"userIdentity":{"accountId":"444455556666"}`, account, "444455556666"},
		{"no account", ``, account, ""},

		{"root", `"userIdentity":{"type":"Root","userName":"an alias"}`, actor, "root"},
		{"user", `"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a/Jane","userName":"jane"}`, actor, "jane"},
		{"user without a name", `"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a/jane"}`, actor, "jane"},
		{"role and session", `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Admin/jane"}`, actor, "Admin/jane"},
		{"role's issuer by name", `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/A/jane","sessionContext":{"sessionIssuer":{"userName":"Admin"}}}`, actor, "Admin/jane"},
		{"role's issuer by ARN", `"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:jane","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/a/Admin"}}}`, actor, "Admin/jane"},
		{"session without a role", `"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:jane"}`, actor, "jane"},
		{"role without anything", `"userIdentity":{"type":"AssumedRole","accountId":"111122223333"}`, actor, "111122223333"},
		{"federated user", `"userIdentity":{"type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/jane"}`, actor, "jane"},
		{"SAML user", `"userIdentity":{"type":"SAMLUser","principalId":"x:jane","userName":"jane@example.com"}`, actor, "jane@example.com"},
		{"web identity", `"userIdentity":{"type":"WebIdentityUser","principalId":"accounts.example.com:app:7","userName":"7"}`, actor, "7"},
		{"Identity Center user", `"userIdentity":{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"544894e8"}}`, actor, "544894e8"},
		{"other account", `"userIdentity":{"type":"AWSAccount","principalId":"AIDAEXAMPLE","accountId":"444455556666"}`, actor, "AIDAEXAMPLE"},
		{"other account, only its number", `"userIdentity":{"type":"AWSAccount","accountId":"444455556666"}`, actor, "444455556666"},
		{"service", `"userIdentity":{"type":"AWSService","invokedBy":"organizations.amazonaws.com"}`, actor, "organizations.amazonaws.com"},
		{"directory", `"userIdentity":{"type":"Directory","userName":"corp\\jane"}`, actor, `corp\jane`},
		{"unknown identity", `"userIdentity":{"type":"Unknown","principalId":"p"}`, actor, "p"},
		{"identity null", `"userIdentity":null`, actor, "unknown"},
		{"empty texts", `"userIdentity":{"type":"IAMUser","userName":"","arn":"","principalId":"p"}`, actor, "p"},

		{"console session", `"sessionCredentialFromConsole":"true","userAgent":"aws-sdk-js/3.1"`, channel, "console"},
		{"console by agent", `"userAgent":"AWS-SupportPlansConsole, aws-internal/3"`, channel, "console"},
		{"browser", `"userAgent":"Mozilla/5.0 (X11)"`, channel, "console"},
		{"command line", `"userAgent":"aws-cli/2.15.0 Python/3.11 md/Botocore#1"`, channel, "cli"},
		{"program", `"userAgent":"Boto3/1.34 md/Botocore#1.34"`, channel, "sdk"},
		{"service by agent", `"userAgent":"organizations.amazonaws.com"`, channel, "service"},
		{"a service's own role", `"userAgent":"Mozilla/5.0","sessionCredentialFromConsole":"true","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupportPlans/s1"}`, channel, "service"},
		{"who calls in a service's own role", `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupportPlans/s1"}`, actor, "AWSServiceRoleForSupportPlans"},
		{"service by identity", `"userAgent":"Mozilla/5.0","userIdentity":{"type":"AWSService"}`, channel, "service"},
		{"service by invoker", `"userAgent":"x","userIdentity":{"invokedBy":"cloudformation.amazonaws.com"}`, channel, "service"},
		{"other agent", `"userAgent":"curl/8"`, channel, "other"},
		{"no agent", ``, channel, "unknown"},

		{"old level", `"requestParameters":{"supportLevel":"new_developer"}`, level, "developer"},
		{"new level", `"requestParameters":{"update":{"supportLevel":"DEVELOPER"}}`, level, "developer"},
		{"level in two words", `"requestParameters":{"update":{"supportLevel":"ENTERPRISE_ON_RAMP"}}`, level, "enterprise_onramp"},
		{"level of tomorrow", `"requestParameters":{"update":{"supportLevel":"Gold_2031"}}`, level, "Gold_2031"},
		{"no level", ``, level, ""},

		{"accepted", `"errorCode":""`, outcome, "accepted "},
		{"denied", `"errorCode":"AccessDenied","errorMessage":"no"`, outcome, "denied AccessDenied: no"},
		{"denied, newer", `"errorCode":"AccessDeniedException"`, outcome, "denied AccessDeniedException"},
		{"denied, older", `"errorCode":"Client.UnauthorizedOperation"`, outcome, "denied Client.UnauthorizedOperation"},
		{"failed", `"errorCode":"ThrottlingException","errorMessage":"Rate exceeded"`, outcome, "failed ThrottlingException: Rate exceeded"},
		{"only a message", `"errorMessage":"access denied"`, outcome, "failed access denied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, with(test.fields))
			c, ok := schema.ChangeOf(&e)
			if got := test.field(c); !ok || got != test.want {
				t.Errorf("got %q, %t, want %q", got, ok, test.want)
			}
		})
	}
}

func TestChangeOfReads(t *testing.T) {
	tests := []struct {
		fields string
		change bool
	}{
		{`"readOnly":true,"eventName":"StartSupportPlanUpdate"`, false},
		{`"readOnly":false,"eventName":"GetSupportPlan"`, true},
		{`"eventName":"GetSupportPlan"`, false},
		{`"eventName":"ListSupportAgreements"`, false},
		{`"eventName":"DescribeSupportLevelSummary"`, false},
		{`"eventName":"AcceptSupportAgreement"`, true},
		{`"eventName":null`, true},
	}
	for _, test := range tests {
		t.Run(test.fields, func(t *testing.T) {
			e := decodeOne(t, with(test.fields))
			if _, ok := schema.ChangeOf(&e); ok != test.change {
				t.Errorf("a change: %t", ok)
			}
		})
	}
}

// An event is a change or a read, never both.
func TestReadOf(t *testing.T) {
	text := func(s string) *string { return &s }
	read, denied := true, "AccessDeniedException"
	at := at(t, "2024-03-01T10:00:00Z")
	for name, test := range map[string]struct {
		event schema.Event
		want  schema.Read
	}{
		"a read": {
			schema.Event{EventTime: at, ReadOnly: &read, RecipientAccountID: text("111122223333"), UserIdentity: &schema.UserIdentity{UserName: text("mary"), AccountID: text("444455556666")}},
			schema.Read{Time: at, Account: "111122223333", Actor: "mary", Outcome: schema.Accepted},
		},
		"by its name, of the caller's account": {
			schema.Event{EventTime: at, EventName: text("GetSupportPlan"), ErrorCode: &denied, UserIdentity: &schema.UserIdentity{AccountID: text("444455556666")}},
			schema.Read{Time: at, Account: "444455556666", Actor: "444455556666", Outcome: schema.Denied},
		},
		"by nobody": {schema.Event{EventTime: at, ReadOnly: &read}, schema.Read{Time: at, Actor: schema.Unknown, Outcome: schema.Accepted}},
	} {
		got, ok := schema.ReadOf(&test.event)
		if _, changes := schema.ChangeOf(&test.event); !ok || changes || got != test.want {
			t.Errorf("%s: %+v, %t; a change: %t", name, got, ok, changes)
		}
	}
	if got, ok := schema.ReadOf(&schema.Event{EventTime: at, EventName: text("StartSupportPlanUpdate")}); ok {
		t.Errorf("a change is a read: %+v", got)
	}
}
