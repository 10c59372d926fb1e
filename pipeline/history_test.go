package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/pipeline"
	"plantrail/pipeline/inventory/inventorytest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// A history is a trail that grows, is damaged and heals, and a table that is run
// on meanwhile in all ways there are.
type history struct {
	t      *testing.T
	random *rand.Rand
	calm   bool // nothing fails, and nothing comes late
	bucket *bucket
	table  string
	now    time.Time
	units  []string
	lossy  bool      // log files are deleted
	busy   bool      // the first unit has thousands of log files
	open   trail.Day // the first day that no run can have settled
	number int

	inventory store.URL // to list from; zero: none
	log       bytes.Buffer
}

const historyRecheck = 4 * 24 * time.Hour

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{t: t, random: rand.New(rand.NewPCG(seed, 7)), bucket: newBucket(), table: t.TempDir(), now: time.Date(2023, 12, 20, 3, 0, 0, 0, time.UTC)}
	h.calm, h.busy = seed%3 == 0, seed%4 == 1
	for _, account := range []string{"111122223333", "444455556666"} {
		for _, region := range []string{"us-east-1", "us-west-2"} {
			h.units = append(h.units, "AWSLogs/"+account+"/CloudTrail/"+region+"/")
		}
	}
	// The first unit is in all histories, so that there is a trail.
	h.deliver(h.units[0], trail.DayOf(h.now)-20)
	return h
}

func (h *history) chance(percent int) bool { return h.random.IntN(100) < percent }

// deliver puts a log file. One in ten holds an event, perhaps one that another
// holds too.
func (h *history) deliver(unit string, day trail.Day) {
	h.number++
	order := h.random.IntN(1 << 20)
	if h.calm {
		order = h.number // after all others
	}
	at := day.Time().Format("2006/01/02")
	body := logFile()
	if h.chance(10) {
		id := h.random.IntN(h.number)
		body = logFile(record(fmt.Sprint(id), time.Date(2023, 12, id%60, 10, 0, 0, 0, time.UTC).Format(time.RFC3339)))
	}
	h.bucket.put(fmt.Sprintf("%s%s/%08d.json", unit, at, order), body, fmt.Sprintf(`"%032x"`, h.number)).day = day
}

// change has a log file that no run can have settled say something else of its event.
func (h *history) change() {
	var keys []string
	for _, key := range h.bucket.keys {
		if o := h.bucket.objects[key]; o.day >= h.open && bytes.Contains(o.body, []byte(`"eventID"`)) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return
	}
	key := keys[h.random.IntN(len(keys))]
	o := h.bucket.objects[key]
	h.number++
	body := bytes.Replace(o.body, []byte(`"eventName"`), fmt.Appendf(nil, `"userAgent":"%d","eventName"`, h.number), 1)
	h.bucket.put(key, body, fmt.Sprintf(`"%032x"`, h.number)).day = o.day
}

// takeInventory takes one as the trail is now. Of what is new, it has not all.
func (h *history) takeInventory() {
	var objects []store.Object
	for page, err := range h.bucket.List(h.t.Context(), store.Range{}) {
		if err != nil {
			h.t.Fatal(err)
		}
		for _, o := range page.Objects {
			if h.bucket.objects[o.Key].day < trail.DayOf(h.now)-2 || h.chance(50) {
				objects = append(objects, o)
			}
		}
	}
	folder := place(h.t, h.t.TempDir())
	manifest, err := inventorytest.Write(h.t.Context(), store.Location{Store: store.NewDir(new(store.Shared)), URL: folder}, slices.Values(objects),
		inventorytest.Options{Bucket: "trail", Created: h.now, Parquet: h.chance(50), Versions: true})
	if err != nil {
		h.t.Fatal(err)
	}
	folder.Prefix = manifest
	h.inventory = folder
}

// grow is what comes until the next night.
func (h *history) grow() {
	last := trail.DayOf(h.now)
	days := 30
	if h.busy {
		days = max(5, 70-h.number) // a long past first: it is what units are split for
	}
	h.now = h.now.Add(time.Duration(days*12+h.random.IntN(days*12)) * time.Hour)
	today := trail.DayOf(h.now)
	for i, unit := range h.units {
		perDay := 1 + h.random.IntN(3)
		if i == 0 && h.busy {
			perDay = 200
		}
		for day := last + 1; day <= today; day++ {
			if perDay < 100 && h.chance(20) {
				continue
			}
			for range h.random.IntN(2 * perDay) {
				h.deliver(unit, day)
			}
		}
		for !h.calm && h.chance(60) { // late
			if open := h.open + trail.Day(h.random.IntN(int(today-h.open)+1)); h.chance(80) {
				h.deliver(unit, open)
			}
		}
	}
	for !h.calm && h.chance(30) {
		h.change()
	}
	if h.chance(20) {
		h.bucket.put(h.units[h.random.IntN(4)]+today.Time().Format("2006/01/")+"odd", nil, "odd")
	}
}

// damage lets things go wrong, and heals what went wrong before.
func (h *history) damage() {
	s := h.bucket
	clear(s.cut)
	for _, o := range s.objects {
		o.err, o.torn, o.vanish = nil, false, false
	}
	if h.calm || h.chance(20) {
		return
	}
	for range h.random.IntN(4) {
		unit := h.units[h.random.IntN(len(h.units))]
		switch h.random.IntN(7) {
		case 0:
			s.cut[unit] = h.random.IntN(3)
		case 1:
			day := trail.DayOf(h.now) - trail.Day(h.random.IntN(20))
			h.each(unit+day.Time().Format("2006/01/02"), 100, func(o *object) { o.err = store.ErrDenied })
		case 2:
			day := trail.DayOf(h.now) - trail.Day(h.random.IntN(60))
			h.each(unit+day.Time().Format("2006/01/"), 100, func(o *object) { o.err = store.ErrArchived })
		case 3:
			h.each(unit, 3, func(o *object) { o.err = store.ErrArchived })
		case 4:
			h.each(unit, 5, func(o *object) { o.err = store.ErrDenied })
		case 5:
			h.each(unit, 5, func(o *object) { o.torn = true })
		case 6:
			h.each(unit, 3, func(o *object) { o.vanish = bytes.Equal(o.body, logFile()) })
			h.lossy = true
		}
	}
}

func (h *history) each(prefix string, percent int, do func(*object)) {
	for _, key := range h.bucket.keys {
		if strings.HasPrefix(key, prefix) && h.chance(percent) {
			do(h.bucket.objects[key])
		}
	}
}

func (h *history) config() pipeline.Config {
	c := config(h.t, h.table, h.table)
	c.Sources = []store.URL{{Bucket: "trail"}}
	openBucket(&c, h.bucket)
	now := h.now
	c.Now = func() time.Time { return now }
	c.Selection.To = trail.DayOf(now)
	c.Recheck = historyRecheck
	c.Concurrency = 4
	c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return c
}

// vary has a run do less, or the same in another way.
func (h *history) vary(c *pipeline.Config) {
	today := int(c.Selection.To)
	c.RecheckAll = h.chance(20)
	if h.chance(25) {
		c.Selection.From = trail.Day(today - h.random.IntN(80))
	}
	if h.chance(25) && !h.busy {
		c.Selection.To = max(c.Selection.From, trail.Day(today-h.random.IntN(40)))
	}
	if h.chance(15) {
		c.Selection.Accounts = []string{"111122223333"}
	}
	if h.chance(15) {
		c.Selection.Regions = []string{"us-west-2"}
	}
	if h.calm && c.RecheckAll {
		// Of a month that is compared in part, all is read again.
		c.Selection = trail.Selection{To: trail.Day(today)}
	} else if h.chance(40) {
		var places []store.URL
		for _, prefix := range []string{"", "AWSLogs", "AWSLogs/111122223333", strings.TrimSuffix(h.units[0], "/"), h.units[0] + h.now.Format("2006"), h.units[0] + h.now.Format("2006/01"), h.units[3] + h.now.AddDate(0, 0, -3).Format("2006/01/02")} {
			if h.chance(50) {
				places = append(places, store.URL{Bucket: "trail", Prefix: prefix})
			}
		}
		if len(places) > 0 {
			h.random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
			c.Sources = places
		}
	}
}

// night runs, in shards or not, each as its plan says.
func (h *history) night(vary bool) {
	c := h.config()
	if vary {
		h.vary(&c)
	}
	shards := 1
	if h.busy || h.chance(40) {
		shards = 1 + h.random.IntN(4)
	}
	if taken := h.inventory; vary && taken != (store.URL{}) && !c.RecheckAll {
		c.Inventories = []store.URL{taken}
		for i := range c.Sources {
			c.Sources[i].Bucket = "trail"
		}
	}
	left := h.random.Perm(shards)
	if vary && h.chance(20) {
		left = left[1:]
	}
	what := fmt.Sprintf("%s: %v all %t %v shards %d inventories %v", h.now.Format(time.DateTime), c.Selection, c.RecheckAll, c.Sources, shards, c.Inventories)
	fmt.Fprintln(&h.log, what)
	for _, index := range left {
		c.Shard = pipeline.Shard{Index: index, Count: shards}
		if h.random.IntN(12) == 0 && vary && !h.calm {
			h.interrupt(c)
			continue
		}
		before := everything(h.t, h.table)
		p := plan(h.t, c)
		same(h.t, before, everything(h.t, h.table))
		h.bucket.gets = 0
		report := run(h.t, c)
		if p.LogFiles != int64(h.bucket.gets) || p.AlreadyDone != report.AlreadyDone || p.Skipped != report.Skipped {
			h.t.Errorf("%s: planned %d log files, %d done, %d skipped: %d, %d, %d", what, p.LogFiles, p.AlreadyDone, p.Skipped, h.bucket.gets, report.AlreadyDone, report.Skipped)
		}
		if len(h.bucket.cut) == 0 && vary == false && !h.troubled() && !report.Complete() {
			h.t.Errorf("%s: %v %v", what, report.Quarantined, report.Unreachable)
		}
	}
	h.open = max(h.open, trail.DayOf(h.now.Add(-c.Recheck)))
}

func (h *history) troubled() bool {
	for _, o := range h.bucket.objects {
		if o.err != nil || o.torn || o.vanish {
			return true
		}
	}
	return false
}

// interrupt runs until some log file.
func (h *history) interrupt(c pipeline.Config) {
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	left := h.random.IntN(30)
	h.bucket.onGet = func() {
		if left--; left < 0 {
			cancel()
		}
	}
	defer func() { h.bucket.onGet = nil }()
	if _, err := pipeline.Run(ctx, c); err != nil && !errors.Is(err, context.Canceled) {
		h.t.Error(err)
	}
}

// Whatever was delivered when, whatever failed, and however the runs were cut: a
// plan says what its run reads, nothing is lost, and in the end table and state
// are those of a single run.
func TestHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	seeds := uint64(6)
	if n, err := strconv.ParseUint(os.Getenv("PLANTRAIL_HISTORIES"), 10, 32); err == nil {
		seeds = n // a longer search
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := newHistory(t, seed)
			h.live()
			if t.Failed() {
				t.Log(h.log.String())
			}
		})
	}
}

func (h *history) live() {
	t := h.t
	for night := range 3 + h.random.IntN(6) {
		h.inventory = store.URL{}
		if !h.calm && night > 0 && h.chance(30) {
			h.takeInventory()
		}
		h.grow()
		h.damage()
		h.night(!h.busy || night > 0)
	}
	// What came late is late by less than Recheck: a plain night has it all.
	calm := h.calm
	h.calm = true
	h.damage()
	h.night(false)
	once := h.config()
	folder := t.TempDir()
	once.Table = place(t, folder)
	for key, o := range h.bucket.objects {
		if calm && o.fetched != 1 && strings.HasSuffix(key, ".json") {
			t.Errorf("%s was read %d times", key, o.fetched)
		}
	}
	run(t, once)
	same(t, partitions(t, folder), partitions(t, h.table))
	if h.t.Failed() {
		return
	}
	all := h.config()
	all.RecheckAll = true
	run(t, all)
	if again := run(t, all); again.Read != 0 {
		t.Errorf("with everything listed again, read %d", again.Read)
	}
	if again := run(t, h.config()); again.Read != 0 {
		t.Errorf("read %d again", again.Read)
	}
	if !h.lossy { // of a month that is deleted whole, the count stays
		same(t, everything(t, folder), everything(t, h.table))
	}
}
