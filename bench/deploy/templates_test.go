package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	keyARN  = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	plugins = "/opt/tf-plugins"
)

// arnOf stands for the ARN that AWS gives to a resource.
func arnOf(name string) string { return "arn:aws:made:us-east-1:111122223333:" + name }

// A stack resolves what a template of CloudFormation refers to.
type stack struct {
	t          *testing.T
	values     map[string]any
	conditions map[string]any
}

// cloudFormation returns what the template makes.
func cloudFormation(t *testing.T) *fargate {
	t.Helper()
	text, err := yaml.YAMLToJSONStrict(read(t, "cloudformation/plantrail.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters map[string]struct{ Default any }
		Conditions map[string]any
		Resources  map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, conditions: template.Conditions, values: map[string]any{
		"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333", "AWS::NoValue": nil,
		"Task": arnOf("task-definition"), "TaskRole.Arn": arnOf("task"), "ExecutionRole.Arn": arnOf("execution"), "Cluster.Arn": arnOf("cluster"),
		"LogGroup": template.Resources["LogGroup"].Properties["LogGroupName"],
	}}
	for name, p := range template.Parameters {
		s.values[name] = p.Default
	}
	for name, value := range map[string]any{
		"Image": "registry.example.com/plantrail:v1.0.0", "ImageRepositoryArn": arnOf("repository"),
		"TrailSource": "s3://" + sourceBucket + "/" + sourcePrefix, "TrailBucket": sourceBucket, "TableBucket": tableBucket,
		"TrailKeyArn": keyARN, "TableKeyArn": keyARN,
	} {
		s.values[name] = value
	}
	f := &fargate{policies: map[string]policy{}, trusts: map[string]policy{}}
	for logical, name := range map[string]string{"TaskRole": "task", "ExecutionRole": "execution", "SchedulerRole": "scheduler"} {
		role := template.Resources[logical].Properties
		var trust policy
		recode(t, s.resolve(role["AssumeRolePolicyDocument"]), &trust)
		f.trusts[name] = trust
		for _, p := range role["Policies"].([]any) {
			var document policy
			recode(t, s.resolve(p.(map[string]any)["PolicyDocument"]), &document)
			f.policies[p.(map[string]any)["PolicyName"].(string)] = document
		}
	}
	containers := template.Resources["Task"].Properties["ContainerDefinitions"].([]any)
	f.container = lower(s.resolve(containers[0])).(map[string]any)
	f.filter = template.Resources["Success"].Properties["FilterPattern"].(string)
	return f
}

// resolve replaces references by what they stand for.
func (s *stack) resolve(node any) any {
	switch node := node.(type) {
	case []any:
		var all []any
		for _, n := range node {
			if n = s.resolve(n); n != nil {
				all = append(all, n)
			}
		}
		return all
	case map[string]any:
		for function, of := range node {
			switch function {
			case "Ref":
				return s.value(of.(string))
			case "Fn::GetAtt":
				return s.value(of.([]any)[0].(string) + "." + of.([]any)[1].(string))
			case "Fn::Sub":
				return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(of.(string), func(name string) string {
					return s.value(strings.Trim(name, "${}")).(string)
				})
			case "Fn::If":
				of := of.([]any)
				if s.holds(s.conditions[of[0].(string)]) {
					return s.resolve(of[1])
				}
				return s.resolve(of[2])
			}
		}
		all := map[string]any{}
		for name, n := range node {
			if n = s.resolve(n); n != nil {
				all[name] = n
			}
		}
		return all
	}
	return node
}

func (s *stack) value(name string) any {
	v, ok := s.values[name]
	if !ok {
		s.t.Fatalf("the template refers to %s, which is not there", name)
	}
	return v
}

// holds evaluates the form of condition that the template has: something is not
// empty.
func (s *stack) holds(condition any) bool {
	not := condition.(map[string]any)["Fn::Not"].([]any)
	equals := not[0].(map[string]any)["Fn::Equals"].([]any)
	return s.resolve(equals[0]) != equals[1]
}

// lower gives names the form that ECS has, where CloudFormation's begin with a
// capital.
func lower(node any) any {
	switch node := node.(type) {
	case []any:
		for i, n := range node {
			node[i] = lower(n)
		}
	case map[string]any:
		all := map[string]any{}
		for name, n := range node {
			all[strings.ToLower(name[:1])+name[1:]] = lower(n)
		}
		return all
	}
	return node
}

// filledIn has Terraform apply the module to a provider that makes nothing.
var filledIn = `
mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { name = "us-east-1" } }
  mock_resource "aws_ecs_cluster" { defaults = { arn = "` + arnOf("cluster") + `" } }
  mock_resource "aws_ecs_task_definition" { defaults = { arn = "` + arnOf("task-definition") + `" } }
  override_resource {
    target = aws_iam_role.task
    values = { arn = "` + arnOf("task") + `" }
  }
  override_resource {
    target = aws_iam_role.execution
    values = { arn = "` + arnOf("execution") + `" }
  }
  override_resource {
    target = aws_iam_role.scheduler
    values = { arn = "` + arnOf("scheduler") + `" }
  }
}
variables {
  image                = "registry.example.com/plantrail:v1.0.0"
  image_repository_arn = "` + arnOf("repository") + `"
  trail_source         = "s3://` + sourceBucket + "/" + sourcePrefix + `"
  trail_bucket         = "` + sourceBucket + `"
  trail_key_arn        = "` + keyARN + `"
  table_bucket         = "` + tableBucket + `"
  table_key_arn        = "` + keyARN + `"
  subnets              = ["subnet-0123456789abcdef0"]
  alarm_topic_arn      = "` + arnOf("topic") + `"
}
run "apply" {}
`

// module copies the Terraform module and makes it ready, or skips the test.
func module(t *testing.T) (run func(args ...string) []byte) {
	t.Helper()
	program, dir := tool(t, "terraform"), t.TempDir()
	if _, err := os.Stat(plugins); err != nil {
		t.Skipf("Terraform's provider for AWS is not in %s", plugins)
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(folder, "terraform"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "filled-in.tftest.hcl"), []byte(filledIn), 0o600); err != nil {
		t.Fatal(err)
	}
	run = func(args ...string) []byte {
		t.Helper()
		c := exec.CommandContext(t.Context(), program, args...)
		c.Dir = dir
		out, err := c.Output()
		if err != nil {
			t.Fatalf("terraform %s: %v: %s", strings.Join(args, " "), err, out)
		}
		return out
	}
	run("init", "-plugin-dir="+plugins, "-no-color")
	return run
}

var applied *fargate // what the module makes, which takes seconds to find out

// terraform returns what the module makes.
func terraform(t *testing.T) *fargate {
	t.Helper()
	if applied != nil {
		return applied
	}
	f := &fargate{policies: map[string]policy{}, trusts: map[string]policy{}}
	for line := range bytes.Lines(module(t)("test", "-json", "-verbose")) {
		var said struct {
			State struct {
				Root struct {
					Resources []struct {
						Type, Name string
						Values     map[string]any
					}
				} `json:"root_module"`
			} `json:"test_state"`
		}
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, r := range said.State.Root.Resources {
			text := func(name string) json.RawMessage { return json.RawMessage(r.Values[name].(string)) }
			var p policy
			switch r.Type {
			case "aws_iam_role":
				recode(t, text("assume_role_policy"), &p)
				f.trusts[r.Name] = p
			case "aws_iam_role_policy":
				recode(t, text("policy"), &p)
				f.policies[r.Values["name"].(string)] = p
			case "aws_ecs_task_definition":
				var containers []map[string]any
				recode(t, text("container_definitions"), &containers)
				f.container = containers[0]
			case "aws_cloudwatch_log_metric_filter":
				f.filter = r.Values["pattern"].(string)
			}
		}
	}
	applied = f
	return f
}

// The tools that know the languages find nothing wrong.
func TestTerraformValid(t *testing.T) {
	run := module(t)
	run("validate", "-no-color")
	for _, name := range []string{"main.tf", "roles.tf", "variables.tf"} {
		run("fmt", "-check", name)
	}
}

func TestCloudFormationValid(t *testing.T) {
	c := exec.CommandContext(t.Context(), tool(t, "cfn-lint"), filepath.Join(folder, "cloudformation", "plantrail.yaml"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v: %s", err, out)
	}
	if alias := regexp.MustCompile(`: [&*][A-Za-z]`).Find(read(t, "cloudformation/plantrail.yaml")); alias != nil {
		t.Errorf("CloudFormation reads no aliases: %s", alias)
	}
}
