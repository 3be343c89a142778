package process

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// Metric reads one value from the console, by its name and labels as they are
// written there; false: there is none yet.
func (a *Agent) Metric(name string) (float64, bool) {
	a.t.Helper()
	answer, err := http.Get("http://" + a.Console + "/metrics")
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		a.t.Fatal(err)
	}
	return value, true
}
