package inventory

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/store"
)

// Options bound what a Sort takes.
type Options struct {
	Memory  int64 // bytes of rows in memory, 256 KiB a worker at least; more are spilled to temporary files
	Workers int   // data files read side by side, 1 at least; they share the memory
}

// Sorted is an inventory in key order. It must be closed.
type Sorted struct {
	Objects int64 // kept ones
	Spilled int64 // bytes written to temporary files, those that are gone included

	blocks io.ReaderAt
	end    int64 // of blocks
	index  []block
	file   *os.File // that blocks are in; nil: memory
}

// Close gives back the disk space.
func (s *Sorted) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// A run is sorted rows in a file.
type run struct {
	file    *os.File
	at, end int64
}

// Sort reads all data files and keeps the objects whose keys keep wants: each
// key once, no old versions, no delete markers. keep is called from several
// goroutines, and may be for a key twice.
//
// If everything fits into memory, no temporary file is made. Otherwise the disk
// has the kept objects twice, for as long as the runs are merged, and once until
// Close: about 45 bytes for a log file's key each. The files have no names and
// are gone with the process. So are the copies that a bucket's store makes of
// the data files, as many as there are workers.
func (i *Inventory) Sort(ctx context.Context, keep func(key string) bool, o Options) (_ *Sorted, err error) {
	s := sorter{inventory: i, keep: keep, workers: make([]worker, max(1, min(o.Workers, i.Files)))}
	defer func() { err = errors.Join(err, s.close()) }()
	group, groupCtx := errgroup.WithContext(ctx)
	for n := range s.workers {
		w := &s.workers[n]
		w.chunk = newChunk(o.Memory / int64(len(s.workers)))
		group.Go(func() error { return s.read(groupCtx, w) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return s.merge(ctx, int(max(2, o.Memory/cursorSize)))
}

// A sorter is what a Sort works with.
type sorter struct {
	inventory *Inventory
	keep      func(key string) bool
	workers   []worker
	taken     atomic.Int64 // data files
	spilled   int64
	merged    *os.File // that runs are in which were merged from others
}

// A worker reads some of the data files.
type worker struct {
	chunk *chunk
	spill *os.File // nil before the first run
	out   blockWriter
	runs  []run
}

func (s *sorter) read(ctx context.Context, w *worker) error {
	add := func(o store.Object) error {
		if !s.keep(o.Key) || ctx.Err() != nil {
			return ctx.Err()
		}
		ok, err := w.chunk.add(o)
		if err != nil || ok {
			return err
		}
		if err := w.spillChunk(ctx); err != nil {
			return err
		}
		_, err = w.chunk.add(o) // an empty chunk takes any row
		return err
	}
	for {
		n := int(s.taken.Add(1)) - 1
		if n >= len(s.inventory.files) {
			return nil
		}
		if err := s.inventory.read(ctx, s.inventory.files[n], add); err != nil {
			return err
		}
	}
}

// spillChunk writes the chunk as a run, and empties it.
func (w *worker) spillChunk(ctx context.Context) error {
	if w.spill == nil {
		var err error
		if w.spill, err = store.TempFile(); err != nil {
			return err
		}
		w.out.out = w.spill
	}
	w.chunk.sort()
	at := w.out.at
	w.out.rows = 0
	if err := merge(ctx, []rows{&chunkRows{chunk: w.chunk, left: w.chunk.rows}}, &w.out); err != nil {
		return err
	}
	w.runs = append(w.runs, run{w.spill, at, w.out.at})
	w.chunk.empty()
	return nil
}

// merge makes one of all runs, at most width at a time, or of the chunks if
// there are no runs.
func (s *sorter) merge(ctx context.Context, width int) (*Sorted, error) {
	runs, err := s.spillRest(ctx)
	if err != nil {
		return nil, err
	}
	if runs == nil {
		return s.mergeChunks(ctx)
	}
	for len(runs) > width {
		if runs, err = s.mergeRuns(ctx, runs, width); err != nil {
			return nil, err
		}
	}
	file, err := store.TempFile()
	if err != nil {
		return nil, err
	}
	sorted := &Sorted{blocks: file, file: file}
	if err := sorted.fill(ctx, readersOf(runs), file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	sorted.Spilled = s.spilled + sorted.end
	return sorted, nil
}

// spillRest makes runs of what is left in memory, so that the merge has it. It
// returns none if all is in memory.
func (s *sorter) spillRest(ctx context.Context) ([]run, error) {
	var runs []run
	spilled := false
	for n := range s.workers {
		spilled = spilled || s.workers[n].runs != nil
	}
	for n := range s.workers {
		w := &s.workers[n]
		if !spilled {
			w.chunk.sort()
			continue
		}
		if err := w.spillChunk(ctx); err != nil {
			return nil, err
		}
		w.chunk = nil
		s.spilled += w.out.at
		runs = append(runs, w.runs...)
	}
	return runs, nil
}

func (s *sorter) mergeChunks(ctx context.Context) (*Sorted, error) {
	var sources []rows
	for _, w := range s.workers {
		sources = append(sources, &chunkRows{chunk: w.chunk, left: w.chunk.rows})
	}
	var blocks bytes.Buffer
	sorted := new(Sorted)
	if err := sorted.fill(ctx, sources, &blocks); err != nil {
		return nil, err
	}
	sorted.blocks = bytes.NewReader(blocks.Bytes())
	return sorted, nil
}

// mergeRuns makes fewer and longer runs, in a file of their own.
func (s *sorter) mergeRuns(ctx context.Context, runs []run, width int) (longer []run, err error) {
	file, err := store.TempFile()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	out := blockWriter{out: file}
	for len(runs) > 0 {
		n := min(width, len(runs))
		at := out.at
		out.rows = 0
		if err := merge(ctx, readersOf(runs[:n]), &out); err != nil {
			return nil, err
		}
		longer, runs = append(longer, run{file, at, out.at}), runs[n:]
	}
	s.spilled += out.at
	err = s.close() // the runs that these were merged from
	s.merged = file
	return longer, err
}

func readersOf(runs []run) []rows {
	readers := make([]rows, len(runs))
	for n, r := range runs {
		readers[n] = &blockReader{file: r.file, at: r.at, end: r.end}
	}
	return readers
}

// fill merges the sources into out, which the blocks are then read from.
func (s *Sorted) fill(ctx context.Context, sources []rows, out io.Writer) error {
	w := blockWriter{out: out, index: &s.index}
	err := merge(ctx, sources, &w)
	s.Objects, s.end = w.rows, w.at
	return err
}

// close gives back the disk space of all runs.
func (s *sorter) close() error {
	var err error
	for n := range s.workers {
		if w := &s.workers[n]; w.spill != nil {
			err = errors.Join(err, w.spill.Close())
			w.spill = nil
		}
	}
	if s.merged != nil {
		err = errors.Join(err, s.merged.Close())
		s.merged = nil
	}
	return err
}
