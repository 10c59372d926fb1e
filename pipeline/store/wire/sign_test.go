package wire_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"plantrail/pipeline/store/wire"
)

const noBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A signing is all that a signature depends on.
type signing struct {
	host, key, query, owner, payer string
	who                            aws.Credentials
	region                         string
	at                             time.Time
}

// bySDK returns the headers that the SDK's signer gives the same request.
func (s signing) bySDK(t *testing.T) http.Header {
	t.Helper()
	r := &http.Request{Method: http.MethodGet, Host: s.host, Header: http.Header{}, URL: &url.URL{
		Scheme: "https", Host: s.host, Opaque: "//" + s.host + "/" + httpbinding.EscapePath(s.key, false),
		RawQuery: s.query,
	}}
	r.Header.Set("X-Amz-Content-Sha256", noBody)
	if s.owner != "" {
		r.Header.Set("X-Amz-Expected-Bucket-Owner", s.owner)
	}
	if s.payer != "" {
		r.Header.Set("X-Amz-Request-Payer", s.payer)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(t.Context(), s.who, r, noBody, "s3", s.region, s.at); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Host", s.host)
	return r.Header
}

func (s signing) byWire(t *testing.T, signer *wire.Signer) http.Header {
	t.Helper()
	text := wire.SignedHeaders(signer, s.host, "/"+wire.Escape(s.key), s.query, s.owner, s.payer, s.who, s.at)
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(text + "\r\n"))).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("%v of %q", err, text)
	}
	return http.Header(header)
}

// equal compares the two byte by byte.
func (s signing) equal(t *testing.T, signer *wire.Signer) {
	t.Helper()
	want, got := s.bySDK(t), s.byWire(t, signer)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v:\nsigned %v\nwant   %v", s, got, want)
	}
}

func TestSign(t *testing.T) {
	base := signing{
		host: "trail.s3.us-west-2.amazonaws.com", key: "AWSLogs/111122223333/CloudTrail/us-west-2/2024/03/01/x.json.gz",
		who: aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, region: "us-west-2",
		at: time.Date(2024, 3, 1, 23, 59, 59, 0, time.UTC),
	}
	signer := wire.NewSigner("us-west-2", "s3")
	for name, change := range map[string]func(*signing){
		"plain":              func(*signing) {},
		"spaces and percent": func(s *signing) { s.key = " a  b/%20+%/é/\u2028" },
		"slashes and dots":   func(s *signing) { s.key = "//a/./../b//" },
		"control characters": func(s *signing) { s.key = "\x00\x01\n\r\t\x7f\xff" },
		"no key":             func(s *signing) { s.key, s.query = "", "encoding-type=url&list-type=2&prefix=a%2Fb%20c" },
		"a token":            func(s *signing) { s.who.SessionToken = "IQoJb3JpZ2luX2VjE//+==" },
		"owner and payer":    func(s *signing) { s.owner, s.payer = "111122223333", "requester" },
		"all of them":        func(s *signing) { s.owner, s.payer, s.who.SessionToken = "1", "requester", "t" },
		"the next day":       func(s *signing) { s.at = s.at.Add(time.Second) },
		"another zone":       func(s *signing) { s.at = s.at.In(time.FixedZone("", 7*3600)) },
		"another key":        func(s *signing) { s.who.SecretAccessKey = strings.Repeat("long", 40) },
		"a port":             func(s *signing) { s.host = "127.0.0.1:9000" },
	} {
		t.Run(name, func(t *testing.T) {
			s := base
			change(&s)
			s.equal(t, signer)
			base.equal(t, signer) // the day's key changes back
		})
	}
}

// FuzzSign holds signatures against the SDK's.
func FuzzSign(f *testing.F) {
	f.Add("a b+c%/é//\x01", "p/+ %", "AKID", "secret", "token", "us-east-1", int64(1709337599))
	f.Add("", "", "A", "", "", "eu-west-1", int64(0))
	f.Fuzz(func(t *testing.T, key, prefix, id, secret, token, region string, unix int64) {
		for _, field := range []string{id, token, region} {
			if strings.TrimFunc(field, func(r rune) bool { return r > ' ' && r < 0x7f }) != "" {
				t.Skip("a header cannot have it, and a bucket is not opened so")
			}
		}
		at := time.Unix(unix%(1<<37), 0).UTC()
		if at.Year() < 1 || at.Year() > 9999 {
			t.Skip("no such time")
		}
		s := signing{
			host: "bucket.example", key: key, region: region, at: at,
			who: aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token},
		}
		signer := wire.NewSigner(region, "s3")
		s.equal(t, signer)
		s.key, s.owner, s.payer = "", "111122223333", "requester"
		s.query = "encoding-type=url&list-type=2" + strings.Repeat("&prefix=", min(len(prefix), 1)) + strings.ReplaceAll(url.QueryEscape(prefix), "+", "%20")
		if got := wire.ListQuery(prefix); got != s.query {
			t.Errorf("query %s, want %s", got, s.query)
		}
		s.equal(t, signer)
	})
}
