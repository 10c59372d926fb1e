package examples_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"plantrail/bench/moto"
)

// awsEnv is an environment in which the AWS CLI asks a server with keys of nobody.
func awsEnv(endpoint string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_MAX_ATTEMPTS=1", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1",
	}
}

// askMoto asks moto as a service of eu-west-1, by a form or a target with JSON, and
// returns its answer. The AWS CLI would take longer to start.
func askMoto(t *testing.T, endpoint, service, target, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261126/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s%s: %s %s, %v", service, target, body, answer.Status, text, err)
	}
	return string(text)
}

// received takes all messages from the queue.
func received(t *testing.T, endpoint string) (bodies []string) {
	t.Helper()
	queue := fmt.Sprintf(`{"QueueUrl":"%s/123456789012/q","MaxNumberOfMessages":10}`, endpoint)
	for {
		var answer struct{ Messages []struct{ Body string } }
		text := askMoto(t, endpoint, "sqs", "AmazonSQS.ReceiveMessage", queue)
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if len(answer.Messages) == 0 {
			return bodies
		}
		for _, m := range answer.Messages { // each is out of sight for ten minutes
			bodies = append(bodies, m.Body)
		}
	}
}

// What is published to a topic of SNS and put on a bus of EventBridge arrives in a queue
// there.
func TestAlertAWS(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no AWS CLI")
	}
	endpoint := moto.Start(t)
	askMoto(t, endpoint, "sqs", "AmazonSQS.CreateQueue", `{"QueueName":"q","Attributes":{"VisibilityTimeout":"600"}}`)
	const (
		in    = ":eu-west-1:123456789012:"
		topic = "arn:aws:sns" + in + "t"
		bus   = "arn:aws:events" + in + "event-bus/b"
	)
	file, _ := writeChanges(t, "--account", "777788889999")
	changes, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	askMoto(t, endpoint, "sns", "", "Action=CreateTopic&Name=t")
	askMoto(t, endpoint, "sns", "", "Action=Subscribe&Protocol=sqs&Endpoint=arn:aws:sqs"+in+"q&TopicArn="+topic+
		"&Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true")
	ends(t, alert(t.Context(), t, topic, file, awsEnv(endpoint)...), 0)
	golden, err := os.ReadFile(folder + "/alert.txt")
	if err != nil {
		t.Fatal(err)
	}
	told := received(t, endpoint)
	for _, text := range told {
		if !strings.Contains(string(golden), text+"\n") || !strings.Contains(text, "account 777788889999") {
			t.Errorf("published %q", text)
		}
	}
	if len(told) != 3 {
		t.Errorf("%d were published", len(told))
	}

	askMoto(t, endpoint, "events", "AWSEvents.CreateEventBus", `{"Name":"b"}`)
	askMoto(t, endpoint, "events", "AWSEvents.PutRule", `{"Name":"r","EventBusName":"b","EventPattern":"{\"source\":[\"plantrail\"],\"detail\":{\"outcome\":[\"accepted\"]}}"}`)
	askMoto(t, endpoint, "events", "AWSEvents.PutTargets", `{"Rule":"r","EventBusName":"b","Targets":[{"Id":"1","Arn":"arn:aws:sqs`+in+`q"}]}`)
	if err := os.WriteFile(file, changes, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".waiting/told"); err != nil { // of the topic
		t.Fatal(err)
	}
	ends(t, alert(t.Context(), t, bus, file, awsEnv(endpoint)...), 0)
	var details []string
	for _, body := range received(t, endpoint) {
		var event struct {
			Source     string          `json:"source"`
			DetailType string          `json:"detail-type"`
			Detail     json.RawMessage `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil || event.Source != "plantrail" || event.DetailType != "AWS Support plan change" {
			t.Errorf("%v, event %s", err, body)
		}
		details = append(details, string(event.Detail))
	}
	if len(details) != 3 {
		t.Errorf("events %q", details)
	}
	for _, detail := range details {
		if !slices.ContainsFunc(strings.Split(string(changes), "\n"), func(line string) bool { return line != "" && sameJSON(t, line, detail) }) {
			t.Errorf("no such change: %s", detail)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var plain [2]any
	for i, text := range []string{a, b} {
		if err := json.Unmarshal([]byte(text), &plain[i]); err != nil {
			t.Fatal(err)
		}
	}
	x, errX := json.Marshal(plain[0])
	y, errY := json.Marshal(plain[1])
	return errX == nil && errY == nil && string(x) == string(y)
}

// A topic that is not there, and a bus that answers and takes nothing, are failures, and
// everything waits. A topic of FIFO has what it needs not to send twice.
func TestAlertAWSRefused(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no AWS CLI")
	}
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Header.Get("X-Amz-Target") == "AWSEvents.PutEvents" {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			_, _ = w.Write([]byte(`{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]}`))
			return
		}
		sent = append(sent, r.Form.Get("Action")+" "+r.Form.Get("MessageGroupId")+" "+r.Form.Get("MessageDeduplicationId"))
		http.Error(w, `<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>`, http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	for _, to := range []string{"arn:aws:events:eu-west-1:123456789012:event-bus/b", "arn:aws:sns:eu-west-1:123456789012:t.fifo"} {
		file, _ := writeChanges(t, "--account", "777788889999")
		if said := ends(t, alert(t.Context(), t, to, file, awsEnv(server.URL)...), 1); !strings.Contains(said, "3 changes wait") {
			t.Errorf("%s: says %s", to, said)
		}
	}
	if len(sent) != 3 || len(strings.Fields(sent[0])) != 3 || sent[0] == sent[1] {
		t.Errorf("sent %q", sent)
	}
}
