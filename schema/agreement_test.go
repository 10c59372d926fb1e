package schema_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"plantrail/schema"
)

// agreed links the first record, a service's change, to one of the others.
func agreed(t *testing.T, records []string) (id string) {
	t.Helper()
	var all schema.Agreements
	var served schema.Change
	for i, record := range records {
		e := decodeOne(t, record)
		c, ok := schema.ChangeOf(&e)
		if !ok {
			t.Fatalf("no change: %s", record)
		}
		if i == 0 {
			served = c
		}
		all.Add(&c)
	}
	all.Link(&served)
	if (served.AgreedBy == "") != (served.AgreementEventID == "") {
		t.Fatal(served)
	}
	return served.AgreementEventID
}

// agreement is a record: in an account, at an hour, with fields of its request.
func agreement(id, name, actor, account string, hour int, request string) string {
	return fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventTime":"2026-08-01T%02d:00:00Z","eventName":"%s","readOnly":false,
		"recipientAccountId":"%s","eventID":"%s","userIdentity":%s,"requestParameters":%s}`, hour, name, account, id, actor, request)
}

const (
	theService = `{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupportPlans/s"}`
	aPerson    = `{"type":"IAMUser","userName":"alice"}`
	here       = "111122223333"
)

func TestAgreements(t *testing.T) {
	served := func(request string) string {
		return agreement("s", "StartSupportPlanUpdate", theService, here, 12, request)
	}
	accepted := func(id string, hour int, request string) string {
		return agreement(id, "AcceptSupportAgreement", aPerson, here, hour, request)
	}
	for _, test := range []struct {
		name    string
		records []string
		want    string
	}{
		{"one identifier", []string{served(`{"agreementId":"x"}`), accepted("a", 10, `{"agreementId":"x"}`)}, "a"},
		{"of another name, deeper", []string{served(`{"update":{"sourceArn":"arn:x"}}`), accepted("a", 10, `{"agreements":[{"arn":"arn:x"}]}`)}, "a"},
		{"the newest of two", []string{served(`{"agreementId":"x"}`), accepted("a", 10, `{"agreementId":"x"}`), accepted("b", 11, `{"agreementId":"x"}`)}, "b"},
		{"another identifier, just before", []string{served(`{"agreementId":"x"}`), accepted("a", 12, `{"agreementId":"y"}`)}, ""},
		{"no identifier", []string{served(`{"supportLevel":"BUSINESS"}`), accepted("a", 11, `{"supportLevel":"BUSINESS"}`)}, ""},
		{"after the change", []string{served(`{"agreementId":"x"}`), accepted("a", 13, `{"agreementId":"x"}`)}, ""},
		{"a token of the client", []string{served(`{"clientToken":"x"}`), accepted("a", 10, `{"clientToken":"x"}`)}, ""},
		{"the account", []string{served(`{"accountId":"111122223333","id":"111122223333"}`), accepted("a", 10, `{"accountId":"111122223333","id":"111122223333"}`)}, ""},
		{"a list of identifiers", []string{served(`{"agreementIds":["w","x"]}`), accepted("a", 10, `{"agreementId":"x"}`)}, "a"},
		{"a list of accounts", []string{served(`{"accountIds":["x"],"arns":["arn:aws:iam::111122223333"]}`), accepted("a", 10, `{"accountIds":["x"],"arns":["arn:aws:iam::111122223333"]}`)}, ""},
		{"words of a text", []string{served(`{"id":"I have paid"}`), accepted("a", 10, `{"id":"I have paid"}`)}, ""},
		{"a name within a text", []string{served(`{"note":"my \"agreementId\":\"x\""}`), accepted("a", 10, `{"agreementId":"x"}`)}, ""},
		{"a token in the request, an identifier in the response", []string{served(`{"agreementArn":"arn:x"}`), accepted("a", 10, `{"clientToken":"t"},"responseElements":{"agreement":{"arn":"arn:x"}}`)}, "a"},
		{"refused", []string{served(`{"agreementId":"x"}`), accepted("a", 10, `{"agreementId":"x"},"errorCode":"AccessDenied"`)}, ""},
		{"another account", []string{served(`{"agreementId":"x"}`), agreement("a", "AcceptSupportAgreement", aPerson, "444455556666", 10, `{"agreementId":"x"}`)}, ""},
		{"no agreement", []string{served(`{"agreementId":"x"}`), agreement("a", "StartSupportPlanUpdate", aPerson, here, 10, `{"agreementId":"x"}`)}, ""},
		{"no service", []string{agreement("s", "StartSupportPlanUpdate", aPerson, here, 12, `{"agreementId":"x"}`), accepted("a", 10, `{"agreementId":"x"}`)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := agreed(t, test.records); got != test.want {
				t.Errorf("linked to %q, want %q", got, test.want)
			}
		})
	}
}

// Nothing is linked without an identifier that both carry, whatever else they share.
func TestAgreementsShare(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	linked := 0
	for range 2000 {
		values := func() (ids map[string]bool, request string) {
			ids = map[string]bool{}
			var fields []string
			for i := range random.IntN(4) {
				value := fmt.Sprint("v", random.IntN(12))
				if name := []string{"agreementId", "arn", "supportLevel", "note"}[random.IntN(4)]; random.IntN(2) == 0 {
					fields = append(fields, fmt.Sprintf(`"f%d":{"%s":"%s"}`, i, name, value))
					ids[value] = ids[value] || name == "agreementId" || name == "arn"
				}
			}
			return ids, "{" + strings.Join(fields, ",") + "}"
		}
		of, request := values()
		records := []string{agreement("s", "StartSupportPlanUpdate", theService, here, 12, request)}
		carried := map[string]map[string]bool{}
		for i := range 3 {
			id := fmt.Sprint("a", i)
			var request string
			carried[id], request = values()
			records = append(records, agreement(id, "AcceptSupportAgreement", aPerson, here, random.IntN(13), request))
		}
		shares := func(id string) bool {
			for value, is := range of {
				if is && carried[id][value] {
					return true
				}
			}
			return false
		}
		switch got := agreed(t, records); {
		case got != "" && !shares(got):
			t.Fatalf("linked to %s without an identifier in common: %q", got, records)
		case got == "" && (shares("a0") || shares("a1") || shares("a2")):
			t.Fatalf("not linked: %q", records)
		case got != "":
			linked++
		}
	}
	if linked < 50 {
		t.Errorf("only %d were linked", linked)
	}
}
