package watch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/posternhq/postern/config"
)

// extraLimit is how much of a file beside the configuration is looked at, in
// bytes. None that it can use is larger.
const extraLimit = 4 << 20

// contents are what was found on disk at one look.
type contents struct {
	sum   string   // of everything; what can't be read counts as its error
	files []string // of the configuration, as far as it could be read
	extra []string
}

func (w *Watcher) contents(ctx context.Context) contents {
	files, _ := config.Read(ctx, w.Path)
	c := contents{extra: w.extra()}
	for _, f := range files.Files {
		c.files = append(c.files, f.Name)
	}
	var sum strings.Builder
	sum.WriteString(files.Hash)
	for _, path := range c.extra {
		fmt.Fprintf(&sum, "\n%q ", path)
		if content, err := config.ReadRegular(path, extraLimit); err != nil {
			sum.WriteString(err.Error())
		} else {
			fmt.Fprintf(&sum, "%x", sha256.Sum256(content))
		}
	}
	if w.Known != nil {
		fmt.Fprintf(&sum, "\n%q", w.Known())
	}
	c.sum = sum.String()
	return c
}

func (w *Watcher) extra() []string {
	if w.Extra == nil {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(w.Extra())))
}
