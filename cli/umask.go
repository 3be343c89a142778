package cli

import (
	"sync"
	"syscall"
)

// keepOwner makes the process's umask take nothing from the owner of a file: what
// Postern writes, its next start has to open. Of others it takes what it took.
var keepOwner = sync.OnceFunc(liftUmask)

func liftUmask() {
	old := syscall.Umask(0o077) // it can't be asked for without being set
	syscall.Umask(old &^ 0o700)
}
