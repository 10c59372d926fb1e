package deploy_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	mainTemplate, mainModule     = "cloudformation/plantrail.yaml", "terraform"
	sourceTemplate, sourceModule = "cloudformation/plantrail-source.yaml", "terraform/source-role"

	keyARN               = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	madeGroup, madeQueue = "sg-0123456789abcdef0", "https://queue"

	imageRef = "registry.example.com/plantrail@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// arnOf stands for the ARN that AWS gives to a resource.
func arnOf(name string) string { return "arn:aws:made:us-east-1:111122223333:" + name }

// fillings are values of the main module's variables: those that must be given, and
// all of them.
var fillings = map[string]map[string]any{"least": least, "all": all, "others": others}

var (
	least = map[string]any{
		"image": imageRef, "sources": []string{"s3://" + sourceBucket + "/" + sourcePrefix}, "trail_bucket": sourceBucket, "table_bucket": tableBucket,
		"vpc_id": "vpc-0123456789abcdef0", "subnets": []string{"subnet-0123456789abcdef0"}, "alarm_topic_arn": "arn:aws:sns:us-east-1:111122223333:topic",
	}
	all = with(least, map[string]any{
		"image_repository_arn": "arn:aws:ecr:us-east-1:111122223333:repository/plantrail", "cpu_architecture": "ARM64",
		"sources":       []string{"s3://" + sourceBucket + "/" + sourcePrefix, "cloudtrail://", "cloudtrail://?role_arn=" + sourceRole + "&external_id=plantrail-111122223333"},
		"arguments":     []string{"--partition=day", "--region=us-east-1"},
		"trail_key_arn": keyARN, "source_role_arns": []string{sourceRole}, "event_history": true,
		"table_key_arn": keyARN, "noncurrent_days": 30, "log_retention_days": 365, "log_key_arn": keyARN,
		"s3_endpoint_route_tables": []string{"rtb-0123456789abcdef0", "rtb-0123456789abcdef1"}, "schedule": "rate(12 hours)",
		"verify_schedule": "cron(17 6 * * ? *)", "permissions_boundary_arn": "arn:aws:iam::111122223333:policy/boundary",
	})
	// others reads with other roles only, in groups and a bucket of elsewhere, under another name.
	others = with(least, map[string]any{
		"name": "plans", "trail_bucket": "", "sources": []string{"s3://amzn-s3-demo-source-bucket2/AWSLogs?role_arn=" + sourceRole}, "source_role_arns": []string{sourceRole},
		"security_groups": []string{"sg-0123456789abcdef1", "sg-0123456789abcdef2"}, "table_key_arn": strings.ReplaceAll(keyARN, "us-east-1", "eu-west-1"),
	})
)

const sourceRole = "arn:aws:iam::444455556666:role/plantrail-source"

var sourceFillings = map[string]map[string]any{
	"Event history": {"task_role_arn": "arn:aws:iam::111122223333:role/plantrail", "external_id": "plantrail-111122223333"},
	"all": {
		"task_role_arn": "arn:aws:iam::111122223333:role/plantrail", "external_id": "plantrail-111122223333", "name": "reader", "trail_bucket": sourceBucket,
		"trail_key_arn": keyARN, "verify": true, "permissions_boundary_arn": "arn:aws:iam::444455556666:policy/boundary",
	},
	"trail": {
		"task_role_arn": "arn:aws:iam::111122223333:role/plantrail", "external_id": "plantrail-111122223333", "event_history": false,
		"trail_bucket": sourceBucket, "trail_prefix": "org/AWSLogs",
	},
}

// with returns values, some of them others.
func with(values, others map[string]any) map[string]any {
	values = maps.Clone(values)
	maps.Copy(values, others)
	return values
}

// templates checks what both templates make of some values. Where there is no
// Terraform, its part is skipped.
func templates(t *testing.T, filling string, check func(*testing.T, *fargate)) {
	t.Run("CloudFormation", func(t *testing.T) { check(t, cloudFormation(t, mainTemplate, fillings[filling])) })
	t.Run("Terraform", func(t *testing.T) { check(t, terraform(t, mainModule, filling)) })
}

// policy returns a role's policy by its name.
func (f *fargate) policy(t *testing.T, name string) policy {
	t.Helper()
	for _, made := range f.made["aws_iam_role_policy"] {
		if made["PolicyName"] == name {
			return policyOf(t, made["PolicyDocument"])
		}
	}
	t.Fatalf("there is no policy %s", name)
	return policy{}
}

// trust returns whom a role trusts.
func (f *fargate) trust(t *testing.T, name string) policy {
	t.Helper()
	for _, made := range f.made["aws_iam_role"] {
		if made["RoleName"] == name {
			return policyOf(t, made["AssumeRolePolicyDocument"])
		}
	}
	t.Fatalf("there is no role %s", name)
	return policy{}
}

// container returns the container, with the names that ECS has.
func (f *fargate) container(t *testing.T) map[string]any {
	t.Helper()
	c, ok := f.made["aws_ecs_task_definition"][0][containers].(map[string]any)
	if !ok {
		t.Fatal("there is not one container")
	}
	return c
}

// filter returns the pattern of an alarm's metric.
func (f *fargate) filter(t *testing.T, name string) string {
	t.Helper()
	for _, made := range f.made["aws_cloudwatch_log_metric_filter"] {
		if made["FilterName"] == name {
			return made["FilterPattern"].(string)
		}
	}
	t.Fatalf("there is no filter %s", name)
	return ""
}

// policyOf decodes a policy; its only statement stands for itself.
func policyOf(t *testing.T, document any) policy {
	t.Helper()
	fields := maps.Clone(document.(map[string]any))
	if one, ok := fields["Statement"].(map[string]any); ok {
		fields["Statement"] = []any{one}
	}
	var p policy
	decoder := json.NewDecoder(strings.NewReader(text(fields)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("%s: %v", text(document), err)
	}
	return p
}

// joined returns one policy of several files.
func joined(t *testing.T, names ...string) policy {
	t.Helper()
	p := readPolicy(t, names[0])
	for _, name := range names[1:] {
		p.Statement = append(p.Statement, readPolicy(t, name).Statement...)
	}
	return p
}

// The task may do exactly what the policies say, and the roles trust whom they
// trust.
func TestFargateRoles(t *testing.T) {
	templates(t, "all", func(t *testing.T, f *fargate) {
		for name, want := range map[string]policy{
			"read-sources": joined(t, "iam/read-sources.json", "iam/assume-source-role.json", "iam/lookup-events.json", "iam/list-public-keys.json"),
			"write-table":  readPolicy(t, "iam/write-table.json"),
		} {
			if got := f.policy(t, name); !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\n%+v\nwant\n%+v", name, got, want)
			}
		}
		task, execution := f.trust(t, "plantrail").Statement[0], readPolicy(t, "iam/trust-batch.json")
		if got := f.trust(t, "plantrail-execution"); !reflect.DeepEqual(got, execution) {
			t.Errorf("trust of the execution role: %+v", got)
		}
		want := execution.Statement[0]
		want.Sid = "TasksOfThisAccount"
		want.Condition = map[string]map[string]list{
			"StringEquals": want.Condition["StringEquals"], "ArnLike": {"aws:SourceArn": {"arn:aws:ecs:us-east-1:111122223333:*"}},
		}
		if !reflect.DeepEqual(task, want) {
			t.Errorf("trust of the task's role: %+v", task)
		}
		// The folder's schedule is in the default group, the templates' in their own.
		scheduler := readPolicy(t, "iam/trust-scheduler.json")
		scheduler.Statement[0].Condition["ArnEquals"]["aws:SourceArn"] = list{arnOf("group")}
		if got := f.trust(t, "plantrail-scheduler"); !reflect.DeepEqual(got, scheduler) {
			t.Errorf("trust of the scheduler's role: %+v", got)
		}
		if len(f.made["aws_iam_role_policy"]) != 4 || len(f.made["aws_iam_role"]) != 3 {
			t.Error("there are not 4 policies and 3 roles")
		}
	})
	// Nothing is allowed that is not asked for.
	templates(t, "least", func(t *testing.T, f *fargate) {
		for name, want := range map[string][]string{
			"read-sources": {"s3:GetObject", "s3:ListBucket"}, "write-table": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
			"pull-and-log": {"logs:CreateLogStream", "logs:PutLogEvents"},
		} {
			if got := f.policy(t, name).actions(); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
	templates(t, "others", func(t *testing.T, f *fargate) {
		if got := f.policy(t, "read-sources").actions(); !slices.Equal(got, []string{"sts:AssumeRole"}) {
			t.Errorf("of another account's sources: %v", got)
		}
		kms := f.policy(t, "write-table").Statement[2]
		if kms.Condition["StringEquals"]["kms:ViaService"][0] != "s3.eu-west-1.amazonaws.com" {
			t.Errorf("the key's region is not where the key is: %+v", kms)
		}
	})
}

// The role of another account may what the policies say, and trusts the task's.
func TestSourceRole(t *testing.T) {
	check := func(t *testing.T, f *fargate, name string, want policy) {
		t.Helper()
		if got := f.policy(t, "read-sources"); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\nwant\n%+v", got, want)
		}
		if got, want := f.trust(t, name), readPolicy(t, "iam/trust-source-role.json"); !reflect.DeepEqual(got, want) {
			t.Errorf("trust: %+v", got)
		}
	}
	whole := joined(t, "iam/read-sources.json", "iam/lookup-events.json", "iam/list-public-keys.json")
	t.Run("CloudFormation", func(t *testing.T) {
		check(t, cloudFormation(t, sourceTemplate, sourceFillings["Event history"]), "plantrail-source", readPolicy(t, "iam/lookup-events.json"))
		check(t, cloudFormation(t, sourceTemplate, sourceFillings["all"]), "reader", whole)
	})
	t.Run("Terraform", func(t *testing.T) {
		check(t, terraform(t, sourceModule, "Event history"), "plantrail-source", readPolicy(t, "iam/lookup-events.json"))
		check(t, terraform(t, sourceModule, "all"), "reader", whole)
	})
}

// The schedule may run the task and hand it its two roles, Fargate may pull the
// image and write the log, and neither may do anything else.
func TestFargateLeast(t *testing.T) {
	templates(t, "all", func(t *testing.T, f *fargate) {
		for name, want := range map[string][]string{
			"run-nightly": {"ecs:RunTask", "iam:PassRole", "sqs:SendMessage"},
			"pull-and-log": {
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
				"logs:CreateLogStream", "logs:PutLogEvents",
			},
		} {
			for _, s := range f.policy(t, name).Statement {
				if slices.Contains(s.Resource, "*") && !slices.Equal(s.Action, []string{"ecr:GetAuthorizationToken"}) {
					t.Errorf("%s: %s of everything", name, s.Action)
				}
			}
			if got := f.policy(t, name).actions(); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		run := f.policy(t, "run-nightly").Statement
		if len(run) != 3 || !slices.Equal(run[0].Resource, []string{arnOf("task-definition")}) || run[0].Condition["ArnEquals"]["ecs:cluster"][0] != arnOf("cluster") {
			t.Fatalf("the schedule may run %+v", run)
		}
		if !slices.Equal(run[1].Resource, []string{arnOf("task"), arnOf("execution")}) ||
			run[1].Condition["StringEquals"]["iam:PassedToService"][0] != "ecs-tasks.amazonaws.com" {
			t.Errorf("the schedule may hand on %+v", run[1])
		}
		if !slices.Equal(run[2].Resource, []string{arnOf("queue")}) {
			t.Errorf("the schedule may write %+v", run[2])
		}
	})
}

// Every schedule that cannot start its task says so where an alarm looks, and verify is
// run by a command that the program has.
func TestFargateSchedules(t *testing.T) {
	templates(t, "all", func(t *testing.T, f *fargate) {
		schedules := f.made["aws_scheduler_schedule"]
		if len(schedules) != 2 {
			t.Fatalf("%d schedules", len(schedules))
		}
		for _, s := range schedules {
			if s["Target.DeadLetterConfig.Arn"] != arnOf("queue") || s["GroupName"] != "plantrail" || s["Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"] != madeGroup {
				t.Errorf("%v", s)
			}
			if s["Name"] != "plantrail-verify" {
				continue
			}
			var over struct {
				ContainerOverrides struct {
					Name    string
					Command []string
				} `json:"containerOverrides"`
			}
			recode(t, s["Target.Input"], &over)
			if over.ContainerOverrides.Name != f.container(t)["name"] {
				t.Errorf("there is no container %s", over.ContainerOverrides.Name)
			}
		}
	})
}

// Both templates run one container, which is Batch's in all but its log group.
func TestFargateContainer(t *testing.T) {
	templates(t, "least", func(t *testing.T, f *fargate) {
		got := containerOf(t, f)
		if want := batchCall(t); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		c := f.container(t)
		if c["readonlyRootFilesystem"] != true || c["user"] != "65532:65532" || at(c, "linuxParameters.capabilities.drop") != "ALL" {
			t.Error("the container runs as root, may write anywhere, or has capabilities")
		}
		if at(c, "logConfiguration.options.awslogs-group") != "/plantrail/nightly" {
			t.Errorf("the alarm does not read %v", c["logConfiguration"])
		}
	})
}

// The alarm's filters count the runs of run and of verify that end with exit code 0, and
// no other: what the program says is put to them.
func TestFargateFilters(t *testing.T) {
	server, execute := start(t), run
	putSigned(t, server, signedBucket)
	templates(t, "all", func(t *testing.T, f *fargate) {
		c := containerOf(t, f)
		c.env["PLANTRAIL_SOURCE"] = "s3://" + sourceBucket + "/" + sourcePrefix
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
		keys := "PLANTRAIL_PUBLIC_KEYS=" + publicKeys(t)
		verify := []string{"verify", "--log-format=json", "--progress=log"}
		for name, run := range map[string]struct {
			args, env []string
			filter    string
			code      int
		}{
			"quarantined": {args, env, "plantrail-success", exitIncomplete},
			"complete":    {args, append(slices.Clone(env), known), "plantrail-success", 0},
			"unreachable": {args, append(slices.Clone(env), known, missing), "plantrail-success", exitIncomplete},
			"unproven":    {verify, append(slices.Clone(env), keys), "plantrail-verification", exitIncomplete},
			"proven":      {verify, append(slices.Clone(env), keys, "PLANTRAIL_SOURCE=s3://"+signedBucket, "PLANTRAIL_TABLE="), "plantrail-verification", 0},
		} {
			code, said := execute(t, run.env, run.args...)
			if code != run.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, code, run.code, said)
			}
			for _, filter := range []string{"plantrail-success", "plantrail-verification"} {
				if n, want := matching(t, f.filter(t, filter), said), filter == run.filter && code == 0; (n == 1) != want || n > 1 {
					t.Errorf("%s: exit code %d, %d lines are counted by %s of\n%s", name, code, n, filter, said)
				}
			}
		}
	})
}

// The rule takes the tasks of the cluster that could not start, ended with another exit
// code than 0 or were killed, and no others.
func TestFargateFailures(t *testing.T) {
	templates(t, "least", func(t *testing.T, f *fargate) {
		pattern, ok := f.made["aws_cloudwatch_event_rule"][0]["EventPattern"].(map[string]any)
		if !ok {
			t.Fatal("there is no pattern")
		}
		stopped := func(change map[string]any) map[string]any {
			detail := map[string]any{
				"clusterArn": arnOf("cluster"), "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited",
				"containers": []any{map[string]any{"name": "plantrail", "exitCode": 0.0}},
			}
			maps.Copy(detail, change)
			return map[string]any{"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}
		}
		exit := func(code float64) map[string]any {
			return map[string]any{"containers": []any{map[string]any{"name": "plantrail", "exitCode": code}}}
		}
		neverRan := []any{map[string]any{"name": "plantrail", "lastStatus": "STOPPED"}}
		for name, c := range map[string]struct {
			change map[string]any
			want   bool
		}{
			"complete":        {nil, false},
			"quarantined":     {exit(exitIncomplete), true},
			"altered":         {exit(exitAltered), true},
			"out of memory":   {exit(137), true},
			"no image":        {map[string]any{"stopCode": "TaskFailedToStart", "containers": neverRan}, true},
			"running":         {map[string]any{"lastStatus": "RUNNING", "stopCode": nil, "containers": neverRan}, false},
			"another cluster": {with(exit(exitFailed), map[string]any{"clusterArn": arnOf("other")}), false},
		} {
			if got := fits(t, pattern, stopped(c.change)); got != c.want {
				t.Errorf("%s: taken %t, want %t", name, got, c.want)
			}
		}
	})
}

// fits says whether an event fits a pattern of EventBridge, as far as ours uses the
// language: each field has one of the values, or none of those of anything-but, and one of
// the alternatives of $or fits. Of a list in an event, one element is enough.
func fits(t *testing.T, pattern map[string]any, event any) bool {
	t.Helper()
	if all, ok := event.([]any); ok {
		return slices.ContainsFunc(all, func(one any) bool { return fits(t, pattern, one) })
	}
	fields, _ := event.(map[string]any)
	for name, want := range pattern {
		value, there := fields[name]
		switch want := want.(type) {
		case []any: // only $or has several
			if name != "$or" {
				t.Fatalf("%s: %v is more than is read here", name, want)
			}
			if !slices.ContainsFunc(want, func(one any) bool { return fits(t, one.(map[string]any), event) }) {
				return false
			}
		case map[string]any:
			if except, ok := want["anything-but"]; ok {
				if !there || except == plain(value) {
					return false
				}
			} else if !fits(t, want, value) {
				return false
			}
		default:
			if !there || want != plain(value) {
				return false
			}
		}
	}
	return true
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
	recode(t, f.container(t), &c)
	env := map[string]string{}
	for _, v := range c.Environment {
		env[v.Name] = v.Value
	}
	return call{args: c.Command, env: env}
}

// recode decodes one value as another's type.
func recode(t *testing.T, from, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(from)), into); err != nil {
		t.Fatalf("%s: %v", text(from), err)
	}
}
