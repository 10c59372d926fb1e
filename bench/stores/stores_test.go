package stores_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/corpus"
	"plantrail/bench/s3server"
	"plantrail/bench/soak"
	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
)

const (
	shards = 4
	bucket = "tables"
	secret = "testtest"
	// startTime is generous: two of them begin with a virtual machine.
	startTime = 2 * time.Minute
)

// A server is how to start one, below a folder of its own, and what it is good
// for.
type server struct {
	program string // in PATH or in the folder that PLANTRAIL_STORES names
	jar     string // or for java, there
	args    func(port, folder string) []string
	env     func(port, folder string) []string
	refused string // what every run says; "": a table there is exact
	may     string // what a run may say, because only some of its tries see it; else it is exact
}

func servers() map[string]server {
	return map[string]server{
		"gofakes3": {program: "gofakes3", args: func(port, _ string) []string {
			return []string{"-backend", "mem", "-host", "127.0.0.1:" + port}
		}},
		"MinIO": {
			program: "minio",
			args: func(port, folder string) []string {
				return []string{"server", "--address", "127.0.0.1:" + port, folder}
			},
			env: func(string, string) []string {
				return []string{"MINIO_ROOT_USER=" + secret, "MINIO_ROOT_PASSWORD=" + secret, "MINIO_BROWSER=off"}
			},
		},
		"SeaweedFS": {program: "weed", args: func(port, folder string) []string {
			args := []string{"server", "-dir=" + folder, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.port=" + port, "-volume.max=20"}
			for _, part := range []string{"master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port.grpc"} {
				args = append(args, "-"+part+"="+anyPort())
			}
			return args
		}},
		"moto": {program: "moto_server", may: "checks the condition of a put and then puts", args: func(port, _ string) []string { return []string{"-H", "127.0.0.1", "-p", port} }},
		"S3Mock": {
			jar: "s3mock.jar",
			args: func(port, _ string) []string {
				return []string{"--server.port=0", "--com.adobe.testing.s3mock.httpPort=" + port}
			},
			refused: "checks the condition of a put and then puts",
		},
		"S3Proxy": {
			jar: "s3proxy.jar",
			args: func(port, folder string) []string {
				config := filepath.Join(folder, "s3proxy.conf")
				text := "s3proxy.authorization=none\ns3proxy.endpoint=http://127.0.0.1:" + port +
					"\njclouds.provider=filesystem-nio2\njclouds.filesystem.basedir=" + folder + "\n"
				if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
					panic(err)
				}
				return []string{"--properties", config}
			},
			refused: "does not know conditional puts",
		},
	}
}

// Shards that begin a table at once on a real server make an exact one, or are all
// refused before they read anything.
func TestStores(t *testing.T) {
	source := t.TempDir()
	c := corpus.DefaultConfig()
	c.Accounts, c.Days, c.FilesPerDay, c.Planted, c.Duplicates = 2, 10, 4, 80, 20
	stats, err := corpus.WriteDir(c, source)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": secret, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	for name, s := range servers() {
		t.Run(name, func(t *testing.T) { try(t, s.start(t), source, s.refused, s.may, stats.EventIDs) })
	}
	t.Run("versitygw", func(t *testing.T) {
		gateway := s3server.Start(t)
		gateway.SetEnv(t)
		try(t, gateway.Endpoint(), source, "", "", stats.EventIDs)
	})
}

// start runs a server until the test ends and returns its endpoint, or skips the
// test.
func (s server) start(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PLANTRAIL_STORES")
	port, folder := anyPort(), t.TempDir()
	var command []string
	if s.jar != "" {
		java, err := exec.LookPath("java")
		if _, missing := os.Stat(filepath.Join(dir, s.jar)); dir == "" || err != nil || missing != nil {
			t.Skipf("there is no java, or no %s in the folder that PLANTRAIL_STORES names: make stores fetches it", s.jar)
		}
		command = []string{java, "-Xmx512m", "-jar", filepath.Join(dir, s.jar)}
	} else {
		program, err := exec.LookPath(filepath.Join(dir, s.program))
		if dir == "" || err != nil {
			program, err = exec.LookPath(s.program)
		}
		if err != nil {
			t.Skipf("there is no %s: make stores builds those that are Go modules, moto comes from PyPI", s.program)
		}
		command = []string{program}
	}
	run := exec.Command(command[0], append(command[1:], s.args(port, folder)...)...)
	run.Dir = folder
	run.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "AWS_PROFILE=") // botocore looks for a profile without a name
	})
	if s.env != nil {
		run.Env = append(run.Env, s.env(port, folder)...)
	}
	var said strings.Builder
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() {
		run.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("the server said: %s", said.String()[max(0, len(said.String())-4000):])
		}
	})
	endpoint := "http://127.0.0.1:" + port
	client := clientOf(endpoint)
	deadline := time.Now().Add(startTime)
	for {
		_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)})
		if err == nil {
			return endpoint
		}
		select {
		case status := <-ended:
			ended <- status
			t.Fatalf("the server has ended: %v", status)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("no answer after %s: %v", startTime, err)
		}
	}
}

// anyPort returns a port that nobody listens on, for now.
func anyPort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func clientOf(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true, Retryer: aws.NopRetryer{}, HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	})
}

func try(t *testing.T, endpoint, source, refused, may string, want []string) {
	client := clientOf(endpoint)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil && !strings.Contains(err.Error(), "Already") {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	reports, errs := make([]*pipeline.Report, shards), make([]error, shards)
	began := time.Now()
	var group sync.WaitGroup
	for i := range shards {
		c := pipeline.DefaultConfig()
		c.Sources = []store.URL{parse(t, source)}
		c.Table = parse(t, "s3://"+bucket+"/table?path_style=true&region=us-east-1&endpoint="+endpoint)
		c.Shard, c.Partition = pipeline.Shard{Index: i, Count: shards}, table.ByMonth
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
		group.Go(func() { reports[i], errs[i] = pipeline.Run(ctx, c) })
	}
	group.Wait()
	if refused != "" {
		for i, err := range errs {
			if err == nil || !strings.Contains(err.Error(), refused) || strings.Contains(err.Error(), "\n") || reports[i].Read > 0 {
				t.Errorf("shard %d: %v after %d log files, want %q in one line", i, err, reports[i].Read, refused)
			}
		}
		t.Logf("refused in %s: %v", time.Since(began), errs[0])
		return
	}
	if err := errors.Join(errs...); err != nil {
		for i, err := range errs {
			if err != nil && (may == "" || !strings.Contains(err.Error(), may) || reports[i].Read > 0) {
				t.Fatal(err)
			}
		}
		t.Skipf("refused: %v", err)
	}
	files := soak.Files{}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String("table/event")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: o.Key})
			if err != nil {
				t.Fatal(err)
			}
			files[strings.TrimPrefix(*o.Key, "table/")], err = io.ReadAll(out.Body)
			if err != nil {
				t.Fatal(err)
			}
			out.Body.Close()
		}
	}
	rows, err := files.EventIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if lost, doubled := soak.Compare(rows, want); len(lost)+len(doubled) > 0 {
		t.Errorf("%d events lost, %d doubled", len(lost), len(doubled))
	}
	t.Logf("%d events exact in %s", len(rows), time.Since(began))
}

func parse(t *testing.T, place string) store.URL {
	t.Helper()
	u, err := store.ParseURL(place)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
