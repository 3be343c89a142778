package console

import (
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

// readSecret reads a secretBody.
func readSecret(body io.Reader) (string, error) {
	b, err := readBody[secretBody](body, errSecretBody)
	switch {
	case err != nil:
		return "", err
	case b.Secret == "":
		return "", fmt.Errorf("the secret is empty: %w", ErrInvalid)
	case strings.ContainsRune(b.Secret, utf8.RuneError): // also what half a surrogate pair became
		return "", fmt.Errorf("the secret holds a character that is none (U+FFFD): %w", ErrInvalid)
	}
	return b.Secret, nil
}
