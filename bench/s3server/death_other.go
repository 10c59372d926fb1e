//go:build !linux

package s3server

import "syscall"

// dieWithParent does nothing where the kernel offers nothing of the kind: there
// a child outlives a process that dies without stopping it.
func dieWithParent() *syscall.SysProcAttr { return nil }
