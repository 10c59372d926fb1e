package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"plantrail/pipeline/page"
)

// pageCommand is plantrail page.
type pageCommand struct {
	readFlags
	Proof []string `help:"What plantrail verify wrote with --report or --certificate: shows which hours are proven. Repeatable." placeholder:"FILE" sep:"none"`
	Out   string   `help:"The file to write, replaced as a whole; - is standard output." placeholder:"FILE"`
}

// Help is shown by plantrail page --help.
func (pageCommand) Help() string {
	return `Writes a page for a browser or a printer: which account had which support plan when, who changed it and who looked, and which delivery days have been read. It is one HTML file that loads nothing and runs no script. Reads the table, not its sources.

Levels from before --since are shown as far as they last into it.

Example:

  plantrail page --table s3://my-tables/support-plans --out support-plans.html`
}

// Run carries out the command.
func (c *pageCommand) Run(ctx context.Context, v *voice) error {
	config := page.DefaultConfig()
	config.Now, config.Version, config.Accounts = time.Now(), version(), c.Account
	var err error
	if config.Since, err = c.since(config.Now); err != nil {
		return err
	}
	if config.Names, err = c.names(); err != nil {
		return err
	}
	for _, name := range c.Proof {
		proof, err := readProof(name)
		if err != nil {
			return err
		}
		config.Proofs = append(config.Proofs, proof)
	}
	if c.Out == "" {
		return usage(errors.New("no file to write: name it, as in --out support-plans.html"))
	}
	out := output{flag: "--out", name: c.Out}
	if c.Out != "-" {
		if err := out.check(); err != nil {
			return err
		}
	}
	reader, u, err := c.open(ctx)
	if err != nil {
		return err
	}
	config.Table = u.String()
	var p *page.Page
	err = untilUnchanged(func() error {
		p, err = page.Read(ctx, reader, config)
		return err
	})
	if err != nil {
		return err
	}
	c.warnOutdated(v, reader)
	var text bytes.Buffer
	if err := p.Write(&text); err != nil {
		return err
	}
	if c.Out == "-" {
		_, err = text.WriteTo(os.Stdout)
		return err
	}
	return out.write(text.Bytes())
}

// readProof reads a file that says what is proven.
func readProof(name string) (*page.Proof, error) {
	text, err := readAll(name)
	if err != nil {
		return nil, fmt.Errorf("--proof %w", err)
	}
	proof, err := page.ReadProof(text)
	if err != nil {
		return nil, fmt.Errorf("--proof %s: %w", name, err)
	}
	return proof, nil
}
