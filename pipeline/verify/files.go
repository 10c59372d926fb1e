package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// listFiles verifies the log files of the days up to last.
func (j *job) listFiles(files *cursor, last trail.Day) error {
	last = min(last, j.days.To)
	if last < j.listed {
		return nil
	}
	end := past(j.unit.Folder, last)
	for object := files.peek(); object != nil; object = files.peek() {
		if !j.unit.Flat() && object.Key > end {
			break
		}
		found := *object
		files.next()
		file, selected, ok := j.unit.LogFile(found.Key)
		switch {
		case !ok:
			if _, isDigest := digest.ParseKey(found.Key); !isDigest && j.mine("", j.unit.Folder) {
				j.skip()
			}
		case selected && j.mine(file.Account, file.Region):
			if err := j.listedFile(found, file); err != nil {
				return err
			}
		}
	}
	j.listed = last + 1
	for key, claim := range j.named.Rest() {
		if !j.unit.Flat() && key > end {
			break
		}
		j.named.Take(key)
		if claim.Proven {
			j.gone[key] = true
			j.file(digest.Missing, key, "the digest "+claim.Digest+" names it")
		}
	}
	return j.ctx.Err()
}

// listedFile looks a listed log file up in what was named.
func (j *job) listedFile(object store.Object, file trail.LogFile) error {
	claim, ok := j.named.Take(object.Key)
	if !ok { // a copy that is stored in another form
		for _, stored := range []string{".json", ".json.zst"} {
			if base, cut := strings.CutSuffix(object.Key, stored); cut && !ok {
				claim, ok = j.named.Take(base + ".json.gz")
			}
		}
	}
	switch {
	case ok && claim.Proven:
		return j.check(object, claim)
	case ok:
		j.file(digest.Unproven, object.Key, "the digest "+claim.Digest+" names it, and is not proven")
		return nil
	case len(j.chains) == 0:
		j.report.count(digest.Unproven) // the unit as a whole is named
		j.counted(digest.Unproven, object.Key)
		j.report.stray(stray{
			uri: j.unit.Source.URI(object.Key), folder: j.tally.Folder, region: file.Account + "/" + file.Region,
			delivered: deliveredIn(object.Key, file),
		})
		return nil
	}
	loose := looseFile{Object: object, region: file.Account + "/" + file.Region}
	loose.verdict, loose.reason = digest.Unproven, "no digest of its hour is proven"
	if j.proven[loose.region].AccountFor(deliveredIn(object.Key, file)) {
		loose.verdict, loose.reason = digest.Unlisted, "no digest names it, though those of its hour are proven"
	}
	j.loose[object.Key] = loose
	return nil
}

// deliveredIn returns when a log file was delivered, as its name says: a minute, or its
// whole day.
func deliveredIn(key string, file trail.LogFile) digest.Span {
	name := key[strings.LastIndexByte(key, '/')+1:]
	if parts := strings.SplitN(name, "_", 5); len(parts) == 5 {
		if at, err := time.Parse("20060102T1504Z", parts[3]); err == nil && trail.DayOf(at) == file.Day {
			return digest.Span{From: at, To: at.Add(time.Minute)}
		}
	}
	return digest.Span{From: file.Day.Time(), To: (file.Day + 1).Time()}
}

// check reads a log file and compares it with what its digest says.
func (j *job) check(object store.Object, claim digest.Claim) error {
	return j.compare(object, claim, false)
}

// compare reads a log file and compares it with what its digest says. again says that it
// has been counted, as what another digest named before.
func (j *job) compare(object store.Object, claim digest.Claim, again bool) error {
	return j.fetch(j.ctx, j.group, j.unit.Source, object, j.c.Memory, func(w *worker, f fetched) {
		switch {
		case errors.Is(f.err, store.ErrNotFound):
			j.file(digest.Missing, object.Key, "the digest "+claim.Digest+" names it, it was listed, and it is not there any more")
			return
		case f.err != nil:
			j.file(digest.Unreadable, object.Key, f.err.Error())
			return
		}
		hash, json, err := w.hash(object.Key, f.body, j.c.MaxInflated)
		switch {
		case err != nil:
			j.file(digest.Altered, object.Key, err.Error())
		case hash != claim.Hash:
			j.file(digest.Altered, object.Key, fmt.Sprintf("its SHA-256 is %s, and the digest %s says %s", hash, claim.Digest, claim.Hash))
		case claim.Other != "":
			j.file(digest.Altered, object.Key, fmt.Sprintf("it is what the digest %s says, and the digest %s says another SHA-256", claim.Digest, claim.Other))
		case again:
		default:
			j.file(digest.Verified, object.Key, "")
			j.verifiedDay(object.Key)
			if j.c.Verified != nil {
				j.c.Verified(j.unit.Source, object.Key, json)
			}
		}
	})
}

// settleRest decides on what was named late, or in another folder, and on what was not
// named at all.
func (j *job) settleRest() error {
	if err := j.lateDigests(); err != nil {
		return err
	}
	for key, claim := range j.passed {
		if loose, ok := j.loose[key]; ok && claim.Proven {
			delete(j.loose, key)
			if err := j.check(loose.Object, claim); err != nil {
				return err
			}
			continue
		}
		// It was listed and is not loose, so another digest has named it before; or it was
		// not there, and may have been said to be missing.
		if err := j.checkNamed(key, claim, true); err != nil {
			return err
		}
	}
	for key, claim := range j.outer {
		if err := j.checkNamed(key, claim, false); err != nil {
			return err
		}
	}
	keys := make([]string, 0, len(j.loose))
	for key := range j.loose {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		j.file(j.loose[key].verdict, key, j.loose[key].reason)
	}
	return nil
}

// checkNamed looks for a log file by its name, in a listing, and compares it. again says
// that it was counted if it is there.
func (j *job) checkNamed(key string, claim digest.Claim, again bool) error {
	if !claim.Proven || j.gone[key] {
		return nil
	}
	root, _, _ := strings.Cut(j.folder, digest.Folder+"/")
	if !strings.HasPrefix(key, root) || !strings.Contains(key[len(root):], "/") {
		j.file(digest.Unproven, key, "the digest "+claim.Digest+" names it, and it is not of the digest's account: it is not read")
		return nil
	}
	for page, err := range j.unit.Source.List(j.ctx, store.Range{Prefix: key}) {
		if err != nil {
			j.lost(key, err)
			return j.ctx.Err()
		}
		for _, object := range page.Objects {
			if object.Key == key {
				return j.compare(object, claim, again)
			}
		}
		break
	}
	j.gone[key] = true
	j.file(digest.Missing, key, "the digest "+claim.Digest+" names it")
	return j.ctx.Err()
}

// lookBack is how long before the days late digests are looked for: they are named by the
// time of their log files' events, and lie before the day of delivery.
const lookBack = 14

// lateDigests reads the digests of late log files that lie outside of the days, if there
// is a log file that nobody else names.
func (j *job) lateDigests() error {
	unlisted := false
	for _, loose := range j.loose {
		unlisted = unlisted || loose.verdict == digest.Unlisted
	}
	if !unlisted || j.unit.Flat() || j.days.From == 0 {
		return nil
	}
	from := max(j.days.From-lookBack, 0)
	late := newCursor(j.ctx, j.unit.Source, store.Range{Prefix: j.folder, After: j.folder + from.Time().Format("2006/01/02")},
		func(err error) { j.lost(j.folder, err) })
	defer late.stop()
	reading, ctx := errgroup.WithContext(j.ctx)
	for object := late.peek(); object != nil; object = late.peek() {
		found := *object
		late.next()
		name, ok := digest.ParseKey(found.Key)
		if !ok || !name.Backfill || j.late[found.Key] {
			continue
		}
		if err := j.readDigest(ctx, reading, found, name, nil); err != nil {
			break
		}
	}
	if err := reading.Wait(); err != nil {
		return err
	}
	for id, chain := range j.chains {
		if id.Backfill {
			chain.Settle(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		}
	}
	return j.ctx.Err()
}

// file enters a verdict on a log file.
func (j *job) file(verdict digest.Verdict, key, reason string) {
	j.report.file(verdict, j.unit.Source.URI(key), reason)
	j.counted(verdict, key)
}

// counted adds a verdict to the unit's.
func (j *job) counted(verdict digest.Verdict, key string) {
	j.mutex.Lock()
	j.tally.LogFiles.add(verdict)
	j.mutex.Unlock()
	if j.c.Judged != nil {
		j.c.Judged(j.unit.Source.URI(key), verdict)
	}
}

// verifiedDay notes that a day has a verified log file.
func (j *job) verifiedDay(key string) {
	file, _, ok := j.unit.LogFile(key)
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if ok && !slices.Contains(j.tally.Days, file.Day) {
		j.tally.Days = append(j.tally.Days, file.Day)
	}
}

// skip counts an object that is neither a digest nor a log file.
func (j *job) skip() { j.report.skip() }
