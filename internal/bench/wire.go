package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// HTTP/1.1 as far as the two ends of a measurement need it, so that most of a
// small machine is left to what is measured: messages have a Content-Length.

var errMessage = errors.New("a message that is not understood")

// A message is one request or answer. It is valid until the next one is read.
type message struct {
	first []byte // line
	body  []byte
}

// A reader reads messages from a connection.
type reader struct {
	*bufio.Reader
	m message
}

func newReader(r io.Reader) *reader { return &reader{Reader: bufio.NewReaderSize(r, 16<<10)} }

var contentLength = []byte("content-length:")

// next reads one message.
func (r *reader) next() (*message, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	r.m.first = append(r.m.first[:0], bytes.TrimSpace(line)...)
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil || length < 0 {
				return nil, errMessage
			}
		}
	}
	r.m.body = append(r.m.body[:0], make([]byte, length)...)
	_, err = io.ReadFull(r.Reader, r.m.body)
	return &r.m, err
}

// status is that of an answer; 0 if it is none.
func (m *message) status() int {
	if len(m.first) < len("HTTP/1.1 202") {
		return 0
	}
	n, err := strconv.Atoi(string(m.first[9:12]))
	if err != nil {
		return 0
	}
	return n
}

// path is that of a request; nil if it is none.
func (m *message) path() []byte {
	parts := bytes.SplitN(m.first, []byte(" "), 3)
	if len(parts) < 3 {
		return nil
	}
	return parts[1]
}

// appendRequest writes a request with a JSON body.
func appendRequest(to []byte, host, path string, body []byte) []byte {
	to = fmt.Appendf(to, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, host, len(body))
	return append(to, body...)
}
