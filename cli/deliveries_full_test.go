package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A fullWriter takes nothing, as a file on a full disk.
type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// What goes to a file is whole, or the exit status says that it is not; and the
// agent is not asked for more.
func TestAListThatCannotBeWrittenFails(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"deliveries": [{"id": "1"}], "next_cursor": "a"}`)
	}))
	defer s.Close()
	for _, verb := range []string{"export", "export --format csv", "ls --all --output json"} {
		asked = 0
		var told strings.Builder
		args := append([]string{"deliveries"}, strings.Fields(verb)...)
		args = append(args, "--console", strings.TrimPrefix(s.URL, "http://"))
		if status := run(t.Context(), args, strings.NewReader(""), fullWriter{}, &told); status != 1 || asked != 1 || !strings.Contains(told.String(), "no space left") {
			t.Errorf("%s: exit status %d after %d pages: %s", verb, status, asked, told.String())
		}
	}
}
