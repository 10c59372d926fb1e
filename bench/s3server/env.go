package s3server

import (
	"os"
	"strings"
	"testing"
)

// Env returns the environment, as name=value, in which the AWS SDK and
// plantrail reach the server with its keys and look nowhere else for any.
func (s *Server) Env() []string { return environment(s.accessKey, s.secretKey) }

func environment(accessKey, secretKey string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_SESSION_TOKEN=",
		"AWS_PROFILE=",
		"AWS_REGION=" + region,
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// SetEnv sets the environment of [Server.Env] for the length of a test, which
// must not be parallel.
func (s *Server) SetEnv(tb testing.TB) {
	tb.Helper()
	for _, variable := range s.Env() {
		name, value, _ := strings.Cut(variable, "=")
		tb.Setenv(name, value)
	}
}
