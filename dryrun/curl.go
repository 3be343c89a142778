package dryrun

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/posternhq/postern/outbound"
)

// curl is a command for a POSIX shell that sends a request with marks in it.
func curl(r *http.Request, body string, auth outbound.Auth, m *masks) string {
	words := []string{"curl"}
	if r.Method != http.MethodGet {
		words = append(words, "-X "+r.Method)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			if isBasic(name, value) {
				words = append(words, "-u "+m.shell(auth.Username+":"+auth.Password.Reveal()))
				continue
			}
			words = append(words, "-H "+m.shell(name+": "+value))
		}
	}
	if body != "" {
		words = append(words, "--data-binary "+m.shell(body))
	}
	return strings.Join(append(words, m.shell(r.URL.String())), " \\\n  ")
}

// shell quotes a text for a shell: nothing in it means anything, but for the
// marks, which become variables.
func (m *masks) shell(s string) string {
	const border = "\x00" // can't be in a header, a URL or a payload
	s = m.words(s, func(name string) string { return border + variable(name) + border })
	var out strings.Builder
	for i, part := range strings.Split(s, border) {
		switch {
		case i%2 == 1:
			out.WriteString(`"` + part + `"`)
		case part != "":
			out.WriteString("'" + strings.ReplaceAll(part, "'", `'\''`) + "'")
		}
	}
	return out.String()
}

// variable reads a secret by its name in a shell.
func variable(name string) string {
	source, of, _ := strings.Cut(name, ":")
	switch source {
	case "env":
		of, _, _ = strings.Cut(of, "?") // the default's sum
		return "$" + of
	case "file":
		return "$(cat " + of + ")"
	case "oauth2":
		return "$ACCESS_TOKEN"
	case "credential":
		return "$(cat $CREDENTIALS_DIRECTORY/" + of + ")"
	}
	return "$SECRET"
}
