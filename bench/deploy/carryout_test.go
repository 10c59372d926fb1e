package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"plantrail/bench/s3server"
	"plantrail/pipeline"
)

// A call is how a file has the program run.
type call struct {
	args    []string
	env     map[string]string
	sources string // what sourcesFile holds, if env names it
}

// containerCall is the call of a pod.
func containerCall(m *manifests, c *corev1.Container) call {
	env := map[string]string{}
	for _, v := range c.Env {
		env[v.Name] = v.Value
		if v.ValueFrom != nil {
			env[v.Name] = m.config.Data[v.ValueFrom.ConfigMapKeyRef.Key]
		}
	}
	return call{args: c.Args, env: env, sources: m.config.Data["sources"]}
}

// in returns arguments and variables of the call for this machine: folders that
// are made for the program become dir, and S3 is at an endpoint.
func (c call) in(t *testing.T, dir, endpoint string, server *s3server.Server) (args, env []string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "sources"), []byte(c.sources), 0o600); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer(sourcesFile, filepath.Join(dir, "sources"), "/var/lib/plantrail", dir, "/run/plantrail", dir)
	for name, value := range c.env {
		if name != "TMPDIR" {
			env = append(env, name+"="+here.Replace(value))
		}
	}
	return c.args, append(append(env, server.Env()...), "AWS_ENDPOINT_URL_S3="+endpoint)
}

// calls are all files that have the program run.
func calls(t *testing.T) map[string]call {
	m := readManifests(t)
	all := map[string]call{"systemd": systemdCall(t, "systemd/plantrail.service"), "Batch": batchCall(t), "Fargate": containerOf(t, cloudFormation(t, mainTemplate, least))}
	for name, job := range m.jobs() {
		if name != "verify" {
			all["Kubernetes "+name] = containerCall(m, &job.Template.Spec.Containers[0])
		}
	}
	return all
}

// verifyCalls are all files that have verify run.
func verifyCalls(t *testing.T) map[string]call {
	m := readManifests(t)
	byBatch, byFargate := batchCall(t), containerOf(t, cloudFormation(t, mainTemplate, least))
	byBatch.args = submitted(t, "batch/verify.json").ContainerOverrides.Command
	var over struct{ ContainerOverrides struct{ Command []string } }
	for _, s := range cloudFormation(t, mainTemplate, all).made["aws_scheduler_schedule"] {
		if s["Name"] == "plantrail-verify" {
			recode(t, s["Target.Input"], &over)
		}
	}
	byFargate.args = over.ContainerOverrides.Command
	return map[string]call{
		"systemd": systemdCall(t, "systemd/plantrail-verify.service"), "Batch": byBatch, "Fargate": byFargate,
		"Kubernetes": containerCall(m, &m.verify.Spec.JobTemplate.Spec.Template.Spec.Containers[0]),
	}
}

// What each file has verify do can be done: of a trail that is whole, all of two days is
// proven.
func TestVerifyCalls(t *testing.T) {
	server := s3server.Start(t)
	server.CreateBucket(t, sourceBucket)
	server.CreateBucket(t, tableBucket)
	day := time.Now().UTC().Truncate(24 * time.Hour)
	putSignedFrom(t, server, sourceBucket, day.AddDate(0, 0, -2).Add(-43*time.Minute), 49+int(time.Since(day).Hours()))
	r, endpoint := record(t, server.Endpoint())
	services := serve(t, r, server.AddAccount(t)).env()
	night := batchCall(t)
	args, env := night.in(t, t.TempDir(), endpoint, server)
	if code, said := run(t, env, args...); code != 0 {
		t.Fatalf("the run: exit code %d: %s", code, said)
	}
	for name, c := range verifyCalls(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			args, env := c.in(t, dir, endpoint, server)
			for i, arg := range args {
				args[i] = strings.NewReplacer("/var/lib/plantrail", dir, "/run/plantrail", dir).Replace(arg)
			}
			if args[0] != "verify" {
				t.Fatalf("runs %s", args)
			}
			if code, said := run(t, append(env, services...), args...); code != 0 {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
}

// The sources that files have as comments can be read as well: of another account by its
// role, and Event history.
func TestCommentedSources(t *testing.T) {
	server := start(t)
	other := server.AddAccount(t)
	r, endpoint := record(t, server.Endpoint())
	services := serve(t, r, other).env()
	putSigned(t, server, "amzn-s3-demo-source-bucket2")
	server.SetPolicy(t, "amzn-s3-demo-source-bucket2", other, s3server.Rule{Action: "s3:ListBucket"}, s3server.Rule{Action: "s3:GetObject", Objects: "*"})
	comment := regexp.MustCompile(`(?m)^# ((?:s3|cloudtrail)://)`)
	for name, c := range calls(t) {
		if c.sources == "" || c.env["PLANTRAIL_SHARDS"] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if !comment.MatchString(c.sources) {
				t.Fatalf("no source is a comment: %s", c.sources)
			}
			c.sources = comment.ReplaceAllString(c.sources, "$1")
			c.env["PLANTRAIL_TABLE"] += "/commented-" + strings.ReplaceAll(name, " ", "-")
			args, env := c.in(t, t.TempDir(), endpoint, server)
			code, said := run(t, append(env, services...), args...)
			if code != exitIncomplete || !regexp.MustCompile(`\bunreachable"?[=:]0\b`).MatchString(said) {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
	for _, asked := range r.asked {
		if asked[request{action: "cloudtrail:LookupEvents", resource: "*"}] {
			return
		}
	}
	t.Error("nobody has looked Event history up")
}

// start runs a server with the sample trail and an empty table, where the files
// say that they are.
func start(t *testing.T) *s3server.Server {
	t.Helper()
	server := s3server.Start(t)
	server.CreateBucket(t, sourceBucket)
	server.CreateBucket(t, tableBucket)
	server.PutTree(t, sourceBucket, "", sample)
	return server
}

// What each file has the program do can be done: the sample trail is read, and
// one log file of it is quarantined.
func TestCalls(t *testing.T) {
	server := start(t)
	for name, c := range calls(t) {
		t.Run(name, func(t *testing.T) {
			checkVariables(t, slices.Collect(maps.Keys(c.env)))
			c.env["PLANTRAIL_TABLE"] += "/" + strings.ReplaceAll(name, " ", "-")
			if c.env["PLANTRAIL_SHARDS"] != "" {
				return // TestShards carries it out
			}
			report := carryOut(t, server, c)
			if report.Read == 0 || report.RowsAdded != 8 || len(report.Quarantined) != 1 {
				t.Errorf("read %d, %d rows added, quarantined %v", report.Read, report.RowsAdded, report.Quarantined)
			}
		})
	}
}

// carryOut runs a call to its end and returns the report.
func carryOut(t *testing.T, server *s3server.Server, c call) *pipeline.Report {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	args, env := c.in(t, dir, server.Endpoint(), server)
	code, said := run(t, append(env, "PLANTRAIL_REPORT="+name), args...)
	if code != 0 && code != exitIncomplete {
		t.Fatalf("exit code %d: %s", code, said)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	report := new(pipeline.Report)
	if err := json.Unmarshal(text, report); err != nil {
		t.Fatal(err)
	}
	return report
}

// The shards of both backfills list every log file once.
func TestShards(t *testing.T) {
	server := start(t)
	m := readManifests(t)
	for name, c := range map[string]struct {
		call   call
		shards int
		index  string
		more   map[string]string
	}{
		"Kubernetes": {
			containerCall(m, &m.backfill.Spec.Template.Spec.Containers[0]), int(*m.backfill.Spec.Completions), "JOB_COMPLETION_INDEX", nil,
		},
		"Batch": {
			batchCall(t), arraySize(t), "AWS_BATCH_JOB_ARRAY_INDEX",
			map[string]string{"AWS_BATCH_JOB_ARRAY_SIZE": fmt.Sprint(arraySize(t))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.call.env["PLANTRAIL_TABLE"] += "/" + name
			maps.Copy(c.call.env, c.more)
			listed, rows := int64(0), int64(0)
			for i := range c.shards {
				c.call.env[c.index] = fmt.Sprint(i)
				report := carryOut(t, server, c.call)
				listed += report.Listed
				rows += report.RowsAdded
			}
			if listed != 9 || rows != 8 {
				t.Errorf("%d log files listed, %d rows added; want 9 and 8", listed, rows)
			}
		})
	}
}
