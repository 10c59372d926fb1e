package main_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// marker stands for what must not be in a log.
const marker = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// Neither credentials nor what callers sent gets into log lines or summaries,
// also when it is what a run fails on.
func TestNoSecretsInLogs(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		if r.Form.Get("Action") == "AssumeRole" && r.Form.Get("ExternalId") != marker {
			t.Errorf("external ID %q did not arrive", r.Form.Get("ExternalId"))
		}
		http.Error(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>", http.StatusForbidden)
	}))
	defer refusing.Close()
	for name, test := range map[string]struct {
		source string
		want   string // that says the run came to where it should
	}{
		"role refused":      {"s3://trail?role_arn=arn:aws:iam::111122223333:role/reader&external_id=" + marker, "assume arn:aws:iam::111122223333:role/reader"},
		"parameter refused": {"s3://trail?role_arn=r&external_id=" + marker + "&colour=red", `unknown parameter "colour"`},
		"bucket refused":    {"s3://trail?path_style=true&region=us-east-1&expected_owner=111122223333&endpoint=" + refusing.URL, "access denied"},
		"events":            {markedTrail(t), "quarantined=4 "},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"text", "json"} {
				run := exec.Command("plantrail", "run", "--source", test.source, "--table", t.TempDir(), "--log-format", format)
				run.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY="+marker, "AWS_SESSION_TOKEN="+marker,
					"AWS_ENDPOINT_URL_STS="+refusing.URL, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
				output, err := run.CombinedOutput()
				if err == nil || bytes.Contains(output, []byte(marker)) {
					t.Errorf("%v: %s", err, output)
				}
				if format == "text" && !bytes.Contains(output, []byte(test.want)) {
					t.Errorf("it never came to %s: %s", test.want, output)
				}
			}
		})
	}
}

// markedTrail returns a folder of log files with marked events: good ones, and
// broken ones of each kind.
func markedTrail(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	event := `"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","userAgent":"MARK","userIdentity":"MARK","requestParameters":{"x":"MARK"}`
	for name, text := range map[string]string{
		"good":      `{"Records":[{` + event + `,"eventTime":"2024-03-01T00:00:00Z"}]}`,
		"timeless":  `{"Records":[{` + event + `,"eventTime":"MARK"}]}`,
		"malformed": `{"Records":[{` + event + `,"eventTime":"2024-03-01T00:00:00Z" MARK}]}`,
		"cut":       `{"Records":[{` + event,
		"other":     `{"Records":"supportplans MARK"}`,
	} {
		file := filepath.Join(folder, "111122223333_CloudTrail_us-west-2_20240301T0005Z_"+name+".json")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "MARK", marker)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
