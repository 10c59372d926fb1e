package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plantrail": main})
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
			if filepath.Base(e.WorkDir) == "script-verify" {
				return writeSigned(e.WorkDir)
			}
			return nil
		},
	})
}
