package repository_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const root = "../.."

// What jobs may do beside reading the repository.
var mayWrite = map[string]string{
	"release.yml/release": "attestations contents id-token packages",
}

// A workflow, as far as these tests look at it.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Uses        string
		Timeout     int `json:"timeout-minutes"`
		Permissions map[string]string
		Steps       []struct {
			Uses string
			Run  string
			With map[string]any
		}
	}
}

// Each workflow is sound.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(root + "/.github/workflows/*")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(filepath.Base(file), string(text)) {
			t.Errorf("%s: %s", filepath.Base(file), fault)
		}
	}
}

// An action has one version everywhere, and so has each tool that one installs.
func TestWorkflowsAgree(t *testing.T) {
	files, err := filepath.Glob(root + "/.github/workflows/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)uses: ([^@\s]+)@(.*)$|^\s+(version|syft-version|go-version|GO_VERSION): ([v"][^$#]*?)(?: #.*)?$`).FindAllStringSubmatch(string(text), -1) {
			key, value := m[1]+strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(m[3], "_", "-"), "go-")), m[2]+m[4]
			if strings.HasPrefix(strings.ToLower(m[3]), "go") {
				key = "go"
			}
			if before, ok := seen[key]; ok && before != value {
				t.Errorf("%s is %s and %s", key, before, value)
			}
			seen[key] = value
		}
	}
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for key, tool := range map[string]string{"version": "goreleaser/v2", "syft-version": "syft/cmd/syft"} {
		if seen[key] == "" || !strings.Contains(string(makefile), tool+"@"+seen[key]+"\n") {
			t.Errorf("a release is made with %s %q, and the Makefile tries another", tool, seen[key])
		}
	}
	module, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module); seen["go"] != fmt.Sprintf("%q", want[1]) {
		t.Errorf("workflows build with Go %s, go.mod says %s", seen["go"], want[1])
	}
}

var (
	pinned  = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)+$`)
	targets = regexp.MustCompile(`(?m)^([a-z-]+):`)
)

// faults tells what is wrong with a workflow.
func faults(name, text string) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return []string{err.Error()}
	}
	if w.Permissions == nil {
		say("it does not say what it may do")
	}
	for what, may := range w.Permissions {
		if may != "read" && may != "none" {
			say("all its jobs may %s %s", may, what)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		used, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "- "), "uses: ")
		switch local, _ := strings.CutPrefix(used, "./"); {
		case !ok:
		case local != used:
			if _, err := os.Stat(filepath.Join(root, local)); err != nil {
				say("%v", err)
			}
		case !pinned.MatchString(used):
			say("not pinned by a commit with its version beside it: %s", used)
		}
	}
	if len(w.Jobs) == 0 {
		say("it has no job")
	}
	for job, j := range w.Jobs {
		if j.Uses == "" && j.Timeout == 0 {
			say("%s may run for ever", job)
		}
		var writes []string
		for what, may := range j.Permissions {
			if may == "write" {
				writes = append(writes, what)
			}
		}
		slices.Sort(writes)
		if got, want := strings.Join(writes, " "), mayWrite[name+"/"+job]; got != want {
			say("%s may write %q, and should %q", job, got, want)
		}
		for _, step := range j.Steps {
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				say("%s leaves its token in the checkout", job)
			}
			for _, file := range strings.Fields(fmt.Sprint(step.With["cache-dependency-path"])) {
				if _, err := os.Stat(filepath.Join(root, file)); err != nil && file != "<nil>" {
					say("%s: %v", job, err)
				}
			}
			if strings.Contains(step.Run, "${{") {
				say("%s puts an expression into a script: %s", job, step.Run)
			}
			for _, fault := range missing(step.Run) {
				say("%s: %s", job, fault)
			}
		}
	}
	slices.Sort(all)
	return all
}

// missing tells which make targets and files of the repository that a script names
// are not there. What a release makes is in dist.
func missing(script string) (all []string) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return []string{err.Error()}
	}
	var known []string
	for _, m := range targets.FindAllStringSubmatch(string(makefile), -1) {
		known = append(known, m[1])
	}
	words := strings.Fields(script)
	for i, word := range words {
		switch {
		case i > 0 && words[i-1] == "make" && !slices.Contains(known, word):
			all = append(all, "there is no make "+word)
		case regexp.MustCompile(`^\.?[\w.-]*/[\w./-]+\.\w+$`).MatchString(word) && !strings.HasPrefix(word, "dist/"):
			if _, err := os.Stat(filepath.Join(root, word)); err != nil {
				all = append(all, err.Error())
			}
		}
	}
	return all
}

// What is found is found: a sound workflow has no fault, and each way to spoil it one.
func TestFaults(t *testing.T) {
	const sound = `on: push
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-go@4a3601121dd01d1626a1e23e37211e3254c1c06c # v6.4.0
        with:
          cache-dependency-path: go.sum
      - run: make check
  again:
    uses: ./.github/workflows/ci.yml
`
	if all := faults("x.yml", sound); len(all) > 0 {
		t.Fatal(all)
	}
	for _, test := range []struct{ name, old, with, want string }{
		{"tag", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6", "not pinned"},
		{"short commit", "de0fac2e4500dabe0009e67214ff5f5447ce83dd", "de0fac2", "not pinned"},
		{"no version", " # v6.0.2", "", "not pinned"},
		{"no permissions", "permissions:\n  contents: read\n", "", "does not say what it may do"},
		{"all may write", "contents: read", "contents: write", "all its jobs may write contents"},
		{"a job may write", "    timeout-minutes: 5", "    permissions: {packages: write}\n    timeout-minutes: 5", `check may write "packages"`},
		{"no end", "    timeout-minutes: 5\n", "", "check may run for ever"},
		{"token", "persist-credentials: false", "persist-credentials: true", "leaves its token"},
		{"no target", "make check", "make chekc", "there is no make chekc"},
		{"no file", "make check", "sh ./nowhere/x.sh", "no such file"},
		{"no module", "go.sum", "gone.sum", "no such file"},
		{"no workflow", "ci.yml", "gone.yml", "no such file"},
		{"injection", "make check", "echo ${{ github.head_ref }}", "puts an expression"},
		{"not YAML", "on: push", "on: [", "yaml"},
		{"no job", sound[strings.Index(sound, "jobs:"):], "", "no job"},
	} {
		t.Run(test.name, func(t *testing.T) {
			spoilt := strings.Replace(sound, test.old, test.with, 1)
			if all := faults("x.yml", spoilt); !strings.Contains(strings.Join(all, "\n"), test.want) {
				t.Errorf("%q, want %s", all, test.want)
			}
		})
	}
}

// Dependabot watches each place where versions are pinned.
func TestDependabot(t *testing.T) {
	text, err := os.ReadFile(root + "/.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string `json:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	var watched []string
	for _, update := range config.Updates {
		for _, dir := range append(update.Directories, update.Directory) {
			if dir != "" {
				watched = append(watched, update.Ecosystem+" "+dir)
			}
		}
	}
	for _, want := range []string{"github-actions /", "gomod /", "gomod /bench"} {
		if !slices.Contains(watched, want) {
			t.Errorf("nothing watches %s, only %q", want, watched)
		}
	}
}
