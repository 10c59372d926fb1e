package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// A catcher takes requests to AWS and sends none. It is how a test sees what
// the SDK makes of a file.
type catcher struct{ body []byte }

// Do implements the SDK's HTTP client.
func (c *catcher) Do(r *http.Request) (*http.Response, error) {
	var err error
	c.body, err = io.ReadAll(r.Body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, err
}

func (c *catcher) batch() *batch.Client {
	return batch.New(batch.Options{Region: "us-east-1", HTTPClient: c, Credentials: keys()})
}

func (c *catcher) scheduler() *scheduler.Client {
	return scheduler.New(scheduler.Options{Region: "us-east-1", HTTPClient: c, Credentials: keys()})
}

func keys() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")
}

// decodeStrictly decodes a file into an SDK's type. A field that the type does
// not have, or a value that its enumeration does not have, fails the test.
func decodeStrictly(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
	checkEnums(t, reflect.ValueOf(into))
}

// checkEnums looks for values that their types do not list.
func checkEnums(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			checkEnums(t, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			checkEnums(t, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkEnums(t, v.Index(i))
		}
	case reflect.String:
		list := v.MethodByName("Values")
		if !list.IsValid() || v.String() == "" {
			return
		}
		values := list.Call(nil)[0]
		for i := range values.Len() {
			if values.Index(i).String() == v.String() {
				return
			}
		}
		t.Errorf("%s has no value %q", v.Type(), v.String())
	}
}

// sentAs checks that what the SDK sends is what the file says, letter by
// letter: its types are decoded whatever the case, the service's are not. The
// SDK refuses to send what lacks a required field.
func sentAs(t *testing.T, c *catcher, file []byte, send func(context.Context) error, elsewhere ...string) {
	t.Helper()
	if err := send(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sent, want map[string]any
	if err := json.Unmarshal(c.body, &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range elsewhere { // in the path, or made by the SDK
		delete(sent, name)
		delete(want, name)
	}
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent\n%v\nwant\n%v", sent, want)
	}
}

func jobDefinition(t *testing.T) *batch.RegisterJobDefinitionInput {
	t.Helper()
	in := new(batch.RegisterJobDefinitionInput)
	decodeStrictly(t, read(t, "batch/job-definition.json"), in)
	return in
}

func TestJobDefinition(t *testing.T) {
	in, c := jobDefinition(t), new(catcher)
	sentAs(t, c, read(t, "batch/job-definition.json"), func(ctx context.Context) error {
		_, err := c.batch().RegisterJobDefinition(ctx, in)
		return err
	})
	container := in.ContainerProperties
	if !*container.ReadonlyRootFilesystem || strings.HasPrefix(*container.User, "0") {
		t.Error("the container runs as root, or may write anywhere")
	}
	if len(container.MountPoints) != 1 || *container.MountPoints[0].ContainerPath != "/tmp" || len(container.Volumes) != 1 ||
		*container.MountPoints[0].SourceVolume != *container.Volumes[0].Name {
		t.Error("there is no volume at /tmp")
	}
	// What Fargate offers with two cores begins at 4 GiB.
	for _, r := range container.ResourceRequirements {
		if n, err := strconv.Atoi(*r.Value); err != nil || (r.Type == types.ResourceTypeMemory && n < 4096) {
			t.Errorf("%s %s", r.Type, *r.Value)
		}
	}
}

// Each exit code has the action that fits what it means. What no condition
// names is tried again.
func TestRetryStrategy(t *testing.T) {
	retry := jobDefinition(t).RetryStrategy
	if n := len(retry.EvaluateOnExit); n > 5 || *retry.Attempts < 2 || *retry.Attempts > 10 {
		t.Errorf("%d conditions, %d attempts: Batch takes 5 and 10 at most", n, *retry.Attempts)
	}
	got := map[string]types.RetryAction{}
	for _, c := range retry.EvaluateOnExit {
		if c.OnExitCode != nil {
			got[*c.OnExitCode] = c.Action
		} else {
			t.Errorf("a condition without an exit code: %+v", c)
		}
	}
	want := map[string]types.RetryAction{
		strconv.Itoa(exitFailed):      types.RetryActionRetry,
		strconv.Itoa(exitUsage):       types.RetryActionExit,
		strconv.Itoa(exitIncomplete):  types.RetryActionExit,
		strconv.Itoa(exitAltered):     types.RetryActionExit,
		strconv.Itoa(exitInterrupted): types.RetryActionRetry,
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// batchCall is the call of the job definition.
func batchCall(t *testing.T) call {
	t.Helper()
	container := jobDefinition(t).ContainerProperties
	env := map[string]string{}
	for _, v := range container.Environment {
		env[*v.Name] = *v.Value
	}
	return call{args: container.Command, env: env}
}

func backfillJob(t *testing.T) *batch.SubmitJobInput {
	t.Helper()
	in := new(batch.SubmitJobInput)
	decodeStrictly(t, read(t, "batch/backfill.json"), in)
	return in
}

func arraySize(t *testing.T) int { return int(*backfillJob(t).ArrayProperties.Size) }

func TestArrayJob(t *testing.T) {
	in, c := backfillJob(t), new(catcher)
	sentAs(t, c, read(t, "batch/backfill.json"), func(ctx context.Context) error {
		_, err := c.batch().SubmitJob(ctx, in)
		return err
	})
	if n := arraySize(t); n < 2 || n > 10000 {
		t.Errorf("size %d: Batch takes 2 to 10,000", n)
	}
	if *in.JobDefinition != *jobDefinition(t).JobDefinitionName {
		t.Errorf("there is no job definition %s", *in.JobDefinition)
	}
}

// The schedules submit the job that the definition describes, and may.
func TestSchedule(t *testing.T) {
	for _, name := range []string{"batch/nightly.json", "batch/verify.json"} {
		in, c := new(scheduler.CreateScheduleInput), new(catcher)
		decodeStrictly(t, read(t, name), in)
		sentAs(t, c, read(t, name), func(ctx context.Context) error {
			_, err := c.scheduler().CreateSchedule(ctx, in)
			return err
		}, "Name", "ClientToken")
		job := submitted(t, name)
		var names map[string]any
		if err := json.Unmarshal([]byte(*in.Target.Input), &names); err != nil {
			t.Fatal(err)
		}
		for name := range names {
			if _, ok := reflect.TypeOf(*job).FieldByName(name); !ok {
				t.Errorf("%s: the scheduler wants its names to begin with a capital letter", name)
			}
		}
		if *job.JobDefinition != *jobDefinition(t).JobDefinitionName || *job.JobQueue != *backfillJob(t).JobQueue {
			t.Errorf("submits %s to %s", *job.JobDefinition, *job.JobQueue)
		}
		may := readPolicy(t, "iam/submit-nightly.json")
		for _, on := range []string{*job.JobQueue, "arn:aws:batch:us-east-1:111122223333:job-definition/" + *job.JobDefinition} {
			if !may.allows(request{action: "batch:SubmitJob", resource: on}) {
				t.Errorf("the scheduler's role may not submit: %s", on)
			}
		}
	}
}

// submitted is the job that a schedule submits.
func submitted(t *testing.T, name string) *batch.SubmitJobInput {
	t.Helper()
	in, job := new(scheduler.CreateScheduleInput), new(batch.SubmitJobInput)
	decodeStrictly(t, read(t, name), in)
	decodeStrictly(t, []byte(*in.Target.Input), job)
	return job
}
