//go:build profile

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profiled writes what the process spends its time on into the directory
// POSTERN_PROFILE: for `make profile`.
func profiled() (end func()) {
	f, err := os.Create(filepath.Join(os.Getenv("POSTERN_PROFILE"), fmt.Sprintf("%d.cpu", os.Getpid())))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		panic(err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			panic(err)
		}
	}
}
