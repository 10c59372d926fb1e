package measure

import (
	"os"
	"runtime/debug"
	"syscall"
)

// peak returns the largest size that a process had, in bytes.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10 // the kernel counts in KiB
}

// ForgetPeak gives back memory that this process does not need any more, and
// has the kernel forget how large it once was. A child shares its parent's
// memory until it executes its own program, and the kernel counts that as the
// child's: one that was once large would make all its children look so.
func ForgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // if not, peaks are too high
}
