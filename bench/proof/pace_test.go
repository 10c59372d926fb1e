package proof_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"plantrail/bench/fault"
	"plantrail/bench/s3server"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// spent is wall time and CPU: of this process, and of its children that have ended.
type spent struct{ wall, own, children time.Duration }

func cpu(who int) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(who, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measure(do func()) spent {
	began, own, children := time.Now(), cpu(syscall.RUSAGE_SELF), cpu(syscall.RUSAGE_CHILDREN)
	do()
	return spent{time.Since(began), cpu(syscall.RUSAGE_SELF) - own, cpu(syscall.RUSAGE_CHILDREN) - children}
}

// paceDelay is how long S3 takes to answer at the least.
const paceDelay = 20 * time.Millisecond

// On the same server, as far away as S3 is, and the same log files, verify is at least
// thirty times as fast as aws cloudtrail validate-logs. It takes minutes: PLANTRAIL_PACE=1.
func TestPace(t *testing.T) {
	if os.Getenv("PLANTRAIL_PACE") == "" {
		t.Skip("it takes minutes: PLANTRAIL_PACE=1 runs it")
	}
	interpreter := python(t, "awscli")
	server := s3server.Start(t)
	server.SetEnv(t)
	server.CreateBucket(t, bucket)
	first, second := digesttest.Signers()
	w := &world{objects: digesttest.Bucket{}}
	w.Trail = &digesttest.Trail{
		Signer: first, Bucket: bucket, Root: "p/pace/AWSLogs/", Account: "111122223333", Region: "us-west-2",
		Name: "pace", Home: "us-east-1", Objects: w.objects, Now: from,
	}
	w.described = described{Name: "pace", S3BucketName: bucket, S3KeyPrefix: "p/pace", TrailARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/pace", HomeRegion: "us-east-1"}
	for range 50 {
		deliver(w.Trail, 100)
	}
	upload(t, server, []*world{w})
	endpoint := serveCloudTrail(t, []digest.Key{first.Key(), second.Key()}, []described{w.described})
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", endpoint)

	far, err := fault.Start(server.Endpoint(), fault.Config{Delay: paceDelay, Blind: true})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()

	var verified int
	ours := measure(func() { verified = verifyAt(t, server, far.Endpoint(), w).LogFiles.Verified })
	theirs := measure(func() { validate(t, interpreter, far.Endpoint(), endpoint, []*world{w}) })
	if verified != 5000 {
		t.Errorf("%d log files verified", verified)
	}
	faster := theirs.wall.Seconds() / ours.wall.Seconds()
	t.Logf("5,000 log files, %v away: verify %.2f s, %.2f s CPU; validate-logs %.1f s, %.1f s CPU: %.0f times as fast, %.0f times less CPU", paceDelay,
		ours.wall.Seconds(), ours.own.Seconds(), theirs.wall.Seconds(), theirs.children.Seconds(), faster, theirs.children.Seconds()/ours.own.Seconds())
	if faster < 30 {
		t.Errorf("%.1f times as fast", faster)
	}
}
