package main_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sampleFolder holds the sample trail that ships with the program.
const sampleFolder = "testdata/trail"

// sampleTrail returns the log files of the sample trail by key: the eight
// documented events among ordinary records, in two accounts and two regions,
// one of them delivered twice, and a log file that breaks off.
func sampleTrail(t *testing.T) map[string][]byte {
	t.Helper()
	const first, second = "111122223333", "444455556666"
	files := map[string][]byte{
		logFileKey(first, "us-east-1", "20210107T2210Z", "Zq3vT8mWn1Xc5KdA"): sampleFile(t, first, "UpdateSupportLevel", "DescribeSupportLevelSummary"),
		logFileKey(first, "us-east-1", "20210107T2330Z", "b7RkQ0yLs2Hf9UeP"): sampleFile(t, first, "UpdateProbationAutoCancellation"),
		logFileKey(first, "us-west-2", "20220629T1640Z", "N4jGx6tVo8Ci3BwM"): sampleFile(t, first, "StartSupportPlanUpdate", "GetSupportPlanUpdateStatus", "GetSupportPlan"),
		// The same event once more, as CloudTrail delivers now and then.
		logFileKey(first, "us-west-2", "20220629T1655Z", "e1YpD5zSa7Fu2JhO"): sampleFile(t, first, "StartSupportPlanUpdate"),
		// Delivered a day late.
		logFileKey(second, "us-west-2", "20230510T0005Z", "I9cRl3bXk6Wg0TnV"): sampleFile(t, second, "CreateSupportPlanSchedule"),
		logFileKey(second, "us-west-2", "20240815T1635Z", "m2QoE8uZf4Ld7AsY"): sampleFile(t, second, "ListSupportPlanModifiers"),
		logFileKey(second, "us-east-1", "20240815T1640Z", "P5hKv1iJw9Nx3GrC"): sampleFile(t, second),
		logFileKey(first, "us-east-1", "20240815T1640Z", "t6BzS0qMy8De4OcF"):  sampleFile(t, first),
	}
	broken := logFileKey(second, "us-east-1", "20240815T1645Z", "u0HaX7pRe5Tj1WkZ")
	whole := sampleFile(t, second)
	files[broken] = whole[:len(whole)/2]
	return files
}

func logFileKey(account, region, stamp, random string) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz",
		account, region, stamp[:4], stamp[4:6], stamp[6:8], account, region, stamp, random)
}

// sampleFile returns a log file with the named events of an account, each
// between two ordinary records.
func sampleFile(t *testing.T, account string, events ...string) []byte {
	t.Helper()
	records := []string{ordinary(account, "DescribeInstances", "ec2", "9f6d1f0e-52a3-4b1c-8e76-0d5c2a4b7e01")}
	for i, name := range events {
		text, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "events", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, strings.ReplaceAll(string(text), "111122223333", account),
			ordinary(account, "GetCallerIdentity", "sts", fmt.Sprintf("3c2b7a90-7d14-4f0e-a1b8-6e5f4d3c2b1%d", i)))
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, `{"Records":[`+strings.Join(records, ",")+`]}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ordinary(account, name, service, id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDACKCEVSQ6C2EXAMPLE",`+
		`"arn":"arn:aws:iam::%[1]s:user/janedoe","accountId":"%[1]s","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"janedoe"},`+
		`"eventTime":"2024-08-15T16:30:00Z","eventSource":"%[3]s.amazonaws.com","eventName":"%[2]s","awsRegion":"us-east-1",`+
		`"sourceIPAddress":"192.0.2.10","userAgent":"aws-cli/2.15.0","requestParameters":null,"responseElements":null,`+
		`"requestID":"%[4]s","eventID":"%[4]s","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,`+
		`"recipientAccountId":"%[1]s","eventCategory":"Management"}`, account, name, service, id)
}

// The sample trail in the repository is the one that sampleTrail describes.
func TestSampleTrail(t *testing.T) {
	want := sampleTrail(t)
	if *update {
		if err := os.RemoveAll(sampleFolder); err != nil {
			t.Fatal(err)
		}
		for key, body := range want {
			name := filepath.Join(sampleFolder, key)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key, body := range want {
		got, err := os.ReadFile(filepath.Join(sampleFolder, key))
		if err != nil {
			t.Fatalf("%v (write it with: go test ./cmd/plantrail -update)", err)
		}
		// Another version of gzip may choose other bytes for the same text.
		if !bytes.Equal(inflate(got), inflate(body)) {
			t.Errorf("%s: does not hold what it should", key)
		}
	}
}

// inflate returns the text of a gzip file, or that it is broken.
func inflate(body []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return []byte("broken")
	}
	return text
}
