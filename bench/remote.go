package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"plantrail/bench/fault"
	"plantrail/bench/measure"
	"plantrail/bench/s3server"
)

const (
	trailBucket  = "trail"
	sparseBucket = "sparse"
)

// remote measures the rows over S3.
func (b *bench) remote(ctx context.Context) error {
	const cpu, share, list = "s3/get", "s3/get-delayed", "s3/list"
	compares := b.config.selects(cpu) || b.config.selects(share)
	if !compares && !b.config.selects(list) {
		return nil
	}
	dir := filepath.Join(b.dir, "s3")
	b.logf("making the trails on S3")
	// Files placed by hand are served as well as those that were put, and are
	// there in a tenth of the time.
	if err := makeSparseTrail(filepath.Join(dir, sparseBucket)); err != nil {
		return err
	}
	var t trail
	if compares {
		var err error
		if t, err = makeTrail("s3", filepath.Join(dir, trailBucket), tiny(b.config.RemoteFiles)); err != nil {
			return err
		}
	}
	server, err := s3server.StartDir(ctx, dir)
	if err != nil {
		return err
	}
	defer server.Stop()
	if b.config.selects(cpu) {
		b.logf(cpu)
		if err := b.remoteCPU(ctx, server, t); err != nil {
			return err
		}
	}
	if b.config.selects(share) {
		b.logf(share)
		if err := b.remoteShare(ctx, server, t); err != nil {
			return err
		}
	}
	if b.config.selects(list) {
		b.logf(list)
		return b.remoteList(ctx, server)
	}
	return nil
}

// maxCPU and minShare are what plantrail must reach over S3, and maxLists in
// listing the sparse trail.
const (
	maxCPU   = 1.35
	minShare = 0.85
	maxLists = 24
)

// remoteCPU measures what an object costs the client without delay.
func (b *bench) remoteCPU(ctx context.Context, server *s3server.Server, t trail) error {
	comparison, err := b.againstGet(ctx, server, t, server.URL(trailBucket, ""))
	if err != nil {
		return err
	}
	row := Row{Corpus: "s3", Peer: "get", Value: Value{Number: cpuRatio(comparison, 1), Unit: Times}, Bound: AtMost(maxCPU)}
	row.compare(t, comparison)
	row.Note = fmt.Sprintf("CPU per object: %.0f µs to %.0f µs", perObject(comparison.A, t.stats.LogFiles), perObject(comparison.B, t.stats.LogFiles))
	b.add(row)
	return nil
}

// remoteShare measures how much of what its requests in flight allow plantrail
// reaches, when each takes the delay.
func (b *bench) remoteShare(ctx context.Context, server *s3server.Server, t trail) (err error) {
	proxy, err := fault.Start(server.Endpoint(), fault.Config{Delay: b.config.Delay, Blind: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.Close()) }()
	source := strings.Replace(server.URL(trailBucket, ""), server.Endpoint(), proxy.Endpoint(), 1)
	comparison, err := b.againstGet(ctx, server, t, source)
	if err != nil {
		return err
	}
	possible := float64(b.config.Concurrency) / b.config.Delay.Seconds()
	share := func(u measure.Usage) float64 { return float64(t.stats.LogFiles) / u.Wall.Seconds() / possible }
	row := Row{
		Corpus: "s3, " + b.config.Delay.String(), Peer: "get", Bound: AtLeast(minShare),
		Value: Value{Number: comparison.Ratio(func(a, _ measure.Usage) float64 { return share(a) }), Unit: Share},
		Note: fmt.Sprintf("of %d requests in %s; the peer: %.2f", b.config.Concurrency, b.config.Delay,
			comparison.Ratio(func(_, b measure.Usage) float64 { return share(b) })),
	}
	row.compare(t, comparison)
	b.add(row)
	return nil
}

// againstGet compares plantrail with a loop of GetObject.
func (b *bench) againstGet(ctx context.Context, server *s3server.Server, t trail, source string) (measure.Comparison, error) {
	return measure.Pairs(b.config.Pairs,
		func() (measure.Usage, error) { return b.find(ctx, t, source, server.Env()) },
		func() (measure.Usage, error) {
			get := command(ctx, server.Env(), b.programs.peer, "get", source, "--concurrency", fmt.Sprint(b.config.Concurrency))
			return counted(get, t.stats.LogFiles)
		})
}

// remoteList counts the requests that list the sparse trail.
func (b *bench) remoteList(ctx context.Context, server *s3server.Server) error {
	_, report, err := b.plantrail(ctx, server.URL(sparseBucket, ""), fmt.Sprint(b.config.Concurrency), server.Env())
	if err != nil {
		return err
	}
	if err := expect("plantrail", report.Read, sparseFiles); err != nil {
		return err
	}
	b.add(Row{
		Corpus: "s3", Peer: "list requests", Bound: AtMost(maxLists),
		Value: Value{Number: float64(report.Requests.List), Unit: Count},
		Note:  fmt.Sprintf("%d log files in 6 units × %d days", sparseFiles, sparseDays),
	})
	return nil
}
