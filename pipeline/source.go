package pipeline

import (
	"context"
	"path"
	"strings"

	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A source is a place that trails deliver to.
type source struct{ store.Location }

func openSources(ctx context.Context, c *Config, requests *store.Requests) ([]*source, error) {
	options := store.Options{Concurrency: c.Concurrency, Requests: requests}
	var sources []*source
	for _, u := range c.Sources {
		location, err := c.OpenStore(ctx, u, true, options)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{location})
	}
	return sources, nil
}

// storeName tells stores apart: what has the same key in one of them is the same
// object.
func (s *source) storeName() string { return s.URL.Endpoint + "\n" + s.URL.Bucket + "\n" }

// folder lists the folders in a folder, and says whether it holds log files.
func (s *source) folder(ctx context.Context, folder string) (folders []string, logFiles bool, err error) {
	for page, err := range s.List(ctx, store.Range{Prefix: folder, Shallow: true}) {
		if err != nil {
			return nil, false, err
		}
		folders = append(folders, page.Folders...)
		for _, object := range page.Objects {
			logFiles = logFiles || trail.Named(path.Base(object.Key))
		}
	}
	return folders, logFiles, nil
}

// exists asks a listing whether a key is there: that it cannot be got may have
// other reasons. Where nothing can be listed, it counts as there.
func (s *source) exists(ctx context.Context, name string) (bool, error) {
	for page, err := range s.List(ctx, store.Range{Prefix: name}) {
		if err != nil {
			return true, ctx.Err()
		}
		if len(page.Objects) > 0 {
			return page.Objects[0].Key == name, nil
		}
	}
	return false, nil
}

// A place is an account's folder, or a flat one: what there is one state of.
type place struct{ account, folder string }

func (s *source) placeOf(u trail.Unit) place {
	if u.Flat() {
		return place{"", s.URI(u.Folder)}
	}
	return place{u.Account, s.URI(path.Dir(strings.TrimSuffix(u.Folder, "/")) + "/")}
}
