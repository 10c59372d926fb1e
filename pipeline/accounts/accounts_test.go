package accounts_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"plantrail/pipeline/accounts"
)

func TestParse(t *testing.T) {
	const listed = `{"Accounts": [
    {"Id": "111122223333", "Arn": "arn:aws:organizations::111122223333:account/o-abc/111122223333", "Email": "a@example.com", "Name": "prod, EU", "Status": "ACTIVE", "JoinedTimestamp": 1.5},
    {"Id": "444455556666", "Name": "Entwicklung \u00fc", "Status": "SUSPENDED"}
]}`
	const both = "map[111122223333:prod, EU 444455556666:Entwicklung ü]"
	for _, test := range []struct{ name, text, want string }{
		{"as AWS prints it", listed, both},
		{"page by page", `{"Accounts":[{"Id":"111122223333","Name":"prod, EU"}],"NextToken":"x"}` + "\n" + `{"Accounts":[{"Id":"444455556666","Name":"Entwicklung ü"}]}`, both},
		{"the array", `[{"Id":"111122223333","Name":"prod, EU"},{"Id":"444455556666","Name":"Entwicklung ü"}]`, both},
		{"with a byte order mark", "\ufeff" + listed, both},
		{"UTF-16", wide(listed, binary.LittleEndian), both},
		{"UTF-16, the other way round", wide(listed, binary.BigEndian), both},
		{"CSV", "111122223333,\"prod, EU\"\n444455556666,Entwicklung ü\n", both},
		{"CSV with a header", "Account name,Email,Account ID\r\n\"prod, EU\",a@example.com,111122223333\r\nEntwicklung ü,,444455556666\r\n", both},
		{"CSV with semicolons", "id;name\n111122223333;prod, EU\n444455556666;Entwicklung ü", both},
		{"CSV with tabs", "111122223333\tprod\n", "map[111122223333:prod]"},
		{"zeros that a spreadsheet left out", "account_id,name\n1234567890,prod\n", "map[001234567890:prod]"},
		{"only IDs", "111122223333\n444455556666\n", "map[111122223333: 444455556666:]"},
		{"a comment", "# ours\n111122223333, prod\n", "map[111122223333:prod]"},
		{"twice the same", "111122223333,prod\n111122223333,prod\n111122223333,\n", "map[111122223333:prod]"},

		{"nothing", " \n", "empty: no list of accounts"},
		{"two names", "111122223333,prod\n111122223333,test\n", `account 111122223333 has two names, "prod" and "test"`},
		{"no ID", "id,name\n1.11122E+11,prod\n", `"1.11122E+11" is no account's ID: write its 12 digits`},
		{"a header without an ID", "name,email\nprod,a@example.com\n", "no list of accounts"},
		{"as text", "ACCOUNTS\tarn:aws:x\ta@example.com\t111122223333\tINVITED\n", "no list of accounts: write what aws organizations list-accounts --output json prints"},
		{"YAML", "Accounts:\n- Arn: x\n  Id: '111122223333'\n", "no list of accounts"},
		{"cut off", listed[:len(listed)-5], "not whole"},
		{"other JSON", `{"Roots":[]}`, "no list of accounts"},
		{"an object of objects", `{"Accounts":{"111122223333":{}}}`, "no list of accounts"},
		{"an ID that is a number", `[{"Id":111122223333}]`, "no list of accounts"},
		{"Latin-1", "111122223333,Entwicklung \xfc\n", "not in UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			names, err := accounts.Parse([]byte(test.text))
			got := fmt.Sprint(map[string]string(names))
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func wide(text string, order binary.AppendByteOrder) string {
	out := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"Accounts":[{"Id":"111122223333","Name":"x"}]}`))
	f.Add([]byte("id,name\n111122223333,x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		names, err := accounts.Parse(text)
		if err != nil {
			return
		}
		for id := range names {
			if len(id) != 12 {
				t.Errorf("%q", id)
			}
		}
	})
}
