package deploy_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/bench/s3server"
	"plantrail/pipeline/digest/digesttest"
)

// signedBucket is that of a trail with digests.
const signedBucket = "amzn-s3-demo-source-bucket3"

// putSigned delivers a few hours of a trail with its digests, into a new bucket unless it
// is that of the sample trail.
func putSigned(t *testing.T, server *s3server.Server, bucket string) {
	t.Helper()
	signer, _ := digesttest.Signers()
	delivered := &digesttest.Trail{
		Signer: signer, Bucket: bucket, Root: sourcePrefix + "/", Account: "111122223333", Region: "eu-west-1",
		Name: "trail", Home: "us-east-1", Objects: digesttest.Bucket{}, Now: time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC),
	}
	for hour := range 4 {
		delivered.Digest(nil, delivered.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%d"}]}`, hour)))
	}
	if bucket != sourceBucket {
		server.CreateBucket(t, bucket)
	}
	for key, object := range delivered.Objects {
		_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: bytes.NewReader(object.Body), Metadata: object.Metadata,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
