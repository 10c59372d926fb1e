package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"plantrail/pipeline"
	"plantrail/pipeline/digest"
)

// keysCommand is plantrail keys.
type keysCommand struct {
	selectFlags
	Out string `help:"Write the keys to this file instead of standard output." placeholder:"FILE"`
}

// Help is shown by plantrail keys --help.
func (keysCommand) Help() string {
	return `Asks CloudTrail in each region of the selection for the public keys of its days, and prints them in the form of aws cloudtrail list-public-keys. With that file, verify --public-keys needs no AWS.

Example:

  plantrail keys --source s3://my-trail --from 2026-01-01 --out keys.json`
}

// Run carries out the command.
func (k *keysCommand) Run(ctx context.Context, v *voice) error {
	c, err := k.config(v)
	if err != nil {
		return err
	}
	out := output{flag: "--out", name: k.Out}
	if err := out.check(); err != nil {
		return err
	}
	keys, regions, err := pipeline.PublicKeys(ctx, pipeline.VerifyConfig{Config: c})
	if len(keys) == 0 {
		return errors.Join(err, fmt.Errorf("no public key of %s", strings.Join(slices.Sorted(slices.Values(regions)), ", ")))
	}
	text, failed := digest.WriteKeys(keys)
	if failed != nil {
		return failed
	}
	if k.Out != "" {
		failed = out.write(text)
	} else {
		_, failed = os.Stdout.Write(text)
	}
	return errors.Join(err, failed)
}
