package s3server

import "syscall"

// dieWithParent has the kernel kill a child when this process dies, however it
// dies.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
