package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"
)

// readBody reads one JSON object without other members than those of T; wanted
// says so. The errors of encoding/json quote what they read, which may be a
// secret, so none is passed on.
func readBody[T any](body io.Reader, wanted error) (v T, err error) {
	text, err := io.ReadAll(body)
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return v, errTooLong
	}
	if err != nil || !utf8.Valid(text) {
		return v, wanted
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&v) != nil {
		return v, wanted
	}
	if _, err := d.Token(); err != io.EOF {
		return v, wanted
	}
	return v, nil
}
