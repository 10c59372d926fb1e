package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"plantrail/pipeline/store"
)

// sourceFlags say where trails deliver.
type sourceFlags struct {
	Source    []string `help:"Where a trail delivers: s3://bucket/prefix or a directory, or a log file there; or cloudtrail://region, Event history without a trail. With ?layout=export behind it, a folder of exports of any name, or one of them. Repeatable; in the environment one per line." placeholder:"URL" sep:"none"`
	Sources   string   `help:"A file of such places, one per line; lines that begin with # are comments. - reads standard input." placeholder:"FILE"`
	Inventory []string `help:"The manifest.json of an S3 Inventory, to list a source's bucket from instead of with requests. Repeatable; in the environment one per line." placeholder:"URL" sep:"none"`
}

// inventories returns the manifests that the flag names.
func (f *sourceFlags) inventories() ([]store.URL, error) {
	var all sourceList
	for s := range strings.Lines(strings.Join(f.Inventory, "\n")) {
		if err := all.add(s); err != nil {
			return nil, fmt.Errorf("--inventory %w", err)
		}
	}
	return all.urls, nil
}

// urls returns the places that the flags name, each once, in the order given.
func (f *sourceFlags) urls() ([]store.URL, error) {
	var all sourceList
	for s := range strings.Lines(strings.Join(f.Source, "\n")) {
		if err := all.add(s); err != nil {
			return nil, fmt.Errorf("--source %w", err)
		}
	}
	if f.Sources != "" {
		if err := all.readFile(f.Sources); err != nil {
			return nil, fmt.Errorf("--sources %w", err)
		}
	}
	if len(all.urls) > 0 {
		return all.urls, nil
	}
	if f.Sources != "" {
		return nil, fmt.Errorf("--sources %s: no source in it: write one URL per line, as in s3://my-trail", f.Sources)
	}
	return nil, errors.New("no source: name where a trail delivers, as in --source s3://my-trail")
}

// A sourceList is places in order, each once.
type sourceList struct {
	urls []store.URL
	seen map[store.URL]bool
}

// add adds the place on a line, if there is one.
func (l *sourceList) add(line string) error {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	u, err := store.ParseURL(line)
	if err != nil || l.seen[u] {
		return err
	}
	if l.seen == nil {
		l.seen = map[store.URL]bool{}
	}
	l.seen[u] = true
	l.urls = append(l.urls, u)
	return nil
}

// readFile adds the places in a file, or in standard input if the name is -.
func (l *sourceList) readFile(name string) error { return eachLine(name, l.add) }

func readAll(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	text, err := os.ReadFile(name)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s: %w", name, failed.Err)
	}
	return text, err
}
