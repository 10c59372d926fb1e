package store

import (
	"cmp"
	"testing"
)

// Where a bucket is, is the SDK's to say, whatever the environment and the URL.
func TestTarget(t *testing.T) {
	for name, test := range map[string]struct {
		url    string
		env    map[string]string
		want   string // URL
		host   string // if it differs
		region string
	}{
		"plain":          {url: "s3://trail/p?region=eu-west-1", want: "https://trail.s3.eu-west-1.amazonaws.com/", region: "eu-west-1"},
		"path style":     {url: "s3://trail/p?region=eu-west-1&path_style=true", want: "https://s3.eu-west-1.amazonaws.com/trail/", region: "eu-west-1"},
		"a dot":          {url: "s3://my.trail/p?region=eu-west-1", want: "https://s3.eu-west-1.amazonaws.com/my.trail/", region: "eu-west-1"},
		"China":          {url: "s3://trail/p?region=cn-north-1", want: "https://trail.s3.cn-north-1.amazonaws.com.cn/", region: "cn-north-1"},
		"GovCloud":       {url: "s3://trail/p?region=us-gov-west-1", want: "https://trail.s3.us-gov-west-1.amazonaws.com/", region: "us-gov-west-1"},
		"access point":   {url: "s3://reader-abc123-s3alias/p?region=us-west-2", want: "https://reader-abc123-s3alias.s3.us-west-2.amazonaws.com/", region: "us-west-2"},
		"dual stack":     {url: "s3://trail/p?region=us-west-2", env: map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, want: "https://trail.s3.dualstack.us-west-2.amazonaws.com/", region: "us-west-2"},
		"FIPS":           {url: "s3://trail/p?region=us-west-2", env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, want: "https://trail.s3-fips.us-west-2.amazonaws.com/", region: "us-west-2"},
		"endpoint":       {url: "s3://trail/p?region=r&path_style=true&endpoint=http://127.0.0.1:9000", want: "http://127.0.0.1:9000/trail/", region: "r"},
		"endpoint, path": {url: "s3://trail/p?path_style=true&endpoint=https://gate.example/a%20b/s3", want: "https://gate.example/a%20b/s3/trail/", region: "us-east-1"},
		"default port":   {url: "s3://trail/p?path_style=true&endpoint=https://gate.example:443", want: "https://gate.example:443/trail/", host: "gate.example", region: "us-east-1"},
		"by environment": {url: "s3://trail/p?region=r&path_style=true", env: map[string]string{"AWS_ENDPOINT_URL": "http://gate.example:1"}, want: "http://gate.example:1/trail/", region: "r"},
		"of the service": {url: "s3://trail/p?region=r", env: map[string]string{"AWS_ENDPOINT_URL_S3": "http://gate.example:1"}, want: "http://trail.gate.example:1/", region: "r"},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PROFILE": "",
				"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
			} {
				t.Setenv(name, value)
			}
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			u, err := ParseURL(test.url)
			if err != nil {
				t.Fatal(err)
			}
			shared := new(Shared)
			cfg, err := shared.loadConfig(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			cfg.Region = cmp.Or(u.Region, defaultRegion)
			s := &S3{url: u, each: eachRequest(cfg, u)}
			got, err := s.target(t.Context(), shared.client(t.Context(), cfg, u, login{}))
			if err != nil {
				t.Fatal(err)
			}
			if got.URL.String() != test.want || got.Region != test.region || got.Service != "s3" || got.Host != cmp.Or(test.host, got.URL.Host) {
				t.Errorf("%s as host %s, signed for %s/%s; want %s", got.URL, got.Host, got.Region, got.Service, test.want)
			}
			if n := shared.Requests.Get.Load(); n != 0 {
				t.Errorf("%d requests counted", n)
			}
		})
	}
}
