package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/pipeline/store"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		text string
		want store.URL
		uri  string
	}{
		{"s3://bucket", store.URL{Bucket: "bucket"}, "s3://bucket"},
		{"s3://bucket/", store.URL{Bucket: "bucket"}, "s3://bucket"},
		{"s3://bucket/a/b/", store.URL{Bucket: "bucket", Prefix: "a/b"}, "s3://bucket/a/b"},
		{"s3://bucket/a//b", store.URL{Bucket: "bucket", Prefix: "a//b"}, "s3://bucket/a//b"},
		{"s3://bucket//a", store.URL{Bucket: "bucket", Prefix: "/a"}, "s3://bucket//a"},
		{"s3://bucket/a//", store.URL{Bucket: "bucket", Prefix: "a/"}, "s3://bucket/a//"},
		{"s3://bucket/a/../b/.", store.URL{Bucket: "bucket", Prefix: "a/../b/."}, "s3://bucket/a/../b/."},
		{"s3://my.bucket-1/a?region=eu-west-1", store.URL{Bucket: "my.bucket-1", Prefix: "a", Region: "eu-west-1"}, "s3://my.bucket-1/a"},
		{
			"s3://bucket?endpoint=http://127.0.0.1:9000&path_style=true",
			store.URL{Bucket: "bucket", Endpoint: "http://127.0.0.1:9000", PathStyle: true},
			"s3://bucket",
		},
		{
			"s3://bucket?role_arn=arn:aws:iam::111122223333:role/read&external_id=x&profile=p&expected_owner=111122223333&requester_pays=1",
			store.URL{Bucket: "bucket", RoleARN: "arn:aws:iam::111122223333:role/read", ExternalID: "x", Profile: "p", ExpectedOwner: "111122223333", RequesterPays: true},
			"s3://bucket",
		},
		{"file:///no/such%20folder/", store.URL{Prefix: "no/such folder"}, "file:///no/such folder"},
		{"/no/such/../folder", store.URL{Prefix: "no/folder"}, "file:///no/folder"},
		{"/", store.URL{}, "file://"},
	}
	for _, test := range tests {
		got, err := store.ParseURL(test.text)
		if err != nil || got != test.want || got.String() != test.uri {
			t.Errorf("ParseURL(%q) = %+v, %v; want %+v", test.text, got, err, test.want)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "no place given",
		"s3://":                               "not a bucket's name",
		"s3://a b/x":                          "not a bucket's name",
		"s3:///x":                             "not a bucket's name",
		"s3://bucket?regoin=x":                "unknown parameter",
		"s3://bucket?path_style=maybe":        "write true or false",
		"s3://bucket?endpoint=127.0.0.1:9000": "write http://host:port",
		"s3://bucket?external_id=x":           "goes with role_arn",
		"s3://bucket?region=%zz":              "bad parameters",
		"gs://bucket/x":                       "cannot read this kind of place",
		"https://bucket.s3.amazonaws.com/x":   "cannot read this kind of place",
		"file://host/x":                       "file:///absolute/path",
		"s3:/bucket/x":                        "cannot read this kind of place",
		"file:///x?region=y":                  "without parameters",
		"file://relative":                     "file:///absolute/path",
	} {
		if _, err := store.ParseURL(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseURL(%q): %v, want %s", text, err, want)
		}
	}
}

// One place has one name, however it is written.
func TestParseURLSamePlace(t *testing.T) {
	folder := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	want, err := store.ParseURL(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	for _, text := range []string{".", folder + "/", folder + "/../" + filepath.Base(folder), "file://" + folder, link} {
		if got, err := store.ParseURL(text); err != nil || got != want {
			t.Errorf("ParseURL(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// What a refused URL carries that is nobody else's business is not repeated:
// messages end up in logs.
func TestParseURLTellsNoSecrets(t *testing.T) {
	for _, text := range []string{
		"s3://AKIAIOSFODNN7EXAMPLE:MARKER@bucket/prefix",
		"s3://AKIAIOSFODNN7EXAMPLE:MAR/MARKER@bucket/prefix",
		"s3://bucket?external_id=MARKER",
		"s3://bucket?role_arn=r&external_id=MARKER&regoin=x",
		"s3://bucket?role_arn=r&external_id=MARKER&path_style=perhaps",
		"s3://bucket?endpoint=http://user:MARKER@127.0.0.1:9000",
		"s3://bucket?endpoint=ftp://user:MARKER@127.0.0.1:9000",
		"https://bucket.s3.amazonaws.com/x?X-Amz-Signature=MARKER",
		"file:///x?MARKER",
	} {
		if _, err := store.ParseURL(text); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("ParseURL(%q): %v", text, err)
		}
	}
}

// No two keys have one URI: it is what state and rows name them by.
func TestURI(t *testing.T) {
	l := store.Location{URL: store.URL{Bucket: "bucket"}}
	for key, want := range map[string]string{
		"a b/c":       "s3://bucket/a b/c",
		"a//b/../c":   "s3://bucket/a//b/../c",
		"/a":          "s3://bucket//a",
		"100%":        "s3://bucket/100%",
		"%C3%A4":      "s3://bucket/%C3%A4",
		"a\xff":       "s3://bucket/a%ff",
		"a%ff":        "s3://bucket/a%25ff",
		"a%25ff":      "s3://bucket/a%2525ff",
		"100%\xfe%2":  "s3://bucket/100%25%fe%252",
		"\xe4/\u00e4": "s3://bucket/%e4/\u00e4",
	} {
		if got := l.URI(key); got != want {
			t.Errorf("URI(%q) = %q, want %q", key, got, want)
		}
	}
}

func FuzzURI(f *testing.F) {
	f.Add("a%ff", "a\xff")
	f.Add("a%25ff", "a%ff")
	l := store.Location{URL: store.URL{Bucket: "bucket"}}
	f.Fuzz(func(t *testing.T, a, b string) {
		if a != b && l.URI(a) == l.URI(b) {
			t.Errorf("%q and %q are both %q", a, b, l.URI(a))
		}
	})
}

func FuzzParseURL(f *testing.F) {
	f.Add("s3://bucket/a/b?region=eu-west-1&endpoint=http://127.0.0.1:9000")
	f.Add("file:///a/b")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := store.ParseURL(text)
		if err != nil || u.Bucket == "" {
			return
		}
		again, err := store.ParseURL(u.String())
		if err != nil || again.Bucket != u.Bucket || again.Prefix != u.Prefix {
			t.Errorf("%q is %q, which is %+v, error %v", text, u, again, err)
		}
	})
}

// A place in S3 that is written in another way is told as it must be written.
func TestParseURLProposes(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:s3:::my-trail":             "s3://my-trail ",
		"arn:aws-us-gov:s3:::my-trail/a/b":  "s3://my-trail/a/b ",
		"arn:aws:iam::111122223333:role/x":  "s3://bucket/prefix ",
		"arn:":                              "s3://bucket/prefix ",
		"s3:/bucket/x":                      "s3://bucket/x ",
		"s3:bucket/x":                       "s3://bucket/x ",
		"S3://bucket/x":                     "s3://bucket/x ",
		"s3n://bucket/x":                    "s3://bucket/x ",
		"gs://bucket/x":                     "s3://bucket/prefix ",
		"https://bucket.s3.amazonaws.com/x": "s3://bucket/x ",
		"https://my.bucket.s3.us-west-2.amazonaws.com/x/y/":                          "s3://my.bucket/x/y ",
		"https://bucket.s3-us-west-2.amazonaws.com":                                  "s3://bucket ",
		"https://s3.us-west-2.amazonaws.com/bucket/x":                                "s3://bucket/x ",
		"https://s3.us-west-2.amazonaws.com/":                                        "s3://bucket/prefix ",
		"https://ec2.us-west-2.amazonaws.com/x":                                      "s3://bucket/prefix ",
		"https://s3.console.aws.amazon.com/s3/buckets/b-1":                           "s3://b-1 ",
		"https://x.console.aws.amazon.com/s3/buckets/b-1?region=r&prefix=AWSLogs/1/": "s3://b-1/AWSLogs/1 ",
		"https://x.console.aws.amazon.com/ec2":                                       "s3://bucket/prefix ",
		"https://docs.aws.amazon.com/x":                                              "s3://bucket/prefix ",
		"https://x.aws.amazon.com/%zz?%zz":                                           "s3://bucket/prefix ",
		"arn:aws:s3:eu-west-3:111122223333:accesspoint/a/AWSLogs":                    "s3://alias/prefix, with the access point's alias, which ends in -s3alias, ",
		"https://user:secret@example.com/x":                                          "s3://bucket/prefix ",
		"https://":                                                                   "s3://bucket/prefix ",
	} {
		_, err := store.ParseURL(text)
		if err == nil || !strings.Contains(err.Error(), "write "+want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseURL(%q): %v, want %s", text, err, want)
		}
	}
}
