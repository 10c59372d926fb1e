package proof_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/s3server"
	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
	"plantrail/pipeline/store"
)

// trailCount is how many trails are changed: all kinds twice, or PLANTRAIL_TRAILS.
func trailCount(t *testing.T) int {
	text := os.Getenv("PLANTRAIL_TRAILS")
	if text == "" {
		return 2 * len(changes)
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// Every verdict of the AWS CLI is plantrail's, except where the CLI is known not to look.
func TestAgainstCLI(t *testing.T) {
	interpreter := python(t, "awscli")
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, bucket)

	worlds := make([]*world, trailCount(t))
	var trails []described
	for i := range worlds {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		change := changes[i%len(changes)]
		w := newWorld(i, random)
		w.change = change.name
		change.do(w, random)
		worlds[i], trails = w, append(trails, w.described)
	}
	upload(t, server, worlds)
	first, second := digesttest.Signers()
	endpoint := serveCloudTrail(t, []digest.Key{first.Key(), second.Key()}, trails)
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", endpoint)

	said := validate(t, interpreter, server.Endpoint(), endpoint, worlds)
	blind := map[string]int{}
	for i, w := range worlds {
		report := verify(t, server, w)
		compare(t, i, w, said[i], report, blind)
		altered, unproven := report.Worst()
		must := changes[i%len(changes)].found
		if got := altered || unproven || len(report.Gaps) > 0; got != must {
			t.Errorf("trail %d, %s: found %t: %v", i, w.change, got, report.Findings)
		}
	}
	t.Logf("%d trails; what the CLI does not see: %v", len(worlds), blind)
}

func upload(t *testing.T, server *s3server.Server, worlds []*world) {
	t.Helper()
	var group sync.WaitGroup
	limit := make(chan struct{}, 16)
	for _, w := range worlds {
		for key, object := range w.objects {
			limit <- struct{}{}
			group.Go(func() {
				defer func() { <-limit }()
				_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(object.Body), Metadata: object.Metadata,
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
}

// An answer is what the CLI said of a trail.
type answer struct {
	Code     int
	Out, Err string
}

// validate has the AWS CLI validate all trails.
func validate(t *testing.T, interpreter, s3Endpoint, endpoint string, worlds []*world) []answer {
	t.Helper()
	var calls [][]string
	for _, w := range worlds {
		args := []string{
			"--trail-arn", w.described.TrailARN, "--start-time", "2026-11-01T00:00:00Z",
			"--end-time", w.Now.Add(2 * time.Hour).Format(time.RFC3339), "--region", w.Region, "--verbose",
		}
		if w.described.IsOrganizationTrail {
			args = append(args, "--account-id", w.Account)
		}
		calls = append(calls, args)
	}
	input, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, interpreter, "validate.py", input, []string{
		"AWS_ENDPOINT_URL_S3=" + s3Endpoint, "AWS_ENDPOINT_URL_ORGANIZATIONS=" + endpoint, "AWS_PAGER=",
	})
	var answers []answer
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%v: %.500s", err, out)
	}
	return answers
}

func verify(t *testing.T, server *s3server.Server, w *world) *pipeline.VerifyReport {
	t.Helper()
	return verifyAt(t, server, server.Endpoint(), w)
}

// verifyAt verifies a trail through another endpoint of the server.
func verifyAt(t *testing.T, server *s3server.Server, endpoint string, w *world) *pipeline.VerifyReport {
	t.Helper()
	source, err := store.ParseURL(strings.Replace(server.URL(bucket, w.described.S3KeyPrefix), server.Endpoint(), endpoint, 1))
	if err != nil {
		t.Fatal(err)
	}
	c := pipeline.VerifyConfig{Config: pipeline.DefaultConfig()}
	c.Sources, c.Log = []store.URL{source}, slog.New(slog.DiscardHandler)
	report, err := pipeline.Verify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// compare compares the verdicts on each object. What plantrail alone says is counted by
// why the CLI does not.
func compare(t *testing.T, number int, w *world, said answer, report *pipeline.VerifyReport, blind map[string]int) {
	t.Helper()
	ours := map[string]string{}
	for _, f := range report.Findings {
		ours[f.Key] = f.Verdict.String() + ": " + f.Error
	}
	invalid := map[string]bool{}
	valid := 0
	for line := range strings.Lines(said.Out + said.Err) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 {
			continue
		}
		key, verdict := fields[1], fields[2]
		if verdict == "valid" {
			valid++
			if mine, found := ours[key]; found && !unseen(w, key, mine, blind) {
				t.Errorf("trail %d, %s: %s is valid to the CLI, and to us %s", number, w.change, key, mine)
			}
			continue
		}
		invalid[key] = true
		if ours[key] == "" {
			t.Errorf("trail %d, %s: %s is %s to the CLI, and verified to us", number, w.change, key, verdict)
		}
	}
	if valid == 0 {
		t.Errorf("trail %d, %s: the CLI found nothing valid:\n%s%s", number, w.change, said.Out, said.Err)
	}
	for key, mine := range ours {
		if !invalid[key] && !unseen(w, key, mine, blind) {
			t.Errorf("trail %d, %s: the CLI does not say of %s that it is %s\n%s%s", number, w.change, key, mine, said.Out, said.Err)
		}
	}
}

// unseen reports whether the CLI is known not to see something, and counts it.
func unseen(w *world, key, mine string, blind map[string]int) bool {
	why := ""
	switch {
	case strings.Contains(mine, "and its successor"):
		why = "a previous digest's hash that differs from what its successor says"
	case strings.Contains(mine, "something was appended"):
		why = "what follows the first member of a gzip file, which newer versions look at"
	case strings.HasPrefix(mine, "unlisted"):
		why = "a log file that no digest names"
	case strings.HasPrefix(mine, "unproven") && strings.Contains(key, "/CloudTrail/"):
		why = "a log file of no proven hour, or of a digest that is not proven"
	case !strings.Contains(key, "_"+w.Name+"_") && strings.Contains(key, "/CloudTrail-Digest/"), strings.Contains(key, "_anot"):
		why = "another trail on the same prefix: the CLI checks one a call"
	case strings.HasPrefix(mine, "altered: it says that it lies at") && w.change == "a digest more":
		why = "a digest that no other names, and that lies between two that are linked"
	}
	if why == "" {
		return false
	}
	blind[why]++
	return true
}

// Of clean trails of all kinds, nothing is found.
func TestCleanTrails(t *testing.T) {
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, bucket)
	worlds := make([]*world, 100)
	for i := range worlds {
		worlds[i] = newWorld(i, rand.New(rand.NewPCG(uint64(i), 11)))
	}
	upload(t, server, worlds)
	first, second := digesttest.Signers()
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", serveCloudTrail(t, []digest.Key{first.Key(), second.Key()}, nil))
	for i, w := range worlds {
		report := verify(t, server, w)
		altered, unproven := report.Worst()
		if altered || unproven || len(report.Findings)+len(report.Gaps) > 0 || report.LogFiles.Verified == 0 || report.LogFiles.Verified != report.LogFiles.Total() {
			t.Errorf("trail %d: %+v %v %v", i, report.LogFiles, report.Findings, report.Gaps)
		}
	}
}
