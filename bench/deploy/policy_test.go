package deploy_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A policy is an IAM policy, as far as the folder's files use the language.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    list
	Resource  list
	Condition map[string]map[string]list
}

// A list may be written as one string.
type list []string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// readPolicy decodes a policy strictly.
func readPolicy(t *testing.T, name string) policy {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(read(t, name)))
	decoder.DisallowUnknownFields()
	var p policy
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// A request is what IAM decides on.
type request struct {
	action, resource string
	context          string // condition key and value, as s3:prefix=AWSLogs/; none if empty
}

// A grant is a part of a statement that can be left out on its own.
type grant struct{ sid, action, resource, condition string }

// grants returns what the policy consists of.
func (p policy) grants() []grant {
	var all []grant
	for _, s := range p.Statement {
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				for _, condition := range s.conditions() {
					all = append(all, grant{s.Sid, action, resource, condition})
				}
			}
		}
	}
	return all
}

// actions returns what the policy has to do with.
func (p policy) actions() []string {
	all := map[string]bool{}
	for _, s := range p.Statement {
		for _, action := range s.Action {
			all[action] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// conditions returns the alternatives of the statement's only condition, or
// one that always holds.
func (s statement) conditions() []string {
	for _, keys := range s.Condition {
		for key, values := range keys {
			var all []string
			for _, value := range values {
				all = append(all, key+"="+value)
			}
			return all
		}
	}
	return []string{""}
}

// allows says whether a grant of the policy fits the request.
func (p policy) allows(r request) bool { return slices.ContainsFunc(p.grants(), r.fits) }

// fits says whether a grant allows the request: patterns are IAM's, and a
// condition on a key that the request does not have does not hold.
func (r request) fits(g grant) bool {
	return like(g.action, r.action) && like(g.resource, r.resource) && (g.condition == "" || like(g.condition, r.context))
}

// like compares with a pattern in which * stands for any text and ? for any
// character.
func like(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?s)^` + expression + `$`).MatchString(text)
}

func TestAllows(t *testing.T) {
	p := readPolicy(t, "iam/write-table.json")
	const table = "arn:aws:s3:::" + tableBucket
	for name, c := range map[string]struct {
		request
		want bool
	}{
		"file":            {request{"s3:PutObject", table + "/support-plans/eventmonth=2024-03/events.parquet", ""}, true},
		"other file":      {request{"s3:PutObject", table + "/other/events.parquet", ""}, false},
		"delete":          {request{"s3:DeleteObject", table + "/support-plans/eventmonth=2024-03/events.parquet", ""}, false},
		"other bucket":    {request{"s3:GetObject", "arn:aws:s3:::other/support-plans/events.parquet", ""}, false},
		"list":            {request{"s3:ListBucket", table, "s3:prefix=support-plans/"}, true},
		"list a neighbor": {request{"s3:ListBucket", table, "s3:prefix=support-plans-2/"}, false},
		"list everything": {request{"s3:ListBucket", table, ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.allows(c.request); got != c.want {
				t.Errorf("allowed: %t, want %t", got, c.want)
			}
		})
	}
}

// Every policy can be read by the matcher above, allows something, and nothing
// by a bare wildcard. A policy of trust has principals, and no other has.
func TestPolicies(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(folder, "iam", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d policies, error %v", len(names), err)
	}
	for _, name := range names {
		name = "iam/" + filepath.Base(name)
		t.Run(name, func(t *testing.T) {
			p := readPolicy(t, name)
			trust := strings.HasPrefix(name, "iam/trust-")
			if p.Version != "2012-10-17" || len(p.Statement) == 0 {
				t.Fatalf("version %q, %d statements", p.Version, len(p.Statement))
			}
			for _, s := range p.Statement {
				if s.Effect != "Allow" || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) || len(s.Action) == 0 {
					t.Errorf("statement %q: effect %s", s.Sid, s.Effect)
				}
				if trust != (len(s.Principal) == 1) || trust == (len(s.Resource) > 0) || trust && len(s.Condition) == 0 {
					t.Errorf("statement %q: principal %v, resource %v", s.Sid, s.Principal, s.Resource)
				}
				if slices.ContainsFunc(append(s.Action, s.Resource...), func(x string) bool {
					// CloudTrail's public keys and Event history are nobody's resource.
					return x == "*" && !slices.Equal(s.Action, []string{"cloudtrail:ListPublicKeys"}) && !slices.Equal(s.Action, []string{"cloudtrail:LookupEvents"}) ||
						strings.HasSuffix(x, ":*") && !strings.Contains(x, "job-definition")
				}) {
					t.Errorf("statement %q allows too much", s.Sid)
				}
				for operator, keys := range s.Condition {
					if !trust && (!slices.Contains([]string{"StringLike", "StringEquals"}, operator) || len(s.Condition) > 1 || len(keys) > 1) {
						t.Errorf("statement %q: its condition is more than the matcher reads", s.Sid)
					}
				}
			}
		})
	}
}

// The role of the other account trusts with the external ID that the sources
// name, and the role that may be assumed is the one that they name.
func TestOtherAccount(t *testing.T) {
	sources := readManifests(t).config.Data["sources"]
	trust, assume := readPolicy(t, "iam/trust-source-role.json").Statement[0], readPolicy(t, "iam/assume-source-role.json").Statement[0]
	if want := "external_id=" + trust.Condition["StringEquals"]["sts:ExternalId"][0]; !strings.Contains(sources, want) {
		t.Errorf("no source has %s", want)
	}
	if want := "role_arn=" + assume.Resource[0] + "&"; !strings.Contains(sources, want) {
		t.Errorf("no source has %s", want)
	}
	runner := readManifests(t).account.Annotations["eks.amazonaws.com/role-arn"]
	if trust.Principal["AWS"] != runner || *jobDefinition(t).ContainerProperties.JobRoleArn != runner {
		t.Errorf("trusts %s, but %s runs the program", trust.Principal["AWS"], runner)
	}
	m := readManifests(t)
	want := "system:serviceaccount:" + m.namespace.Name + ":" + m.account.Name
	for key, values := range readPolicy(t, "iam/trust-kubernetes.json").Statement[0].Condition["StringEquals"] {
		if strings.HasSuffix(key, ":sub") && values[0] != want {
			t.Errorf("the role trusts %s, the pods are %s", values[0], want)
		}
	}
}
