package inbound

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"sync"
)

// An inflater reads what a body is once it is decompressed. What that may be is
// bounded by whoever reads; how much it may be made of is bounded here, since
// gzip can go on and on and say nothing.
type inflater struct {
	body   *bounded
	zip    *gzip.Reader // nil before the first byte
	failed error
}

// spareZipped is how many bytes more a body may have in gzip than without.
const spareZipped = 256 << 10

var errZippedTooLong = errors.New("gzip that says too little for its length")

var unzippers sync.Pool

func newInflater(body io.Reader) *inflater {
	return &inflater{body: &bounded{body, spareZipped}}
}

func (r *inflater) Read(p []byte) (n int, err error) {
	if r.failed != nil {
		return 0, r.failed
	}
	if r.zip == nil {
		if r.failed = r.begin(); r.failed != nil {
			return 0, r.failed
		}
	}
	n, err = r.zip.Read(p)
	r.body.left += int64(n)
	if err != nil && err != io.EOF {
		err = unzipError(err)
	}
	r.failed = err
	return n, err
}

func (r *inflater) begin() error {
	var err error
	zip, ok := unzippers.Get().(*gzip.Reader)
	if ok {
		err = zip.Reset(r.body)
	} else {
		zip, err = gzip.NewReader(r.body)
	}
	if err != nil {
		return unzipError(err)
	}
	r.zip = zip
	return nil
}

// release keeps the decompressor for the next.
func (r *inflater) release() {
	if r.zip != nil {
		unzippers.Put(r.zip)
		r.zip = nil
	}
	r.failed = io.ErrClosedPipe
}

// A notGzip says that a body is not what Content-Encoding says it is.
type notGzip struct{ cause error }

func (e *notGzip) Error() string { return e.cause.Error() }

// unzipError tells a body that is no gzip, or not all of one, from one that could
// not be read.
func unzipError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errZippedTooLong) {
		return err
	}
	return &notGzip{err}
}

// A bounded reader fails behind so many bytes.
type bounded struct {
	io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errZippedTooLong
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.Reader.Read(p)
	b.left -= int64(n)
	return n, err
}
