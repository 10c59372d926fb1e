package deploy_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// A template of CloudFormation, as far as ours use the language.
type template struct {
	Parameters map[string]struct {
		Type, AllowedPattern string
		AllowedValues        []any
		MinValue             *int
		Default              any
	}
	Conditions map[string]any
	Resources  map[string]struct {
		Type       string
		Condition  string
		Properties map[string]any
	}
	Outputs map[string]struct{ Value any }
}

// readTemplate decodes a template strictly.
func readTemplate(t *testing.T, name string) *template {
	t.Helper()
	text, err := yaml.YAMLToJSONStrict(read(t, name))
	if err != nil {
		t.Fatal(err)
	}
	all := new(template)
	if err := json.Unmarshal(text, all); err != nil {
		t.Fatal(err)
	}
	return all
}

// A stack resolves what a template refers to.
type stack struct {
	*template

	t      *testing.T
	values map[string]any
}

// cloudFormation returns what a template makes.
func cloudFormation(t *testing.T, name string, given map[string]any) *fargate {
	t.Helper()
	s := &stack{t: t, template: readTemplate(t, name), values: map[string]any{
		"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333", "AWS::NoValue": nil,
		"Task": arnOf("task-definition"), "TaskRole.Arn": arnOf("task"), "ExecutionRole.Arn": arnOf("execution"), "SchedulerRole.Arn": arnOf("scheduler"),
		"Cluster.Arn": arnOf("cluster"), "Group.Arn": arnOf("group"), "Failures.Arn": arnOf("queue"), "FailedRule.Arn": arnOf("rule"),
		"TaskSecurityGroup.GroupId": madeGroup, "Failures": madeQueue,
	}}
	for name, p := range s.Parameters {
		s.values[name] = p.Default
	}
	for name, value := range given {
		if _, ok := s.Parameters[camel(name)]; !ok {
			t.Fatalf("there is no parameter %s", camel(name))
		}
		s.values[camel(name)] = forCloudFormation(value)
	}
	var all []thing
	for logical, r := range s.Resources {
		if r.Condition != "" && !s.holds(map[string]any{"Condition": r.Condition}) {
			continue
		}
		properties := s.resolve(r.Properties).(map[string]any)
		all = append(all, thing{kind: r.Type, name: logical, values: properties})
	}
	f := newFargate(t, all, func(k *kind) (string, string, func(*field) string) {
		return k.cfn, k.each, func(f *field) string { return f.cfn }
	})
	for name := range s.Outputs {
		f.outputs = append(f.outputs, snake(name))
	}
	return f
}

// forCloudFormation gives a value the form that a parameter has.
func forCloudFormation(value any) any {
	switch value := value.(type) {
	case bool:
		if value {
			return "true"
		}
		return "false"
	case []string:
		var all []any
		for _, v := range value {
			all = append(all, v)
		}
		return all
	}
	return value
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
		if len(node) == 1 {
			for function, of := range node {
				if value, ok := s.call(function, of); ok {
					return value
				}
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

// call carries out a function of the language.
func (s *stack) call(function string, of any) (value any, ok bool) {
	list, _ := of.([]any)
	switch function {
	case "Ref":
		return s.value(of.(string)), true
	case "Fn::GetAtt":
		return s.value(list[0].(string) + "." + list[1].(string)), true
	case "Fn::Sub":
		text, names := of, map[string]any{}
		if list != nil {
			text, names = list[0], s.resolve(list[1]).(map[string]any)
		}
		return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(text.(string), func(name string) string {
			name = strings.Trim(name, "${}")
			if own, ok := names[name]; ok {
				return own.(string)
			}
			return s.value(name).(string)
		}), true
	case "Fn::If":
		if s.holds(map[string]any{"Condition": list[0]}) {
			return s.resolve(list[1]), true
		}
		return s.resolve(list[2]), true
	case "Fn::Join":
		var words []string
		for _, word := range s.list(list[1]) {
			words = append(words, word.(string))
		}
		return strings.Join(words, list[0].(string)), true
	case "Fn::Select":
		return s.list(list[1])[int(list[0].(float64))], true
	case "Fn::Split":
		var words []any
		for word := range strings.SplitSeq(s.resolve(list[1]).(string), list[0].(string)) {
			words = append(words, word)
		}
		return words, true
	}
	return nil, false
}

// list resolves what must be a list; an empty text is an empty one.
func (s *stack) list(node any) []any {
	all, _ := s.resolve(node).([]any)
	return all
}

// value is what a name stands for. Resources that a name refers to are called what
// the first of their properties says that is a name.
func (s *stack) value(name string) any {
	if v, ok := s.values[name]; ok {
		return v
	}
	logical, _, _ := strings.Cut(name, ".")
	for _, property := range []string{"BucketName", "Name", "LogGroupName", "QueueName"} {
		if of, ok := s.Resources[logical].Properties[property]; ok {
			return s.resolve(of)
		}
	}
	s.t.Fatalf("the template refers to %s, which is not there", name)
	return nil
}

// holds evaluates a condition.
func (s *stack) holds(condition any) bool {
	for function, of := range condition.(map[string]any) {
		switch function {
		case "Condition":
			named, ok := s.Conditions[of.(string)]
			if !ok {
				s.t.Fatalf("there is no condition %s", of)
			}
			return s.holds(named)
		case "Fn::Not":
			return !s.holds(of.([]any)[0])
		case "Fn::Equals":
			return s.resolve(of.([]any)[0]) == of.([]any)[1]
		}
	}
	s.t.Fatalf("condition %v is more than is read here", condition)
	return false
}

// lower gives names the form that ECS has, where CloudFormation's begin with a
// capital.
func lower(node any) any {
	switch node := node.(type) {
	case []any:
		var all []any
		for _, n := range node {
			all = append(all, lower(n))
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, n := range node {
			all[strings.ToLower(name[:1])+name[1:]] = lower(n)
		}
		return all
	}
	return node
}

// camel is how CloudFormation writes the name of a variable of Terraform.
func camel(name string) string {
	var all strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		all.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return all.String()
}

// snake is the other way round.
func snake(name string) string {
	return strings.TrimPrefix(strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "_$0")), "_")
}

func TestCloudFormationValid(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(folder, "cloudformation", "*.yaml"))
	if err != nil || len(names) != 2 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	c := exec.CommandContext(t.Context(), tool(t, "cfn-lint"), names...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v: %s", err, out)
	}
	for _, name := range names {
		if alias := regexp.MustCompile(`: [&*][A-Za-z]`).Find(read(t, "cloudformation/"+filepath.Base(name))); alias != nil {
			t.Errorf("CloudFormation reads no aliases: %s", alias)
		}
	}
}
