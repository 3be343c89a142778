package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

func (a api) secrets(r *http.Request) (any, error) {
	all, err := a.agent.Secrets(r.Context())
	return SecretList{orEmpty(all)}, err
}

func (a api) secret(r *http.Request) (any, error) {
	all, err := a.agent.Secrets(r.Context())
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Webhook == r.PathValue("name") {
			return s, nil
		}
	}
	return nil, ErrNoSecret
}

func (a api) setSecret(r *http.Request) (any, error) {
	value, err := readSecret(r.Body)
	if err != nil {
		return nil, err
	}
	return nil, a.agent.SetSecret(r.Context(), r.PathValue("name"), value)
}

func (a api) removeSecret(r *http.Request) (any, error) {
	return nil, a.agent.RemoveSecret(r.Context(), r.PathValue("name"))
}

// secretBody is the body of PUT /api/v1/secrets/NAME.
type secretBody struct {
	Secret string `json:"secret"`
}

var errSecretBody = fmt.Errorf(`%w: {"secret": "…"} is wanted, and nothing beside it`, errBody)

// readSecret reads a secretBody. The errors of encoding/json quote what they
// read, so none is passed on.
func readSecret(body io.Reader) (string, error) {
	text, err := io.ReadAll(body)
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return "", errTooLong
	}
	if err != nil || !utf8.Valid(text) {
		return "", errSecretBody
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var b secretBody
	if d.Decode(&b) != nil {
		return "", errSecretBody
	}
	if _, err := d.Token(); err != io.EOF {
		return "", errSecretBody
	}
	switch {
	case b.Secret == "":
		return "", fmt.Errorf("the secret is empty: %w", ErrInvalid)
	case strings.ContainsRune(b.Secret, utf8.RuneError): // also what half a surrogate pair became
		return "", fmt.Errorf("the secret holds a character that is none (U+FFFD): %w", ErrInvalid)
	}
	return b.Secret, nil
}
