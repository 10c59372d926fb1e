package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// written are the commands of a text: in code, or on lines of their own.
func written(text string) []string {
	var all []string
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, m := range regexp.MustCompile("`([^`\n]+)`|(?m)^ {4,}(\\S.*)$").FindAllStringSubmatch(text, -1) {
		for part := range strings.SplitSeq(m[1]+m[2], "&&") {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

// Every command of plantrail in the READMEs has flags that there are, and those of aws and
// kubectl name files that are there. kubectl can read the manifests.
func TestReadmeCommands(t *testing.T) {
	found := map[string]int{}
	for _, name := range []string{"README.md", "terraform/README.md"} {
		for _, command := range written(string(read(t, name))) {
			words := strings.Fields(command)
			if len(words) < 2 {
				continue
			}
			switch words[0] {
			case "plantrail", "verify", "run":
				if words[0] == "plantrail" {
					words = words[1:]
				}
				checkFlags(t, command, words)
			case "kubectl", "aws":
				checkFiles(t, command)
			default:
				continue
			}
			found[words[0]]++
		}
	}
	for _, program := range []string{"aws", "kubectl"} {
		if found[program] == 0 {
			t.Errorf("no command of %s was found", program)
		}
	}
	checkKubectl(t)
}

// checkFlags checks that a command of plantrail knows its flags.
func checkFlags(t *testing.T, command string, words []string) {
	t.Helper()
	_, help := run(t, nil, words[0], "--help")
	for _, word := range words[1:] {
		if flag, _, _ := strings.Cut(word, "="); strings.HasPrefix(flag, "--") && !regexp.MustCompile(regexp.QuoteMeta(flag)+`\b`).MatchString(help) {
			t.Errorf("%s: plantrail %s has no flag %s", command, words[0], flag)
		}
	}
}

// checkFiles checks that the files of the folder that a command names are there.
func checkFiles(t *testing.T, command string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?:file://|-f |--template-file )(\S+)`).FindAllStringSubmatch(command, -1) {
		if _, err := os.Stat(path.Join(folder, m[1])); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// checkKubectl has kubectl read the manifests, where it is there: what it makes of them
// without a cluster.
func checkKubectl(t *testing.T) {
	program, err := exec.LookPath("kubectl")
	if err != nil {
		return
	}
	files, err := fs.Glob(os.DirFS(folder), "kubernetes/*.yaml")
	if err != nil || !slices.Contains(files, "kubernetes/nightly.yaml") {
		t.Fatalf("%v, error %v", files, err)
	}
	for _, file := range files {
		c := exec.CommandContext(t.Context(), program, "label", "--local", "-f", path.Join(folder, file), "tried=yes", "-o", "name")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", file, err, out)
		}
	}
}
