package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"plantrail/pipeline/retry"
	"plantrail/pipeline/state"
	"plantrail/pipeline/store"
)

// A begun knows which large log files runs have begun to decode and not finished. A
// run that ends takes back what it noted, so what is left is from one that was
// killed, perhaps by that log file.
//
// The next run keeps it for the end, when all else is committed, and decodes it when
// nothing else is read. If that run, too, is killed, the one after it names the log
// file instead of reading it, until the log file changes, or the program, or there
// is more memory.
//
// Only a log file that does not fit in memory whole, and that a search has found
// something in, is noted: others cost no request.
type begun struct {
	documents state.Documents
	config    *Config
	earlier   map[string]begunFile // as earlier runs left them, by URI

	mutex sync.Mutex
	ours  map[string]begunFile // that this run has begun
}

// A begunFile is a log file that a run began to decode.
type begunFile struct {
	Size    int64  `json:"size"`
	ETag    string `json:"etag"`
	Alone   bool   `json:"alone"`  // nothing else was read at the same time
	Memory  int64  `json:"memory"` // that the run was given
	Version string `json:"version"`
}

// begunText is the document.
type begunText struct {
	Files map[string]begunFile `json:"files"`
}

// errBegun is why a log file is not read any more.
var errBegun = errors.New("reading it ended the program twice, the second time with nothing else in memory: run with more memory than before, or take the log file away")

// readBegun reads what earlier runs of the shard have left.
func readBegun(ctx context.Context, documents state.Documents, c *Config) (*begun, error) {
	b := &begun{documents: documents, config: c, ours: map[string]begunFile{}}
	text, _, err := b.read(ctx)
	b.earlier = text.Files
	return b, err
}

// name is the document's. A log file is always the same shard's.
func (b *begun) name() string {
	if b.config.Shard.all() {
		return "begun.json"
	}
	return "begun-" + strings.ReplaceAll(b.config.Shard.String(), "/", "-of-") + ".json"
}

func (b *begun) read(ctx context.Context) (text begunText, etag string, err error) {
	body, etag, err := b.documents.Document(ctx, b.name())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return text, "", nil
	case err != nil:
		return text, "", err
	case json.Unmarshal(body, &text) != nil:
		b.config.Log.Warn("not as it was written: set aside", slog.String("document", b.name()))
		return begunText{}, etag, nil
	}
	return text, etag, nil
}

// A turn is when a log file is read.
type turn int

const (
	now   turn = iota
	last       // when all else is committed
	never      // but named
)

// turn tells when a log file is read.
func (b *begun) turn(f *logFile) turn {
	if len(b.earlier) == 0 {
		return now
	}
	was, ok := b.earlier[f.uri()]
	switch {
	case !ok || was.Size != f.Size || was.ETag != f.ETag:
		return now
	case was.Alone && was.Memory >= b.config.Memory && was.Version == b.config.Version:
		return never
	}
	return last
}

// begin notes that a large log file is decoded from now on. If it cannot be noted,
// it is decoded all the same.
func (b *begun) begin(ctx context.Context, f *logFile) {
	uri := f.uri()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.ours[uri] = begunFile{Size: f.Size, ETag: f.ETag, Alone: f.alone, Memory: b.config.Memory, Version: b.config.Version}
	b.note(ctx, nil)
}

// end takes back notes of log files, whose rows are in the table.
func (b *begun) end(ctx context.Context, uris []string) {
	if len(uris) == 0 {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, uri := range uris {
		delete(b.ours, uri)
	}
	b.note(ctx, uris)
}

// close takes all notes of a run back that ends.
func (b *begun) close(ctx context.Context) {
	var uris []string
	for uri := range b.ours {
		uris = append(uris, uri)
	}
	b.end(ctx, uris)
}

// note writes the document: others may have their notes in it.
func (b *begun) note(ctx context.Context, ended []string) {
	again := retry.Policy{Attempts: 20, Step: 20 * time.Millisecond, Most: 400 * time.Millisecond}
	err := again.Do(ctx, store.IsChanged, func() error {
		text, etag, err := b.read(ctx)
		if err != nil {
			return err
		}
		files := begunText{Files: map[string]begunFile{}}
		maps.Copy(files.Files, text.Files)
		for _, uri := range ended {
			delete(files.Files, uri)
		}
		maps.Copy(files.Files, b.ours)
		if maps.Equal(files.Files, text.Files) {
			return nil
		}
		body, err := json.MarshalIndent(files, "", " ")
		if err != nil {
			return err
		}
		return b.documents.PutDocument(ctx, b.name(), append(body, '\n'), etag)
	})
	if err != nil && ctx.Err() == nil {
		b.config.Log.Warn("not noted which large log files are read", slog.Any("error", fmt.Errorf("%s: %w", b.name(), err)))
	}
}

// refused is the result of a log file that is not read any more.
func refused(f logFile) *result {
	return &result{file: f, outcome: unreadable, err: errBegun}
}
