package deploy_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// refused are values that the main module's variables do not take.
var refused = map[string]any{
	"name": "Plantrail", "image": "registry.example.com/plantrail:latest", "image_repository_arn": "plantrail", "cpu_architecture": "arm64",
	"sources": []string{"my-trail"}, "arguments": []string{"partition=day"}, "trail_prefix": "AWSLogs/", "trail_key_arn": "alias/trail",
	"source_role_arns": []string{"arn:aws:iam::444455556666:role/*"}, "table_bucket": "My_Table", "table_key_arn": "alias/table", "noncurrent_days": 0,
	"vpc_id": "my-vpc", "subnets": []string{}, "security_groups": []string{"default"}, "s3_endpoint_route_tables": []string{"main"},
	"schedule": "every night", "verify_schedule": "17 6 * * *", "alarm_topic_arn": "alarms", "log_retention_days": 91,
}

// forgotten are values that do not go together: what a source needs is not allowed.
var forgotten = map[string]map[string]any{
	"role":    {"sources": []string{"s3://amzn-s3-demo-source-bucket2/AWSLogs?role_arn=" + sourceRole}},
	"history": {"sources": []string{"cloudtrail://us-east-1"}},
	"bucket":  {"trail_bucket": ""},
}

// expected are runs of a test of Terraform that must be refused, each for what is wrong in
// it.
func expected() string {
	var all strings.Builder
	names := slices.Sorted(maps.Keys(refused))
	fmt.Fprintf(&all, "run \"refused\" {\n  command = plan\n%s  expect_failures = [var.%s]\n}\n", assigned(with(least, refused)), strings.Join(names, ", var."))
	for name, change := range forgotten {
		fmt.Fprintf(&all, "run \"forgotten_%s\" {\n  command = plan\n%s  expect_failures = [aws_ecs_task_definition.this]\n}\n", name, assigned(with(least, change)))
	}
	return all.String()
}

// CloudFormation refuses the same values, as far as its parameters can. That Terraform does,
// the test says that applies the modules.
func TestRefused(t *testing.T) {
	parameters := readTemplate(t, mainTemplate).Parameters
	for name, value := range refused {
		p := parameters[camel(name)]
		switch {
		case p.Type == "CommaDelimitedList", strings.HasPrefix(p.Type, "List<"), strings.HasPrefix(p.Type, "AWS::"):
			// Its elements have no pattern, or AWS looks them up.
		case p.AllowedPattern != "":
			if regexp.MustCompile(p.AllowedPattern).MatchString(value.(string)) {
				t.Errorf("%s: %v is taken", camel(name), value)
			}
		case len(p.AllowedValues) > 0:
			if slices.Contains(p.AllowedValues, plain(value)) || slices.ContainsFunc(p.AllowedValues, func(v any) bool { return plain(v) == plain(value) }) {
				t.Errorf("%s: %v is taken", camel(name), value)
			}
		case p.MinValue == nil || *p.MinValue <= value.(int):
			t.Errorf("%s: %v is taken", camel(name), value)
		}
	}
	for name, p := range parameters {
		if p.AllowedPattern == "" {
			continue
		}
		for filling, given := range fillings {
			if value, ok := given[strings.TrimPrefix(snake(name), "_")].(string); ok && !regexp.MustCompile(p.AllowedPattern).MatchString(value) && value != "" {
				t.Errorf("%s: %s of %q is refused", name, value, filling)
			}
		}
	}
}
