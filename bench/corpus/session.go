package corpus

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// sessionLength is how long temporary credentials are good for.
const sessionLength = time.Hour

// rareWrites is how much more rarely a session makes a call that writes.
const rareWrites = 4

// A session is a run of calls by one caller from one place.
type session struct {
	identity string // the record's userIdentity
	arn      string // of the caller
	address  string // sourceIPAddress
	agent    string // userAgent
	console  bool   // whether the credentials come from the console
	internal bool   // whether a service of AWS calls
	calls    []int  // the few calls it makes
}

// newSession returns a session of the account that began not long before now.
func newSession(rng *rand.Rand, a *account, now time.Time, calls []compiled) session {
	s := session{address: address(rng), agent: agent(rng)}
	began := now.Add(-upTo(rng, sessionLength)).Truncate(time.Second).Format(time.RFC3339)
	role, user := pickSkewed(rng, a.pools["role"]), pickSkewed(rng, a.pools["user"])
	switch kind := rng.IntN(100); {
	case kind < 15:
		s.internal = true
		s.agent = pick(rng, internalCallers())
		s.address = s.agent
		s.arn = s.agent
		s.identity = fmt.Sprintf(`{"type":"AWSService","invokedBy":"%s"}`, s.agent)
	case kind < 35:
		s.byUser(rng, a, user, began)
	default:
		s.byRole(rng, a, role, user, began)
	}
	for n := 2 + rng.IntN(6); len(s.calls) < n; {
		i := rng.IntN(len(calls))
		if calls[i].internal != s.internal || calls[i].writes && rng.IntN(rareWrites) > 0 {
			continue
		}
		s.calls = append(s.calls, i)
	}
	return s
}

// byUser makes the caller a user: a program with a long-lived key, or a person
// at the console.
func (s *session) byUser(rng *rand.Rand, a *account, user, began string) {
	s.arn = "arn:aws:iam::" + a.id + ":user/" + user
	id := principal("AIDA", a.id, user)
	if rng.IntN(2) == 0 {
		s.identity = fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"%s","accountId":"%s","accessKeyId":"%s","userName":"%s"}`,
			id, s.arn, a.id, accessKey(rng, "AKIA"), user)
		return
	}
	s.console = true
	s.agent = pick(rng, browsers())
	s.identity = fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"%s","accountId":"%s","accessKeyId":"%s","userName":"%s","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},"attributes":{"creationDate":"%s","mfaAuthenticated":"true"}}}`,
		id, s.arn, a.id, accessKey(rng, "ASIA"), user, began)
}

// byRole makes the caller a role, assumed by a person, a machine or a pod.
func (s *session) byRole(rng *rand.Rand, a *account, role, user, began string) {
	name, federation := user, `{}`
	switch rng.IntN(3) {
	case 0:
		name = pickSkewed(rng, a.pools["instance"])
	case 1:
		federation = fmt.Sprintf(`{"federatedProvider":"arn:aws:iam::%s:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/%016X","attributes":{}}`, a.id, hash(a.id))
		name = fmt.Sprint("botocore-session-", 1700000000+rng.IntN(1e8))
	}
	id := principal("AROA", a.id, role)
	s.arn = fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", a.id, role, name)
	s.identity = fmt.Sprintf(`{"type":"AssumedRole","principalId":"%s:%s","arn":"%s","accountId":"%s","accessKeyId":"%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%s","arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"webIdFederationData":%s,"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}}`,
		id, name, s.arn, a.id, accessKey(rng, "ASIA"), id, a.id, role, a.id, role, federation, began)
}

// principal returns the id of a user or role, always the same.
func principal(prefix, account, name string) string {
	own := rand.New(rand.NewPCG(hash(account), hash(name)))
	return string(appendFrom([]byte(prefix), own, upper, 17))
}

// accessKey returns an id of an access key that says itself that it is none.
func accessKey(rng *rand.Rand, prefix string) string {
	return string(appendFrom([]byte(prefix), rng, upper, 9)) + "EXAMPLE"
}

// address returns an address of the ranges reserved for documentation.
func address(rng *rand.Rand) string {
	if rng.IntN(10) == 0 {
		return fmt.Sprintf("2001:db8:%x:%x::%x", rng.IntN(1<<16), rng.IntN(1<<16), 1+rng.IntN(1<<16-1))
	}
	return pick(rng, []string{"192.0.2.", "198.51.100.", "203.0.113."}) + fmt.Sprint(1+rng.IntN(254))
}

func internalCallers() []string {
	return []string{
		"lambda.amazonaws.com", "ec2.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com",
		"dynamodb.amazonaws.com", "ecs-tasks.amazonaws.com", "autoscaling.amazonaws.com", "AWS Internal",
	}
}

func browsers() []string {
	return []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Safari/605.1.15",
		"AWS Internal",
	}
}

// agent returns the user agent of a program.
func agent(rng *rand.Rand) string {
	minor, patch := rng.IntN(60), rng.IntN(200)
	switch rng.IntN(8) {
	case 0:
		return fmt.Sprintf("Boto3/1.34.%d md/Botocore#1.34.%d ua/2.0 os/linux#5.10.%d-198.748.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.6 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.34.%d", patch, patch, patch, patch)
	case 1:
		return fmt.Sprintf("aws-cli/2.15.%d Python/3.11.6 Linux/5.10.%d-186.855.amzn2.x86_64 exe/x86_64.amzn.2 prompt/off command/ec2.describe-instances", minor, patch)
	case 2:
		return fmt.Sprintf("APN/1.0 HashiCorp/1.0 Terraform/1.7.%d (+https://www.terraform.io) terraform-provider-aws/5.%d.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.6 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.144.0", minor, minor)
	case 3:
		return fmt.Sprintf("aws-sdk-go/1.44.%d (go1.19.8; linux; amd64) amazon-ssm-agent/3.2.%d.0", patch, patch)
	case 4:
		return fmt.Sprintf("aws-sdk-java/2.21.%d Linux/5.10.%d-198.748.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.9+8-LTS Java/17.0.9 vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/legacy", minor, patch)
	case 5:
		return fmt.Sprintf("aws-sdk-js/3.%d.0 ua/2.0 os/linux#5.10.%d lang/js md/nodejs#20.9.0 api/dynamodb#3.%d.0 exec-env/AWS_Lambda_nodejs20.x", 400+patch, patch, 400+patch)
	case 6:
		return fmt.Sprintf("kubernetes-cluster-autoscaler/1.28.%d aws-sdk-go/1.48.%d (go1.21.5; linux; arm64)", minor%10, patch)
	default:
		return fmt.Sprintf("aws-internal/3 aws-sdk-java/1.12.%d Linux/5.10.%d-183.745.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.392-b08 java/1.8.0_392 vendor/Oracle_Corporation cfg/retry-mode/standard", patch, patch)
	}
}
