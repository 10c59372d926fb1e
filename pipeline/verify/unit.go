package verify

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

const (
	// spill is how long after its end a day's digests are read, for the log files of the
	// day that are named in the hour after it, and for what successors say of these.
	spill = 4 * time.Hour
	// lag is how long before the latest digests read others are judged, so that the
	// successors that speak for them are known.
	lag = 3 * time.Hour
	// Due is how long after an hour its digest is there for sure.
	Due = lag
	// minChunk and maxChunk are how many digests are read at once, and chunkClaims how
	// many log files those may name, so that neither waiting nor memory is long.
	minChunk, maxChunk = 48, 512
	chunkClaims        = 100_000
)

// A job is one span of days of a unit.
type job struct {
	*Verifier
	unit   Unit
	days   trail.Span
	keys   *digest.Keys
	group  *errgroup.Group
	ctx    context.Context //nolint:containedctx // the group's, for as long as the job
	folder string          // of the digests

	chains map[digest.ChainID]*digest.Chain
	proven map[string]digest.Spans // by account and region
	named  digest.Named
	outer  map[string]digest.Claim // what lies in other folders of the account
	passed map[string]digest.Claim // what was named after its day was over
	loose  map[string]looseFile    // log files that nobody has named so far
	gone   map[string]bool         // log files that were said to be missing
	until  time.Time               // judged so far
	listed trail.Day               // the first day whose log files were not listed yet
	late   map[string]bool         // by key: backfill digests that were read
	chunk  int

	mutex sync.Mutex
	tally UnitResult
}

// A looseFile is a log file that was listed and not named so far.
type looseFile struct {
	store.Object
	region  string // account and region
	verdict digest.Verdict
	reason  string
}

// Unit verifies a unit. The error says that the run is over.
func (v *Verifier) Unit(ctx context.Context, u Unit) error {
	keys, err := v.c.Keys(ctx, u.Source, u.Region)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v.report.unreachable(u.Source.URI(u.Folder), err)
		return nil
	}
	for _, span := range u.Days {
		if err := v.span(ctx, u, span, keys); err != nil {
			return err
		}
	}
	return nil
}

func (v *Verifier) span(ctx context.Context, u Unit, span trail.Span, keys *digest.Keys) error {
	u.Days = trail.Days{span}
	group, working := errgroup.WithContext(ctx)
	j := &job{
		Verifier: v, unit: u, days: span, keys: keys, group: group, ctx: working, folder: digestFolder(u.Unit), listed: span.From, chunk: minChunk,
		chains: map[digest.ChainID]*digest.Chain{}, proven: map[string]digest.Spans{}, outer: map[string]digest.Claim{},
		passed: map[string]digest.Claim{}, loose: map[string]looseFile{}, gone: map[string]bool{}, late: map[string]bool{},
	}
	j.tally = UnitResult{Account: u.Account, Region: u.Region, Folder: u.Source.URI(u.Folder)}
	err := j.run()
	if waited := group.Wait(); err == nil {
		err = waited
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		j.finish()
	}
	return err
}

// digestFolder returns where the digests of a unit lie: beside its log files.
func digestFolder(u trail.Unit) string {
	if u.Flat() {
		return u.Folder
	}
	at := strings.LastIndex(u.Folder, "CloudTrail/")
	return u.Folder[:max(at, 0)] + digest.Folder + "/" + u.Folder[max(at, 0)+len("CloudTrail/"):]
}

// run reads digests, some days at a time, and then the log files of these days.
func (j *job) run() error {
	digests := newCursor(j.ctx, j.unit.Source, j.from(j.folder), func(err error) { j.lost(j.folder, err) })
	defer digests.stop()
	files := newCursor(j.ctx, j.unit.Source, j.from(j.unit.Folder), func(err error) { j.lost(j.unit.Folder, err) })
	defer files.stop()
	for more := true; more; {
		var err error
		if more, err = j.readDigests(digests); err != nil {
			return err
		}
		last := j.days.To
		if more {
			last = trail.DayOf(j.until.Add(-spill+lag)) - 1
		}
		if err := j.listFiles(files, last); err != nil {
			return err
		}
	}
	return j.settleRest()
}

// from returns the range in which a folder's days begin.
func (j *job) from(folder string) store.Range {
	r := store.Range{Prefix: folder, Shallow: j.unit.Flat() && !j.unit.Deep}
	if j.unit.Flat() {
		r.After = j.unit.After
	} else if after := j.unit.From(j.days.From); after != "" {
		r.After = folder + strings.TrimPrefix(after, j.unit.Folder)
	}
	return r
}

// past returns a key that the keys of a day in a folder sort before, and later ones after.
func past(folder string, day trail.Day) string {
	if day >= trail.LastDay {
		return trail.Past(folder)
	}
	return folder + (day + 1).Time().Format("2006/01/02")
}

// lost enters a folder that cannot be listed.
func (j *job) lost(folder string, err error) {
	if j.ctx.Err() == nil {
		j.report.unreachable(j.unit.Source.URI(folder), err)
	}
}

// readDigests reads the digests of some days and judges them as far as can be. It reports
// whether there are more.
func (j *job) readDigests(digests *cursor) (more bool, err error) {
	reading, ctx := errgroup.WithContext(j.ctx)
	count, claims, day := 0, 0, ""
	end := (j.days.To + 1).Time().Add(spill)
	last := past(j.folder, j.days.To+1)
	for object := digests.peek(); object != nil && (j.unit.Flat() || object.Key <= last); object = digests.peek() {
		folder := object.Key[:strings.LastIndexByte(object.Key, '/')+1]
		if more = count >= j.chunk && folder != day && !j.unit.Flat(); more {
			break
		}
		day = folder
		found := *object
		digests.next()
		name, ok := digest.ParseKey(found.Key)
		switch {
		case !ok && !j.unit.Flat():
			j.skip()
			continue
		case !ok, !j.selected(name), name.End.After(end) && !name.Backfill:
			continue
		}
		count++
		if err := j.readDigest(ctx, reading, found, name, &claims); err != nil {
			break
		}
	}
	if err := reading.Wait(); err != nil {
		return false, err
	}
	if err := j.ctx.Err(); err != nil {
		return false, err
	}
	j.until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if more {
		if read, err := time.Parse("2006/01/02/", strings.TrimPrefix(day, j.folder)); err == nil {
			j.until = read.Add(24*time.Hour - lag)
		}
		j.chunk = min(max(chunkClaims/(claims/max(count, 1)+1), minChunk), maxChunk)
	}
	for _, chain := range j.chains {
		chain.Settle(j.until)
	}
	j.provenSoFar()
	return more, nil
}

// readDigest reads a digest and adds it to its chain, and what it names to claims.
func (j *job) readDigest(ctx context.Context, group *errgroup.Group, object store.Object, name digest.Name, claims *int) error {
	return j.fetch(ctx, group, j.unit.Source, object, min(int64(j.c.Limits.Inflated), j.c.Memory), func(w *worker, f fetched) {
		o := j.inspect(w, f, name, j.unit.Source, object.Key, j.keys)
		j.mutex.Lock()
		defer j.mutex.Unlock()
		if o.Digest != nil && claims != nil {
			*claims += len(o.Digest.LogFiles)
		}
		j.chain(name.ChainID).Add(o)
		if name.Backfill {
			j.late[object.Key] = true
		}
	})
}

// selected reports whether a digest is of the selection. A flat folder mixes units.
func (j *job) selected(name digest.Name) bool {
	s := j.unit.Selection
	if !j.unit.Flat() {
		return true // a name of another unit in the folder is judged by its place
	}
	return s.Has(name.Account, name.Region) && j.mine(name.Account, name.Region) && !name.End.Before(j.days.From.Time())
}

// mine reports whether what a flat folder holds of a region is verified here. What is
// nobody's goes by the folder.
func (j *job) mine(account, region string) bool {
	return !j.unit.Flat() || j.c.Mine == nil || j.c.Mine(account, region)
}

// chain returns a chain of the unit.
func (j *job) chain(id digest.ChainID) *digest.Chain {
	chain := j.chains[id]
	if chain == nil {
		since := time.Time{}
		if j.days.From > 0 {
			since = j.days.From.Time()
		}
		until := time.Time{}
		if !id.Backfill && !j.unit.Flat() && j.days.To < trail.LastDay {
			until = (j.days.To + 1).Time().Add(digest.NamingMargin)
		}
		chain = digest.NewChain(id, j.keys, since, until, j.judged)
		j.chains[id] = chain
	}
	return chain
}

// provenSoFar joins what the chains have proven.
func (j *job) provenSoFar() {
	for id, chain := range j.chains {
		if id.Backfill {
			continue // it names late log files, and not all of its time
		}
		region := id.Account + "/" + id.Region
		for _, span := range chain.Summary().Proven {
			j.proven[region] = j.proven[region].With(span)
		}
	}
}

// judged takes what is said of a digest, and what the digest says of log files.
func (j *job) judged(judgment digest.Judgment) {
	j.report.digest(judgment.Verdict, j.unit.Source.URI(judgment.Key), judgment.Reason)
	o := judgment.Object
	if o == nil || o.Digest == nil {
		return
	}
	for _, file := range o.Digest.LogFiles {
		key, err := o.Locate(file)
		if err != nil {
			if judgment.Proven {
				j.file(digest.Unproven, judgment.Key, "it names a log file elsewhere, which is not read: "+err.Error())
			}
			continue
		}
		claim := digest.Claim{Hash: file.Hash, Digest: judgment.Key, Proven: judgment.Proven}
		named, selected, ok := j.unit.LogFile(key)
		switch {
		case !strings.HasPrefix(key, j.unit.Folder) || !ok:
			if judgment.Proven {
				j.outer[key] = j.outer[key].With(claim)
			}
		case !selected || !j.unit.Days.Has(named.Day):
		case !j.unit.Flat() && named.Day < j.listed:
			j.passed[key] = j.passed[key].With(claim)
		default:
			j.named.Add(key, claim)
		}
	}
}

// finish enters what the chains come to.
func (j *job) finish() {
	var chains []digest.Summary
	for _, chain := range j.chains {
		chains = append(chains, chain.Summary())
	}
	j.report.unit(j, chains)
}
