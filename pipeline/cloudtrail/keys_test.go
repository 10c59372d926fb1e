package cloudtrail_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"plantrail/pipeline/cloudtrail"
)

// Keys come in pages: all are asked for, in the region and for the time wanted, and an
// empty token ends them. A page that fails is an error, not an end.
func TestPublicKeys(t *testing.T) {
	from := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		tokens []string // that pages end with
		fails  int      // the page that is refused; 0 for none
		want   int
	}{
		{name: "one page", tokens: []string{""}, want: 1},
		{name: "three pages", tokens: []string{"a", "b", ""}, want: 3},
		{name: "the second is refused", tokens: []string{"a", ""}, fails: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in struct {
					StartTime, EndTime float64
					NextToken          string
				}
				err := json.NewDecoder(r.Body).Decode(&in)
				switch before := strings.Join(append([]string{""}, test.tokens...)[asked:asked+1], ""); {
				case err != nil, in.NextToken != before, in.StartTime != float64(from.Unix()), in.EndTime != float64(from.Unix()+3600):
					t.Errorf("asked for %+v, %v; want the page after %q", in, err, before)
				case !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListPublicKeys"), !strings.Contains(r.Header.Get("Authorization"), "/eu-north-1/"):
					t.Errorf("asked %s, signed %s", r.Header.Get("X-Amz-Target"), r.Header.Get("Authorization"))
				}
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				if asked++; asked == test.fails {
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not you"}`)
					return
				}
				fmt.Fprintf(w, `{"PublicKeyList":[{"Value":%q,"Fingerprint":"%d","ValidityStartTime":0,"ValidityEndTime":1}],"NextToken":%q}`,
					base64.StdEncoding.EncodeToString([]byte("key")), asked, test.tokens[asked-1])
			}))
			defer server.Close()
			cfg := aws.Config{Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), BaseEndpoint: &server.URL}
			keys, err := cloudtrail.PublicKeys(t.Context(), cfg, "eu-north-1", from, from.Add(time.Hour))
			if test.fails > 0 {
				if err == nil || !strings.Contains(err.Error(), "in eu-north-1") || !strings.Contains(err.Error(), "not you") || keys != nil {
					t.Fatalf("%v, %v", keys, err)
				}
				return
			}
			if err != nil || len(keys) != test.want || asked != test.want {
				t.Fatalf("%d keys of %d pages, %v", len(keys), asked, err)
			}
			for i, k := range keys {
				if k.Fingerprint != fmt.Sprint(i+1) || string(k.Value) != "key" || k.To.Sub(k.From) != time.Second {
					t.Errorf("%+v", k)
				}
			}
		})
	}
}
