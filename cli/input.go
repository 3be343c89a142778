package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/dustin/go-humanize"
)

// maxInput bounds what is read of a file with events, or with a request.
const maxInput = 64 << 20

// readInput reads a file of at most so many bytes, or standard input for -.
func readInput(s *session, name string, most int64) ([]byte, error) {
	from := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	raw, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && int64(len(raw)) > most {
		err = fmt.Errorf("%s is over %s", name, humanize.IBytes(uint64(most)))
	}
	return raw, err
}
