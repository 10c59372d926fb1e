package deploy_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plantrail/bench/s3server"
	"plantrail/pipeline/digest/digesttest"
)

// Services are STS and CloudTrail, as far as the program asks them. They note in a
// recorder who asks for what.
type services struct {
	recorder *recorder
	role     s3server.Account // what a role's credentials are
	endpoint string
}

// serve starts services that give the credentials of an account to who assumes a
// role.
func serve(t *testing.T, r *recorder, role s3server.Account) *services {
	t.Helper()
	s := &services{recorder: r, role: role}
	front := httptest.NewServer(s)
	t.Cleanup(front.Close)
	s.endpoint = front.URL
	return s
}

// env has the program ask the services.
func (s *services) env() []string {
	return []string{"AWS_ENDPOINT_URL_STS=" + s.endpoint, "AWS_ENDPOINT_URL_CLOUDTRAIL=" + s.endpoint}
}

// ServeHTTP implements [http.Handler].
func (s *services) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	form, _ := url.ParseQuery(string(body))
	_, target, _ := strings.Cut(in.Header.Get("X-Amz-Target"), "CloudTrail_20131101.")
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case form.Get("Action") == "GetCallerIdentity": // everybody may, of himself
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
			map[bool]string{true: "444455556666", false: "111122223333"}[whoAsks(in) == s.role.ID])
	case form.Get("Action") == "AssumeRole":
		s.recorder.ask(in, request{action: "sts:AssumeRole", resource: form.Get("RoleArn")})
		if form.Get("ExternalId") != "plantrail-111122223333" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		secret := regexp.MustCompile(`AWS_SECRET_ACCESS_KEY=(\S+)`).FindStringSubmatch(strings.Join(s.role.Env(), "\n"))[1]
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>`+
			`<SessionToken></SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
			s.role.ID, secret, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	case target == "LookupEvents":
		s.recorder.ask(in, request{action: "cloudtrail:LookupEvents", resource: "*"})
		fmt.Fprint(w, `{"Events":[]}`)
	case target == "ListPublicKeys":
		s.recorder.ask(in, request{action: "cloudtrail:ListPublicKeys", resource: "*"})
		signer, _ := digesttest.Signers()
		key := signer.Key()
		text, _ := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{
			"Fingerprint": key.Fingerprint, "Value": base64.StdEncoding.EncodeToString(key.Value),
			"ValidityStartTime": key.From.Unix(), "ValidityEndTime": key.To.Unix(),
		}}})
		_, _ = w.Write(text)
	default:
		s.recorder.other(in.Method + " " + in.Header.Get("X-Amz-Target") + form.Get("Action"))
		w.WriteHeader(http.StatusBadRequest)
	}
}

// whoAsks returns the key that signed a request; "" if none did.
func whoAsks(in *http.Request) string {
	who := regexp.MustCompile(`Credential=([^/]+)/`).FindStringSubmatch(in.Header.Get("Authorization"))
	if who == nil {
		return ""
	}
	return who[1]
}
