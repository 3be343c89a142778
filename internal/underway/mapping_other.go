//go:build !linux && !darwin && !freebsd

package underway

import (
	"errors"
	"os"
)

func mapped(*os.File, int) (records, error) { return nil, errors.ErrUnsupported }
