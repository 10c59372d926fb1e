package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"plantrail/bench/peers"
)

// programs are the paths of what is compared. DuckDB and ISA-L may be missing.
type programs struct {
	plantrail, peer string
	duck, isal      string
	noDuck, noISAL  error
}

// buildPrograms builds them into dir. It must be called within this module.
func buildPrograms(ctx context.Context, dir string) (programs, error) {
	main, err := goCommand(ctx, nil, "list", "-m", "-f", "{{.Dir}}", "plantrail")
	if err != nil {
		return programs{}, fmt.Errorf("find plantrail: %w", err)
	}
	p := programs{
		plantrail: filepath.Join(dir, "plantrail"),
		peer:      filepath.Join(dir, "peer"),
		duck:      filepath.Join(dir, "duckpeer"),
	}
	static := []string{"CGO_ENABLED=0"} // as plantrail is released
	if _, err := goCommand(ctx, static, "-C", main, "build", "-trimpath", "-o", p.plantrail, "./cmd/plantrail"); err != nil {
		return p, fmt.Errorf("build plantrail: %w", err)
	}
	if _, err := goCommand(ctx, static, "build", "-trimpath", "-o", p.peer, "plantrail/bench/cmd/peer"); err != nil {
		return p, fmt.Errorf("build peer: %w", err)
	}
	_, p.noDuck = goCommand(ctx, []string{"CGO_ENABLED=1"}, "build", "-trimpath", "-o", p.duck, "plantrail/bench/cmd/duckpeer")
	p.isal, p.noISAL = peers.BuildISAL(ctx, dir)
	return p, ctx.Err()
}

// goCommand runs the go command and returns what it prints.
func goCommand(ctx context.Context, env []string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", args...)
	// Where -C leads, the first of several arguments counts; the environment may
	// name a directory or a workspace of its own.
	c.Env = append(os.Environ(), append(env, "GOFLAGS=", "GOWORK=off")...)
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
