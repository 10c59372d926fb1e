package endtoend_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/moto"
	"plantrail/pipeline"
)

// assumptions are the AssumeRole requests that an STS was sent.
type assumptions struct {
	mutex sync.Mutex
	sent  []string // role, external ID and session name
}

// roleHeader tells those who change answers which role was asked for.
const roleHeader = "X-Role"

// see notes a request. It is called before the request is passed on.
func (a *assumptions) see(t *testing.T, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, formErr := url.ParseQuery(string(body))
	if err != nil || formErr != nil || form.Get("Action") != "AssumeRole" {
		t.Errorf("STS was sent %q, error %v", body, err)
	}
	r.Header.Set(roleHeader, form.Get("RoleArn"))
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.sent = append(a.sent, form.Get("RoleArn")+" "+form.Get("ExternalId")+" "+form.Get("RoleSessionName"))
}

var expiration = regexp.MustCompile("<Expiration>[^<]*</Expiration>")

// expiresSoon makes credentials end a few seconds from now.
func expiresSoon(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	soon := time.Now().Add(5 * time.Second).UTC().Format("2006-01-02T15:04:05Z")
	body = expiration.ReplaceAll(body, []byte("<Expiration>"+soon+"</Expiration>"))
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return err
}

// refusesRole answers for a role that must not be assumed.
func refusesRole(r *http.Response) error {
	if strings.Contains(r.Request.Header.Get(roleHeader), "forbidden") {
		r.StatusCode = http.StatusForbidden
		body := "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform sts:AssumeRole</Message></Error></ErrorResponse>"
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	}
	return nil
}

// However many sources name a role, it is assumed once, and again when its
// credentials are about to end.
func TestRoles(t *testing.T) {
	const prefixes = 12
	address := moto.Start(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	fillBucket(t, address, prefixes)
	const (
		reader    = "arn:aws:iam::123456789012:role/reader"
		auditor   = "arn:aws:iam::444455556666:role/auditor"
		forbidden = "arn:aws:iam::123456789012:role/forbidden"
	)
	roles := []string{
		"&role_arn=" + reader, "&role_arn=" + reader + "&external_id=one", "&role_arn=" + auditor + "&external_id=two",
	}
	once := []string{reader + "  plantrail", reader + " one plantrail", auditor + " two plantrail"}
	for name, test := range map[string]struct {
		change func(*http.Response) error
		roles  []string
		want   []string // assumed; more often if the credentials end
		again  bool
		lost   int
	}{
		"lasting":     {nil, roles, once, false, 0},
		"ending soon": {expiresSoon, roles, once, true, 0},
		"one refused": {
			refusesRole, append([]string{"&role_arn=" + forbidden}, roles...),
			append([]string{forbidden + "  plantrail"}, once...), false, prefixes / 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var assumed assumptions
			proxy := observe(t, address, func(r *http.Request) { assumed.see(t, r) }, test.change)
			t.Setenv("AWS_ENDPOINT_URL_STS", proxy.endpoint)
			source := func(i int) string {
				return fmt.Sprintf("s3://trail/%d?path_style=true&endpoint=%s%s", i, address, test.roles[i%len(test.roles)])
			}
			c := config(t, source(0), t.TempDir())
			for i := 1; i < prefixes; i++ {
				c.Sources = append(c.Sources, config(t, source(i), t.TempDir()).Sources...)
			}
			report, err := pipeline.Run(t.Context(), c)
			if err != nil || int(report.RowsAdded) != prefixes-test.lost || len(report.Unreachable) != test.lost {
				t.Errorf("error %v, %+v", err, report)
			}
			for _, u := range report.Unreachable {
				if !strings.Contains(u.Error, "assume "+forbidden+": ") {
					t.Errorf("%+v", u)
				}
			}
			slices.Sort(assumed.sent)
			each := slices.Compact(slices.Clone(assumed.sent))
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(each, want) || test.again != (len(assumed.sent) > len(want)) {
				t.Errorf("%d times assumed: %q, want %q", len(assumed.sent), each, want)
			}
			t.Logf("%d sources, %d requests to STS", prefixes, len(assumed.sent))
		})
	}
}

// fillBucket puts a log file of one event below each of a bucket's prefixes.
func fillBucket(t *testing.T, endpoint string, prefixes int) {
	t.Helper()
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	})
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("trail")}); err != nil {
		t.Fatal(err)
	}
	for i := range prefixes {
		key := fmt.Sprintf("%d/AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/111122223333_CloudTrail_us-west-2_20240301T1200Z_Zq3vT8mWn1Xc5KdA.json.gz", i)
		record := fmt.Sprintf(`{"eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-01T12:00:00Z","eventID":"%d","recipientAccountId":"111122223333"}`, i)
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("trail"), Key: &key, Body: bytes.NewReader(zipped(t, record))})
		if err != nil {
			t.Fatal(err)
		}
	}
}
