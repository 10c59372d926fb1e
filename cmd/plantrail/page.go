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
	From  string   `help:"The first day of the period: 2024-03-01, yesterday, 7d (ago), or an instant. The same as --since." placeholder:"DAY"`
	To    string   `help:"The last day of the period, or an instant before which it ends: the page tells the plans of then. Default: now." placeholder:"DAY"`
	Title string   `help:"What the page is called." placeholder:"TEXT"`
	Out   string   `help:"The file to write, replaced as a whole; - is standard output." placeholder:"FILE"`
}

// Help is shown by plantrail page --help.
func (pageCommand) Help() string {
	return `Writes a page for a browser or a printer: how many accounts have which support plan, which of these plans end, what has changed in the period and by whom, and what is not known; then who had which plan when, every change, who looks, and which delivery days have been read. It is one HTML file that loads nothing and runs no script. Reads the table, not its sources.

Levels from before --from are shown as far as they last into the period. Without --from, the answer about changes is of the last 31 days, and the rest of all history.

Example:

  plantrail page --table s3://my-tables/support-plans --out support-plans.html
  plantrail page --table s3://my-tables/support-plans --accounts accounts.json --from 2024-08-01 --to 2024-08-31 --title "Support plans in August" --out august.html`
}

// Run carries out the command.
func (c *pageCommand) Run(ctx context.Context, v *voice) error {
	config := page.DefaultConfig()
	config.Now, config.Version, config.Accounts = time.Now(), version(), c.Account
	var err error
	if err := c.period(&config); err != nil {
		return err
	}
	config.Title = c.Title
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

// period reads what the page is about.
func (c *pageCommand) period(config *page.Config) (err error) {
	if config.Since, err = c.since(config.Now); err != nil {
		return err
	}
	if c.From != "" {
		if c.Since != "" {
			return usage(errors.New("--from and --since are the same: give one of them"))
		}
		if config.Since, _, err = parseWhen("--from", c.From, config.Now); err != nil {
			return err
		}
	}
	if _, config.Until, err = parseWhen("--to", c.To, config.Now); err != nil {
		return err
	}
	if !config.Until.IsZero() && !config.Since.Before(config.Until) {
		return usage(fmt.Errorf("--to %s: the period ends before it begins", c.To))
	}
	return nil
}
