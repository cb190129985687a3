//go:build !linux

package browser

import "syscall"

// alone does nothing: other systems have no such thing for an ordinary user.
func alone(*syscall.SysProcAttr) {}
