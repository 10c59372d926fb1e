package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	all := map[string]call{"systemd": systemdCall(t), "Batch": batchCall(t), "Fargate": containerOf(t, cloudFormation(t, mainTemplate, least))}
	for name, job := range m.jobs() {
		all["Kubernetes "+name] = containerCall(m, &job.Template.Spec.Containers[0])
	}
	return all
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
