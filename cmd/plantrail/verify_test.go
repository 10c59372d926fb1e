package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/digest/digesttest"
)

// signed returns a trail of two regions with its digests, as a copy has it. One of them
// was stopped for two hours.
var signed = sync.OnceValue(func() digesttest.Bucket {
	signer, _ := digesttest.Signers()
	objects := digesttest.Bucket{}
	for i, region := range []string{"us-east-1", "us-west-2"} {
		t := &digesttest.Trail{
			Signer: signer, Bucket: "trail-bucket", Root: "AWSLogs/", Account: "111122223333", Region: region,
			Name: "trail", Home: "us-east-1", Objects: objects, Now: time.Date(2026, 11, 1, 0, 17, 28, 0, time.UTC),
		}
		for hour := range 6 {
			if i == 1 && hour == 3 {
				t.Stop(2)
			}
			t.Digest(nil, t.LogFile(fmt.Appendf(nil, `{"Records":[{"eventID":"%d"}]}`, hour)))
		}
	}
	return objects
})

// writeSigned writes the signed trail, and the keys for it, into a directory.
func writeSigned(dir string) error {
	for key, object := range signed() {
		name := filepath.Join(dir, "signed", key)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, object.Body, 0o600); err != nil {
			return err
		}
	}
	signer, _ := digesttest.Signers()
	keys, err := digest.WriteKeys([]digest.Key{signer.Key()})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "keys.json"), keys, 0o600)
}
