package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"plantrail/bench/scale"
)

// organization returns the digests that the flags describe: those of a year of 500 accounts,
// or fewer.
func organization() (*scale.Digests, error) {
	d, err := scale.NewDigests()
	if err != nil {
		return nil, err
	}
	flag.Visit(func(f *flag.Flag) {
		number, _ := strconv.Atoi(f.Value.String()) // the flag has parsed it
		switch f.Name {
		case "accounts":
			d.Accounts = number
		case "days":
			d.Days = number
		}
	})
	if d.Accounts < 1 || d.Days < 2 {
		return nil, errors.New("digests need an account, and two days")
	}
	return d, nil
}

// digests serves digests, and has them verified by a process of its own.
func digests(ctx context.Context) error {
	d, err := organization()
	if err != nil {
		return err
	}
	server, source, err := d.Serve()
	if err != nil {
		return err
	}
	defer server.Close()
	keys, err := d.Keys()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	child := exec.CommandContext(ctx, self, "-accounts", strconv.Itoa(d.Accounts), "-days", strconv.Itoa(d.Days), "-source", source, "verify")
	child.Stdin, child.Stderr = bytes.NewReader(keys), os.Stderr
	child.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	text, err := child.Output()
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	v := new(scale.Verified)
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return v.Write(os.Stdout)
}

// verify verifies what a server has, with the keys on standard input.
func verify(ctx context.Context, source string) error {
	d, err := organization()
	if err != nil {
		return err
	}
	keys, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	v, err := scale.Verify(ctx, source, keys, d.First, d.Days)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(v)
}
