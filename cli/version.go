package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Version is set when a release is built, with -ldflags -X. Empty: what the go
// command knows of the module or the checkout.
var Version string

type versionVerb struct{ output }

// versionInfo is the answer of version as JSON.
type versionInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (v *versionVerb) Run(s *session) error {
	info := versionInfo{version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	return v.print(s, info, func() {
		fmt.Fprintf(s.out, "postern %s (%s, %s)\n", info.Version, info.Go, info.Platform)
	})
}

// version is what this binary calls itself, also in User-Agent.
func version() string {
	if Version != "" {
		return Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}

// built is the day of the commit that this binary is made of; empty: that is not
// known.
func built() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.time" {
			day, _, _ := strings.Cut(setting.Value, "T")
			return day
		}
	}
	return ""
}
