package s3server

import (
	"os/exec"
	"runtime"
	"sync"
)

// maxOutput bounds what is kept of a process's output, in bytes: enough for the
// last words of a process that failed.
const maxOutput = 64 << 10

// A process is a child of this one, which it does not outlive.
type process struct {
	cmd    *exec.Cmd
	output tail
	ended  chan struct{} // closed when the process is gone
}

func startProcess(program string, args, env []string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		// The kernel ends the child with the thread that started it, so that
		// thread must stay.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // it is killed: its status says nothing
			close(p.ended)
		}
	}()
	return p, <-started
}

// stop kills the process and waits until it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Kill() // fails only if it is gone
	<-p.ended
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - maxOutput; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
