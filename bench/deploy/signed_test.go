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

// putSigned delivers a few hours of a trail with its digests.
func putSigned(t *testing.T, server *s3server.Server, bucket string) {
	t.Helper()
	if bucket != sourceBucket {
		server.CreateBucket(t, bucket)
	}
	putSignedFrom(t, server, bucket, time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC), 4)
}

// putSignedFrom delivers hours of a trail with its digests from a time on.
func putSignedFrom(t *testing.T, server *s3server.Server, bucket string, from time.Time, hours int) {
	t.Helper()
	signer, _ := digesttest.Signers()
	delivered := &digesttest.Trail{
		Signer: signer, Bucket: bucket, Root: sourcePrefix + "/", Account: "111122223333", Region: "eu-west-1",
		Name: "trail", Home: "us-east-1", Objects: digesttest.Bucket{}, Now: from,
	}
	for hour := range hours {
		delivered.Digest(nil, delivered.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%d"}]}`, hour)))
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
