package inbound

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

var exchange = regexp.MustCompile("(?ms)^```http\n(.*?)^→ (\\d+)\n(.*?)^```$")

// TestExamplesOfThePage posts what docs/api.md shows, in its order, at one door.
func TestExamplesOfThePage(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	class, status := event.OK, 200
	delivered := []Outcome{{Webhook: "crm", State: event.Delivered, Class: &class, Status: &status}}
	url := doorAt(t, Options{Accepter: &single{}, Await: func(_ context.Context, ids []string) [][]Outcome {
		return [][]Outcome{delivered}
	}})
	examples := exchange.FindAllStringSubmatch(string(page), -1)
	if n := strings.Count(string(page), "```http\nPOST /v1/"); len(examples) != n || n < 6 {
		t.Fatalf("%d of %d examples are understood", len(examples), n)
	}
	for _, e := range examples {
		asked, body, _ := strings.Cut(e[1], "\n\n")
		path, header := readAsked(t, asked)
		a := post(t, url+path, []byte(body), header...)
		if fmt.Sprint(a.status) != e[2] {
			t.Errorf("%s: %d, not %s: %s", asked, a.status, e[2], a.body)
		}
		if diff := cmp.Diff(asJSON(t, []byte(e[3])), asJSON(t, a.body)); diff != "" {
			t.Errorf("%s: %s", asked, diff)
		}
	}
}

// readAsked reads a request line and the headers of an example.
func readAsked(t *testing.T, text string) (path string, header []string) {
	t.Helper()
	line, rest, _ := strings.Cut(text, "\n")
	path, ok := strings.CutPrefix(line, "POST ")
	all, err := textproto.NewReader(bufio.NewReader(strings.NewReader(rest + "\n\n"))).ReadMIMEHeader()
	if err != nil || !ok {
		t.Fatalf("%s: %v", text, err)
	}
	for name := range http.Header(all) {
		header = append(header, name, all.Get(name))
	}
	return path, header
}

func asJSON(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

// A single owes one delivery for each event.
type single struct{ memory }

func (o *single) Accept(ctx context.Context, items []Item) ([]Receipt, error) {
	receipts, err := o.memory.Accept(ctx, items)
	for i := range receipts {
		receipts[i].Deliveries = min(receipts[i].Deliveries, 1)
	}
	return receipts, err
}
