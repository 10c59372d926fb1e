package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plantrail/pipeline/history/historytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plantrail": main})
}

// serveHistory has Event history of one account, and credentials for it.
func serveHistory(t *testing.T, e *testscript.Env) {
	server := historytest.New(t)
	server.Deny["444455556666"] = true
	at := time.Now().UTC().AddDate(0, 0, -1).Truncate(time.Second)
	text := fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","eventTime":%q,"eventID":"a",`+
		`"awsRegion":"us-west-2","recipientAccountId":"111122223333","requestParameters":{"update":{"supportLevel":"ENTERPRISE"}}}`, at.Format(time.RFC3339))
	server.Add(historytest.Place{Account: "111122223333", Region: "us-west-2"},
		historytest.Event{ID: "a", Source: "supportplans.amazonaws.com", Name: "StartSupportPlanUpdate", At: at, Text: text})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIA111122223333", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		e.Setenv(name, value)
	}
}

// The command line, as scripts that say what is typed and what comes back.
func TestScripts(t *testing.T) {
	trail, err := filepath.Abs("testdata/trail")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TRAIL", trail)
			e.Setenv("SIGNED", filepath.Join(e.WorkDir, "signed"))
			switch filepath.Base(e.WorkDir) {
			case "script-verify":
				return writeSigned(e.WorkDir)
			case "script-lookup":
				serveHistory(t, e)
			}
			return nil
		},
	})
}
