package s3server

import (
	"crypto/rand"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// An Account is a user of the server who may do what bucket policies allow, and
// nothing else.
type Account struct {
	// ID is what a policy names as its principal.
	ID     string
	secret string
}

// AddAccount adds an account, or fails the test.
func (s *Server) AddAccount(tb testing.TB) Account {
	tb.Helper()
	a := Account{ID: rand.Text(), secret: rand.Text()}
	program, err := gateway()
	if err != nil {
		tb.Fatal(err)
	}
	add := exec.CommandContext(tb.Context(), program, "admin", "--endpoint-url", s.Endpoint(),
		"create-user", "--access", a.ID, "--secret", a.secret, "--role", "user")
	add.Env = []string{"ADMIN_ACCESS_KEY=" + s.accessKey, "ADMIN_SECRET_KEY=" + s.secretKey}
	if out, err := add.CombinedOutput(); err != nil {
		tb.Fatalf("add account: %v: %s", err, out)
	}
	return a
}

// Env returns the environment of [Server.Env] with the account's keys.
func (a Account) Env() []string { return environment(a.ID, a.secret) }

// A Rule is a statement of a bucket's policy.
type Rule struct {
	Deny    bool
	Action  string // such as s3:GetObject
	Objects string // pattern of keys; "" for the bucket itself
}

// SetPolicy replaces what an account may do in a bucket, or fails the test.
func (s *Server) SetPolicy(tb testing.TB, bucket string, a Account, rules ...Rule) {
	tb.Helper()
	var statements []string
	for _, r := range rules {
		effect, resource := "Allow", "arn:aws:s3:::"+bucket
		if r.Deny {
			effect = "Deny"
		}
		if r.Objects != "" {
			resource += "/" + r.Objects
		}
		statements = append(statements, fmt.Sprintf(`{"Effect":%q,"Principal":{"AWS":[%q]},"Action":%q,"Resource":%q}`, effect, a.ID, r.Action, resource))
	}
	policy := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	if _, err := s.client.PutBucketPolicy(tb.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
		tb.Fatalf("set policy of %s: %v", bucket, err)
	}
}
