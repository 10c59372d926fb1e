package trail

import (
	"context"
	"fmt"
	"strings"
)

// count counts what is in a folder of another service.
func (d *Discovery) count(ctx context.Context, folder, kind string) error {
	count, err := d.source.Count(ctx, folder)
	if err != nil {
		return d.lose(ctx, folder, err)
	}
	var others Others
	others.add(kind, count)
	return d.others(others)
}

// Saw says what the listing of units has come upon: log files, and others.
func (d *Discovery) Saw(logFiles bool, others Others) {
	if logFiles {
		d.any.Store(true)
	}
	for kind, other := range others {
		d.see(kind, other)
	}
}

// Check returns an error if there was no trail and no log file. All units must
// have been listed.
func (d *Discovery) Check() error {
	if d.any.Load() {
		return nil
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.seen) == 0 {
		return fmt.Errorf("no AWSLogs folder and no log files: %w", ErrNoTrail)
	}
	var found []string
	for _, kind := range d.seen.Kinds() {
		switch other := d.seen[kind]; {
		case other.Objects == 0:
			found = append(found, kind)
		case other.More:
			found = append(found, fmt.Sprintf("%s (%d or more)", kind, other.Objects))
		default:
			found = append(found, fmt.Sprintf("%s (%d)", kind, other.Objects))
		}
	}
	reason := ErrNoTrail
	if d.seen[KindUnnamed].Objects > 0 {
		reason = ErrUnnamed
	}
	return fmt.Errorf("no log files of CloudTrail, but %s: %w", strings.Join(found, ", "), reason)
}

func (d *Discovery) others(others Others) error {
	if len(others) == 0 {
		return nil
	}
	d.Saw(false, others)
	return d.finder.Others(others)
}

func (d *Discovery) see(kind string, other Other) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.seen.add(kind, other)
}

// lose reports a folder that cannot be listed, unless the run is over.
func (d *Discovery) lose(ctx context.Context, folder string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.any.Store(true)
	d.mutex.Lock()
	if d.lost == nil {
		d.lost = map[string]bool{}
	}
	d.lost[folder] = true
	d.mutex.Unlock()
	return d.finder.Lost(folder, err)
}

func (d *Discovery) isLost(folder string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.lost[folder]
}

func (p *Page) add(more Page) {
	p.Folders = append(p.Folders, more.Folders...)
	p.LogFiles = p.LogFiles || more.LogFiles
	for kind, other := range more.Others {
		p.Others.add(kind, other)
	}
}
