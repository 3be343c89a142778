package cli

import (
	"syscall"
	"testing"
)

func TestTheUmaskTakesNothingFromTheOwner(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	for _, c := range []struct{ given, want int }{
		{0o022, 0o022}, {0, 0}, {0o177, 0o077}, {0o777, 0o077}, {0o527, 0o027},
	} {
		syscall.Umask(c.given)
		liftUmask()
		if got := syscall.Umask(0); got != c.want {
			t.Errorf("umask %04o became %04o, want %04o", c.given, got, c.want)
		}
	}
}
