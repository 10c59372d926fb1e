package deploy_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// A fargate is what a template for ECS Fargate makes, filled in with the names
// that the folder's policies have.
type fargate struct {
	policies  map[string]policy // by name
	trusts    map[string]policy // by the role's name
	container map[string]any    // with the names that ECS has
	filter    string            // the pattern of the alarm's metric
}

// templates checks what both templates make. Where there is no Terraform, its
// part is skipped.
func templates(t *testing.T, check func(*testing.T, *fargate)) {
	t.Run("CloudFormation", func(t *testing.T) { check(t, cloudFormation(t)) })
	t.Run("Terraform", func(t *testing.T) { check(t, terraform(t)) })
}

// The task may do exactly what the policies say, and the roles trust whom they
// trust.
func TestFargateRoles(t *testing.T) {
	templates(t, func(t *testing.T, f *fargate) {
		for name, want := range map[string]policy{
			"read-sources": readPolicy(t, "iam/read-sources.json"),
			"write-table":  readPolicy(t, "iam/write-table.json"),
		} {
			if got := f.policies[name]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\n%+v\nwant\n%+v", name, got, want)
			}
		}
		for name, file := range map[string]string{
			"task": "iam/trust-batch.json", "execution": "iam/trust-batch.json", "scheduler": "iam/trust-scheduler.json",
		} {
			if got, want := f.trusts[name], readPolicy(t, file); !reflect.DeepEqual(got, want) {
				t.Errorf("trust of %s:\n%+v\nwant\n%+v", name, got, want)
			}
		}
		if len(f.policies) != 4 || len(f.trusts) != 3 {
			t.Errorf("%d policies and %d roles, want 4 and 3", len(f.policies), len(f.trusts))
		}
	})
}

// The schedule may run the task and hand it its two roles, Fargate may pull the
// image and write the log, and neither may do anything else.
func TestFargateLeast(t *testing.T) {
	templates(t, func(t *testing.T, f *fargate) {
		for name, want := range map[string][]string{
			"run-nightly": {"ecs:RunTask", "iam:PassRole"},
			"pull-and-log": {
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
				"logs:CreateLogStream", "logs:PutLogEvents",
			},
		} {
			actions := map[string]bool{}
			for _, s := range f.policies[name].Statement {
				for _, action := range s.Action {
					actions[action] = true
				}
				if slices.Contains(s.Resource, "*") && !slices.Equal(s.Action, []string{"ecr:GetAuthorizationToken"}) {
					t.Errorf("%s: %s of everything", name, s.Action)
				}
			}
			if got := slices.Sorted(maps.Keys(actions)); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		run := f.policies["run-nightly"].Statement
		if len(run) != 2 || !slices.Equal(run[0].Resource, []string{arnOf("task-definition")}) || run[0].Condition["ArnEquals"]["ecs:cluster"][0] != arnOf("cluster") {
			t.Fatalf("the schedule may run %+v", run)
		}
		if !slices.Equal(run[1].Resource, []string{arnOf("task"), arnOf("execution")}) ||
			run[1].Condition["StringEquals"]["iam:PassedToService"][0] != "ecs-tasks.amazonaws.com" {
			t.Errorf("the schedule may hand on %+v", run[1])
		}
	})
}

// Both templates run one container, which is Batch's in all but its log group.
func TestFargateContainer(t *testing.T) {
	templates(t, func(t *testing.T, f *fargate) {
		got := containerOf(t, f)
		if want := batchCall(t); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		if f.container["readonlyRootFilesystem"] != true || f.container["user"] != "65532:65532" {
			t.Error("the container runs as root, or may write anywhere")
		}
		log, _ := f.container["logConfiguration"].(map[string]any)
		options, _ := log["options"].(map[string]any)
		if options["awslogs-group"] != "/plantrail/nightly" {
			t.Errorf("the alarm does not read %v", options)
		}
	})
}

// The alarm's filter counts the runs that end with exit code 0, and no other:
// what the program says is put to it.
func TestFargateFilter(t *testing.T) {
	server, execute := start(t), run
	templates(t, func(t *testing.T, f *fargate) {
		c := containerOf(t, f)
		c.env["PLANTRAIL_TABLE"] += "/" + t.Name()
		args, env := c.in(t, t.TempDir(), server.Endpoint(), server)
		_, said := execute(t, env, args...)
		broken := regexp.MustCompile(`"msg":"quarantined".*"key":"([^"]+)"`).FindStringSubmatch(said)
		if broken == nil {
			t.Fatalf("no log file is quarantined: %s", said)
		}
		file := filepath.Join(t.TempDir(), "known-bad")
		if err := os.WriteFile(file, []byte(broken[1]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		known := "PLANTRAIL_KNOWN_BAD=" + file
		missing := "PLANTRAIL_SOURCE=s3://" + sourceBucket + "/missing\ns3://amzn-s3-demo-source-bucket2/AWSLogs"
		for name, run := range map[string]struct {
			env  []string
			code int
		}{
			"quarantined": {env, exitIncomplete},
			"complete":    {append(slices.Clone(env), known), 0},
			"unreachable": {append(slices.Clone(env), known, missing), exitIncomplete},
		} {
			code, said := execute(t, run.env, args...)
			if code != run.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, code, run.code, said)
			}
			if n := matching(t, f.filter, said); (n == 1) != (code == 0) || n > 1 {
				t.Errorf("%s: exit code %d, %d lines are counted of\n%s", name, code, n, said)
			}
		}
	})
}

// matching counts lines that fit a pattern of CloudWatch Logs, as far as ours
// uses the language: fields compared with a text or with TRUE, all of which hold.
func matching(t *testing.T, pattern, lines string) int {
	t.Helper()
	terms := regexp.MustCompile(`\(\$\.(\w+) (?:= "(\w+)"|IS (TRUE))\)`).FindAllStringSubmatch(pattern, -1)
	if rest := regexp.MustCompile(`\(\$\.(\w+) (?:= "(\w+)"|IS (TRUE))\)`).ReplaceAllString(pattern, "x"); rest != "{ x && x }" || len(terms) != 2 {
		t.Fatalf("pattern %s is more than is read here", pattern)
	}
	n := 0
	for line := range bytes.Lines([]byte(lines)) {
		var fields map[string]any
		if json.Unmarshal(line, &fields) != nil {
			continue
		}
		if !slices.ContainsFunc(terms, func(term []string) bool {
			return term[3] == "" && fields[term[1]] != term[2] || term[3] != "" && fields[term[1]] != true
		}) {
			n++
		}
	}
	return n
}

// tool returns the path of a validator, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not on this machine", name)
	}
	return path
}

// containerOf is the call of the container.
func containerOf(t *testing.T, f *fargate) call {
	t.Helper()
	var c struct {
		Command     []string
		Environment []struct{ Name, Value string }
	}
	recode(t, f.container, &c)
	env := map[string]string{}
	for _, v := range c.Environment {
		env[v.Name] = v.Value
	}
	return call{args: c.Command, env: env}
}

// recode decodes one value as another's type, strictly where it is a policy.
func recode(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, ok := into.(*policy); ok {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(into); err != nil && err != io.EOF {
		t.Fatalf("%s: %v", text, err)
	}
}
