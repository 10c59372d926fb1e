package schema_test

import (
	"testing"

	"plantrail/schema"
)

func TestPerson(t *testing.T) {
	for actor, want := range map[string]string{
		"AWSReservedSSO_BillingAdmin_0123456789abcdef/alice@example.com":  "alice@example.com (BillingAdmin)",
		"AWSReservedSSO_Billing_Admin_0123456789abcdef/alice@example.com": "alice@example.com (Billing_Admin)",
		"AWSReservedSSO_BillingAdmin_0123456789abcdef/a/b":                "a/b (BillingAdmin)",
		"AWSReservedSSO_BillingAdmin_0123456789abcdef":                    "AWSReservedSSO_BillingAdmin_0123456789abcdef",
		"AWSReservedSSO_BillingAdmin_0123456789abcdef/":                   "AWSReservedSSO_BillingAdmin_0123456789abcdef/",
		"AWSReservedSSO_BillingAdmin/alice":                               "AWSReservedSSO_BillingAdmin/alice",
		"AWSReservedSSO__0123456789abcdef/alice":                          "AWSReservedSSO__0123456789abcdef/alice",
		"Admin/janedoe":                                                   "Admin/janedoe",
		"root":                                                            "root",
		"":                                                                "",
	} {
		if got := schema.Person(actor); got != want {
			t.Errorf("of %q it made %q, want %q", actor, got, want)
		}
	}
}
