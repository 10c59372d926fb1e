package scale

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"syscall"
	"time"

	"plantrail/bench/s3mem"
	"plantrail/pipeline"
	"plantrail/pipeline/digest"
	"plantrail/pipeline/store"
	"plantrail/pipeline/trail"
)

// Serve has a server in memory answer for the digests, and returns its URL as a source.
func (d *Digests) Serve() (*s3mem.Server, string, error) {
	server, err := s3mem.Start(d, s3mem.Config{})
	if err != nil {
		return nil, "", err
	}
	return server, server.URL(digestBucket, ""), nil
}

// Keys returns the public key, as aws cloudtrail list-public-keys prints it.
func (d *Digests) Keys() ([]byte, error) {
	return digest.WriteKeys([]digest.Key{{
		Fingerprint: d.signer.fingerprint, From: d.First.AddDate(0, -1, 0), To: d.First.AddDate(0, 1, d.Days),
		Value: x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: d.signer.modulus, E: quickE}),
	}})
}

// Verified says what verifying digests took.
type Verified struct {
	Digests     int                     `json:"digests"`
	Units       int                     `json:"units"`
	Requests    pipeline.ReportRequests `json:"requests"`
	WallSeconds float64                 `json:"wall_seconds"`
	CPUSeconds  float64                 `json:"cpu_seconds"` // of this process alone
	PeakBytes   int64                   `json:"peak_bytes"`
}

// Verify verifies digests that a server has, of so many days from a first on. Anything but
// that all are proven is an error.
func Verify(ctx context.Context, source string, keys []byte, first time.Time, days int) (*Verified, error) {
	c := pipeline.VerifyConfig{Config: pipeline.DefaultConfig(), BoundedFrom: true, BoundedTo: true}
	u, err := store.ParseURL(source)
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	if c.PublicKeys, err = digest.ReadKeys(keys); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	c.Sources, c.Log = []store.URL{u}, slog.New(slog.DiscardHandler)
	c.Selection.From = trail.DayOf(first)
	c.Selection.To = c.Selection.From + trail.Day(days) - 2 // the last day's last digest is of the day after
	c.Now = func() time.Time { return first.AddDate(0, 0, days) }
	began := time.Now()
	r, err := pipeline.Verify(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	v := &Verified{Digests: r.Digests.Verified, Units: len(r.Units), Requests: r.Requests, WallSeconds: time.Since(began).Seconds()}
	if altered, unproven := r.Worst(); altered || unproven || len(r.Findings)+len(r.Gaps) > 0 {
		return v, fmt.Errorf("%w: %+v, %d gaps, %d findings, %d unreachable", ErrWrong, r.Digests, len(r.Gaps), len(r.Findings), len(r.Unreachable))
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return nil, fmt.Errorf("measure CPU: %w", err)
	}
	v.CPUSeconds = time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
	v.PeakBytes = peak(&usage)
	return v, nil
}

// Write writes what it took, and what a year of 500 accounts and two regions takes by that.
func (v *Verified) Write(w io.Writer) error {
	const year = 500 * 2 * 365 * 24
	share := year / float64(max(v.Digests, 1))
	_, err := fmt.Fprintf(w, "%d digests of %d units: %d list, %d get, %.1f s, %.1f s CPU, %.0f MB at most, %.0f digests a second, %.0f µs CPU each\n"+
		"a year of 500 accounts and two regions, %d digests, by that: %.0f requests, %.0f s, %.0f s CPU\n",
		v.Digests, v.Units, v.Requests.List, v.Requests.Get, v.WallSeconds, v.CPUSeconds, float64(v.PeakBytes)/mega,
		float64(v.Digests)/v.WallSeconds, v.CPUSeconds/float64(max(v.Digests, 1))*mega,
		year, float64(v.Requests.List+v.Requests.Get)*share, v.WallSeconds*share, v.CPUSeconds*share)
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
