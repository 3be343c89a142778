package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/posternhq/postern/internal/inert"
)

//go:embed page
var pageFiles embed.FS

// A view is what one page shows.
type view struct {
	Title   string
	Content any
	Live    bool // live.js keeps it fresh

	name   string // of the template
	status int    // 0: 200
}

// A page makes a view of a request. What it fails with is shown as a page, too.
type page func(r *http.Request) (view, error)

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	readOnly(func(w http.ResponseWriter, r *http.Request) {
		v, err := p(r)
		if err != nil {
			refusal := problem(err)
			v = view{name: "refused", Title: http.StatusText(refusal.Status), Content: refusal.Detail, status: refusal.Status}
		}
		v.write(w)
	}).ServeHTTP(w, r)
}

func (v view) write(w http.ResponseWriter) {
	var b bytes.Buffer
	if err := templates[v.name].Execute(&b, v); err != nil {
		problem(err).Write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.status != 0 {
		w.WriteHeader(v.status)
	}
	_, _ = w.Write(b.Bytes()) // nothing can be said any more to a browser that has gone
}

// templates are the pages by name: each the layout with its own content.
var templates = func() map[string]*template.Template {
	base := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"text":    text,
		"lines":   inert.Lines,
		"segment": url.PathEscape,
		"time":    clock,
		"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"age":     func(t time.Time) string { return age(time.Since(t)) },
		"bytes":   func(n int64) string { return humanize.IBytes(uint64(max(n, 0))) },
		"add":     func(a, b int64) int64 { return a + b },
		"join":    func(s []string) string { return inert.Text(strings.Join(s, ", ")) },
	}).ParseFS(pageFiles, "page/layout.html", "page/rows.html"))
	all := make(map[string]*template.Template)
	for _, name := range []string{"overview", "deliveries", "delivery", "webhook", "refused"} {
		all[name] = template.Must(template.Must(base.Clone()).ParseFS(pageFiles, "page/"+name+".html"))
	}
	return all
}()

// text is a string, of whatever type, or what a pointer to one holds, as visible text.
func text(v any) string { return inert.Text(reflect.Indirect(reflect.ValueOf(v)).String()) }

// clock is a time as the page writes it, in UTC; empty when there is none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// age is how long something has taken, in its two largest units.
func age(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm %ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh %dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd %dh", s/86400, s/3600%24)
}

// asset serves the style sheet and the script.
func asset(w http.ResponseWriter, r *http.Request) {
	kinds := map[string]string{"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8"}
	name := r.PathValue("name")
	content, err := pageFiles.ReadFile("page/" + name)
	if kinds[name] == "" || err != nil {
		problem(errNoPath).Write(w)
		return
	}
	w.Header().Set("Content-Type", kinds[name])
	_, _ = w.Write(content) // nothing can be said any more to a browser that has gone
}
