package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine names what the figures are of.
func machine() string {
	return fmt.Sprintf("%d cores, %s, %s %s/%s, %s", runtime.NumCPU(), processor(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly))
}

// processor returns the name of the first processor, where the kernel tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
