package gunzip_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A trail makes records like those of CloudTrail, the same for the same seed.
type trail struct {
	*rand.Rand
	when  time.Time
	users []string
	roles []string
	keys  []string
	ips   []string
}

var trailEvents = [...]struct{ source, name, request, response string }{
	{"s3", "GetObject", `{"bucketName":"{name}","Host":"{name}.s3.us-east-1.amazonaws.com","key":"data/{id}/part-{n}.parquet"}`, `null`},
	{"s3", "PutObject", `{"bucketName":"{name}","Host":"{name}.s3.us-east-1.amazonaws.com","key":"logs/{id}.json.gz","x-amz-acl":"bucket-owner-full-control"}`, `{"x-amz-server-side-encryption":"AES256"}`},
	{"s3", "ListBuckets", `{"Host":"s3.amazonaws.com"}`, `null`},
	{"sts", "AssumeRole", `{"roleArn":"arn:aws:iam::111122223333:role/{name}","roleSessionName":"{id}","durationSeconds":{n}}`, `{"credentials":{"accessKeyId":"ASIA{id}","expiration":"Jul 10, 2023 1:05:33 PM"},"assumedRoleUser":{"assumedRoleId":"AROA{id}:{name}","arn":"arn:aws:sts::111122223333:assumed-role/{name}/{id}"}}`},
	{"ec2", "DescribeInstances", `{"maxResults":1000,"instancesSet":{},"filterSet":{"items":[{"name":"tag:Name","valueSet":{"items":[{"value":"{name}"}]}}]}}`, `null`},
	{"ec2", "DescribeVolumes", `{"volumeSet":{"items":[{"volumeId":"vol-{id}"}]},"filterSet":{}}`, `null`},
	{"ec2", "RunInstances", `{"instancesSet":{"items":[{"imageId":"ami-{id}","minCount":1,"maxCount":1}]},"instanceType":"m5.large","blockDeviceMapping":{},"monitoring":{"enabled":false}}`, `{"requestId":"{uuid}","reservationId":"r-{id}"}`},
	{"kms", "Decrypt", `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::{name}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, `null`},
	{"kms", "GenerateDataKey", `{"keySpec":"AES_256","keyId":"arn:aws:kms:us-east-1:111122223333:key/{uuid}"}`, `null`},
	{"iam", "GetRolePolicy", `{"roleName":"{name}","policyName":"policy-{n}"}`, `null`},
	{"logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/{name}","logStreamName":"2023/07/10/[$LATEST]{id}"}`, `null`},
	{"lambda", "Invoke20150331", `{"functionName":"arn:aws:lambda:us-east-1:111122223333:function:{name}","invocationType":"RequestResponse"}`, `null`},
	{"dynamodb", "GetItem", `{"tableName":"{name}","key":{"id":"{uuid}"}}`, `null`},
	{"cloudformation", "DescribeStackResources", `{"stackName":"{name}-{n}"}`, `null`},
	{"support", "DescribeTrustedAdvisorChecks", `{"language":"en"}`, `null`},
}

var trailAgents = [...]string{
	"aws-cli/2.12.6 Python/3.11.4 Linux/5.15.0-76-generic exe/x86_64.ubuntu.22 prompt/off command/ec2.describe-instances",
	"Boto3/1.26.165 Python/3.9.16 Linux/4.14.318-241.531.amzn2.x86_64 exec-env/AWS_Lambda_python3.9 Botocore/1.29.165",
	"AWS Internal", "s3.amazonaws.com", "lambda.amazonaws.com", "cloudformation.amazonaws.com",
	"APN/1.0 HashiCorp/1.0 Terraform/1.5.2 (+https://www.terraform.io) terraform-provider-aws/5.7.0 aws-sdk-go/1.44.298 (go1.19.8; linux; amd64)",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36",
}

var trailWords = [...]string{
	"payments", "ingest", "prod", "staging", "worker", "audit", "billing", "deploy", "search",
	"archive", "metrics", "orders", "frontend", "etl", "cache", "admin", "backup", "events", "reports", "gateway",
}

// newTrail returns a trail of the given number of users, who do the more kinds
// of things the more they are.
func newTrail(seed uint64, users int) *trail {
	t := &trail{
		Rand: rand.New(rand.NewPCG(seed, 1)),
		when: time.Date(2023, 7, 10, 12, 0, 0, 0, time.UTC),
	}
	for range users {
		t.users = append(t.users, fmt.Sprintf("%s.%s%d", t.word(), t.word(), t.IntN(100)))
		t.roles = append(t.roles, fmt.Sprintf("%s-%s-%s", t.word(), t.word(), t.word()))
		t.keys = append(t.keys, t.id(16))
		t.ips = append(t.ips, fmt.Sprintf("%d.%d.%d.%d", t.IntN(256), t.IntN(256), t.IntN(256), t.IntN(256)))
	}
	return t
}

func (t *trail) word() string { return trailWords[t.IntN(len(trailWords))] }

func (t *trail) pick(of []string) string { return of[min(t.IntN(len(of)), t.IntN(len(of)))] }

// id returns n random letters and digits.
func (t *trail) id(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[t.IntN(32)]
	}
	return string(b)
}

func (t *trail) uuid() string {
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", t.Uint32(), t.IntN(1<<16), t.IntN(1<<16), t.IntN(1<<16), t.Int64N(1<<48))
}

// file returns a log file of at least size bytes, or the nearest it can.
func (t *trail) file(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for b.Len() < size-2 {
		if b.Len() > 12 {
			b.WriteByte(',')
		}
		t.record(&b)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func (t *trail) record(b *bytes.Buffer) {
	t.when = t.when.Add(time.Duration(t.IntN(3000)) * time.Millisecond)
	who := min(t.IntN(len(t.users)), t.IntN(len(t.users)))
	event := &trailEvents[(who+min(t.IntN(len(trailEvents)), t.IntN(len(trailEvents)), len(t.users)))%len(trailEvents)]
	b.WriteString(`{"eventVersion":"1.08","userIdentity":`)
	switch t.IntN(4) {
	case 0:
		fmt.Fprintf(b, `{"type":"IAMUser","principalId":"AIDA%s","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333","accessKeyId":"AKIA%s","userName":"%s"}`,
			t.keys[who], t.users[who], t.keys[len(t.keys)-1-who], t.users[who])
	case 1:
		fmt.Fprintf(b, `{"type":"AWSService","invokedBy":"%s.amazonaws.com"}`, event.source)
	default:
		fmt.Fprintf(b, `{"type":"AssumedRole","principalId":"AROA%[1]s:%[2]s","arn":"arn:aws:sts::111122223333:assumed-role/%[3]s/%[2]s","accountId":"111122223333","accessKeyId":"ASIA%[4]s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%[1]s","arn":"arn:aws:iam::111122223333:role/%[3]s","accountId":"111122223333","userName":"%[3]s"},"webIdFederationData":{},"attributes":{"creationDate":"%[5]s","mfaAuthenticated":"false"}}}`,
			t.keys[who], t.users[who], t.roles[who], t.id(16), t.when.Add(-time.Duration(t.IntN(3600))*time.Second).Format(time.RFC3339))
	}
	fmt.Fprintf(b, `,"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"%s","userAgent":"%s","requestParameters":`,
		t.when.Format(time.RFC3339), event.source, event.name, t.ips[who], trailAgents[(who+t.IntN(2))%len(trailAgents)])
	fill := strings.NewReplacer("{name}", t.pick(t.roles), "{id}", t.id(12), "{n}", strconv.Itoa(t.IntN(4000)), "{uuid}", t.uuid())
	b.WriteString(fill.Replace(event.request))
	b.WriteString(`,"responseElements":`)
	b.WriteString(fill.Replace(event.response))
	if t.IntN(8) == 0 {
		b.WriteString(`,"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform this action"`)
	}
	fmt.Fprintf(b, `,"requestID":"%s","eventID":"%s","readOnly":%t,"eventType":"AwsApiCall","managementEvent":%t,"recipientAccountId":"111122223333","eventCategory":"%s","tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":"%s.us-east-1.amazonaws.com"}}`,
		t.uuid(), t.uuid(), t.IntN(3) > 0, event.source != "s3", "Management", event.source)
}
