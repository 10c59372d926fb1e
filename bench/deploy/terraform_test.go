package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const plugins = "/opt/tf-plugins"

// mocked has Terraform apply a module to a provider that makes nothing.
var mocked = `
mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { name = "us-east-1" } }
  mock_resource "aws_ecs_cluster" { defaults = { arn = "` + arnOf("cluster") + `" } }
  mock_resource "aws_ecs_task_definition" { defaults = { arn = "` + arnOf("task-definition") + `" } }
  mock_resource "aws_scheduler_schedule_group" { defaults = { arn = "` + arnOf("group") + `" } }
  mock_resource "aws_cloudwatch_event_rule" { defaults = { arn = "` + arnOf("rule") + `" } }
  mock_resource "aws_security_group" { defaults = { id = "` + madeGroup + `" } }
  mock_resource "aws_s3_bucket" { defaults = { id = "` + tableBucket + `" } }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "` + arnOf("queue") + `"
      id  = "` + madeQueue + `"
    }
  }
}
`

// ofMain has the roles of the main module told apart.
var ofMain = `
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
`

// modules copies the Terraform modules and makes them ready.
func modules(t *testing.T, program, test string) (run func(args ...string) []byte) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(folder, mainModule))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "filled-in.tftest.hcl"), []byte(test), 0o600); err != nil {
		t.Fatal(err)
	}
	run = func(args ...string) []byte {
		t.Helper()
		c := exec.CommandContext(t.Context(), program, args...)
		c.Dir = dir
		out, err := c.Output()
		if failed := new(exec.ExitError); errors.As(err, &failed) {
			t.Fatalf("terraform %s: %v: %s%s", strings.Join(args, " "), err, out, failed.Stderr)
		} else if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run("init", "-plugin-dir="+plugins, "-no-color")
	return run
}

// filledIn is a test of Terraform that applies the modules, once with each of the
// values, and tries what is refused.
func filledIn() string {
	var all strings.Builder
	all.WriteString(mocked)
	for name, given := range fillings {
		fmt.Fprintf(&all, "run %q {\n%s%s}\n", runOf(mainModule, name), ofMain, assigned(given))
	}
	for name, given := range sourceFillings {
		fmt.Fprintf(&all, "run %q {\n  module { source = \"./source-role\" }\n%s}\n", runOf(sourceModule, name), assigned(given))
	}
	return all.String() + expected()
}

// runOf is what a run of the test is called.
func runOf(module, filling string) string {
	return strings.NewReplacer("/", "_", " ", "_").Replace(module + "_" + filling)
}

// assigned gives variables values.
func assigned(given map[string]any) string {
	var all strings.Builder
	all.WriteString("  variables {\n")
	for _, variable := range slices.Sorted(maps.Keys(given)) {
		fmt.Fprintf(&all, "    %s = %s\n", variable, text(given[variable]))
	}
	return all.String() + "  }\n"
}

var applied map[string]*fargate // what the modules make, which takes long to find out; nil: not known yet

// terraform returns what a module makes.
func terraform(t *testing.T, module, filling string) *fargate {
	t.Helper()
	program := tool(t, "terraform")
	if _, err := os.Stat(plugins); err != nil {
		t.Skipf("Terraform's provider for AWS is not in %s", plugins)
	}
	if applied == nil {
		applied = map[string]*fargate{} // and if it fails, then once
		apply(t, program, applied)
	}
	f := applied[runOf(module, filling)]
	if f == nil {
		t.Fatalf("Terraform has not applied %s to %s: an earlier test says why", filling, module)
	}
	return f
}

// apply has Terraform apply the modules.
func apply(t *testing.T, program string, made map[string]*fargate) {
	t.Helper()
	run := modules(t, program, filledIn())
	for line := range bytes.Lines(run("test", "-json", "-verbose")) {
		var said struct {
			Run   string `json:"@testrun"`
			State *struct {
				Outputs map[string]any
				Root    struct {
					Resources []struct {
						Mode, Type, Name string
						Values           map[string]any
					}
				} `json:"root_module"`
			} `json:"test_state"`
		}
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if said.State == nil {
			continue
		}
		var all []thing
		for _, r := range said.State.Root.Resources {
			if r.Mode == "managed" {
				all = append(all, thing{kind: r.Type, name: r.Name, values: r.Values})
			}
		}
		f := newFargate(t, all, func(k *kind) (string, string, func(*field) string) {
			return k.tf, "", func(f *field) string { return f.tf }
		})
		f.outputs = slices.Collect(maps.Keys(said.State.Outputs))
		made[said.Run] = f
	}
}

// The modules are written as Terraform writes them; that they are valid, applying them
// shows.
func TestTerraformFormat(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), tool(t, "terraform"), "fmt", "-check", "-diff", "-recursive", filepath.Join(folder, mainModule)).Output()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
