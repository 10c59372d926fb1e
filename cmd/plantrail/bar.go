package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"plantrail/pipeline"
)

// A bar is the last line of a terminal, where it shows how far a run is. What is
// written to it stands above.
type bar struct {
	terminal *os.File
	drawn    *mpb.Progress
	line     *mpb.Bar
	over     sync.Once
}

const (
	barRefresh = 200 * time.Millisecond
	barWidth   = 32
)

// newBar draws a bar until it is stopped. The library asks for each part of the
// line when it draws it, all from one goroutine, so nobody needs to push counts.
func newBar(terminal *os.File, p *pipeline.Progress) *bar {
	m := newMeter(time.Now())
	before := decor.Any(func(decor.Statistics) string {
		m.add(time.Now(), p.Snapshot())
		return m.counts()
	})
	after := decor.Any(func(decor.Statistics) string { return m.pace() })
	style := mpb.BarStyle().Build()
	filler := mpb.BarFillerFunc(func(w io.Writer, s decor.Statistics) error {
		if !m.now.ListingOver {
			return nil // of how much, nobody knows
		}
		s.Current, s.Total = m.now.Finished, m.now.Finished+m.now.Left()
		return style.Fill(w, s)
	})
	drawn := mpb.New(mpb.WithOutput(terminal), mpb.WithRefreshRate(barRefresh))
	line := drawn.MustAdd(0, filler, mpb.BarWidth(barWidth), mpb.PrependDecorators(before), mpb.AppendDecorators(after))
	return &bar{terminal: terminal, drawn: drawn, line: line}
}

// Write writes log lines above the bar, or where it was.
func (b *bar) Write(text []byte) (int, error) {
	n, err := b.drawn.Write(text)
	if errors.Is(err, mpb.ErrDone) {
		return b.terminal.Write(text)
	}
	return n, err
}

// home puts the cursor where the bar expects it, at the beginning of a line: the ^C
// that was typed has moved it, and the bar would be wiped away only in part.
func (b *bar) home() { _, _ = b.terminal.WriteString("\r") } // it is only to look at

// stop wipes the bar away.
func (b *bar) stop() {
	b.over.Do(func() {
		b.line.Abort(true)
		b.drawn.Wait()
	})
}

// counts is what stands before the bar.
func (m *meter) counts() string {
	done, all := humanize.Comma(m.now.Finished), humanize.Comma(m.now.Finished+m.now.Left())
	if m.now.ListingOver {
		return fmt.Sprintf("%s of %s log files ", done, all)
	}
	if m.now.Units == 0 {
		return "looking for accounts and regions"
	}
	return fmt.Sprintf("listing: %s of %s units, %s of %s log files done so far", humanize.Comma(m.now.UnitsListed), humanize.Comma(m.now.Units), done, all)
}

// pace is what stands after it.
func (m *meter) pace() string {
	if m.now.Listed == 0 {
		return ""
	}
	text := fmt.Sprintf("  %s/s  %s/s", humanize.CommafWithDigits(m.logFiles, 0), humanize.IBytes(uint64(max(m.bytes, 0))))
	switch left, ok := m.left(); {
	case m.now.ListingOver && m.now.Left() == 0:
		return text + "  writing the table"
	case ok:
		return text + "  " + left.Round(time.Second).String() + " left"
	}
	return text
}
