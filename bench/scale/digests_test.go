package scale_test

import (
	"strings"
	"testing"

	"plantrail/bench/scale"
)

// All digests of an organization are proven, at a request for each and some for folders.
func TestVerifyDigests(t *testing.T) {
	d, err := scale.NewDigests()
	if err != nil {
		t.Fatal(err)
	}
	d.Accounts, d.Days = 5, 4
	server, source, err := d.Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	keys, err := d.Keys()
	if err != nil {
		t.Fatal(err)
	}
	v, err := scale.Verify(t.Context(), source, keys, d.First, d.Days)
	if err != nil {
		t.Fatal(err)
	}
	// Those of three days, and the few after midnight that begin before they end.
	if least := d.Accounts * 2 * 3 * 24; v.Digests < least || v.Digests > d.Total() || v.Units != 10 || v.Requests.Get > int64(d.Total()) || v.Requests.List > 100 {
		t.Errorf("%+v, %d digests", v, d.Total())
	}
	var out strings.Builder
	if err := v.Write(&out); err != nil || !strings.Contains(out.String(), "8760000 digests") {
		t.Errorf("%s %v", out.String(), err)
	}
}
