package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/console"
)

// A page that the agent ended before it was full is filled with those that follow,
// and no more than was asked for is fetched.
func TestAShortPageIsFilled(t *testing.T) {
	pages := map[string]string{
		"limit=3":          `{"deliveries": [], "next_cursor": "a"}`,
		"cursor=a&limit=3": `{"deliveries": [{"id": "1"}], "next_cursor": "b"}`,
		"cursor=b&limit=2": `{"deliveries": [{"id": "2"}, {"id": "3"}], "next_cursor": "c"}`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		text, known := pages[q.URL.RawQuery]
		if !known {
			t.Errorf("asked for %q", q.URL.RawQuery)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, text)
	}))
	defer s.Close()
	a := &api{Client: console.NewClient(console.Dial{Address: strings.TrimPrefix(s.URL, "http://")})}
	l, err := a.page(t.Context(), console.Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range l.Deliveries {
		ids = append(ids, d.ID)
	}
	if got := strings.Join(ids, " "); got != "1 2 3" || l.NextCursor == nil || *l.NextCursor != "c" {
		t.Errorf("filled with %s, and goes on at %v", got, l.NextCursor)
	}
}
