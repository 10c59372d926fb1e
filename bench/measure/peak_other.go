//go:build !linux

package measure

import (
	"os"
	"syscall"
)

// peak returns the largest size that a process had, in bytes.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss
}

// ForgetPeak does nothing: a child is not taken for as large as its parent.
func ForgetPeak() {}
