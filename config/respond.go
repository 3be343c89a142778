package config

import (
	"net/http"

	"github.com/posternhq/postern/outbound"
)

// responses are what the receiver of a test answers, one an attempt: a status, or
// { status = 200, headers = { … }, body = … }.
func (l *loader) responses(s *section) []outbound.Reply {
	items, _ := s.items("respond")
	replies := make([]outbound.Reply, 0, len(items))
	for _, item := range items {
		if r, ok := l.response(item); ok {
			replies = append(replies, r)
		}
	}
	return replies
}

func (l *loader) response(n node) (r outbound.Reply, ok bool) {
	switch n := n.(type) {
	case *object:
		return l.reply(n)
	case *array:
		l.fail(n.at(), "Write respond = [503, { status = 200, body = { ok = true } }].", "An answer is a status, or an object with one.")
		return r, false
	}
	r.Status, ok = parseNode(l, n, parseStatus)
	return r, ok
}

var replyMembers = []string{"status", "headers", "body"}

// reply reads an answer that is more than a status; ok is false if nothing of it
// can be read.
func (l *loader) reply(o *object) (r outbound.Reply, ok bool) {
	w := l.want(o)
	if w == nil {
		return r, false
	}
	for i, f := range w.Fields {
		switch f.Name {
		case "status":
			r.Status = l.replyStatus(f.Value)
		case "headers":
			r.Header = l.replyHeaders(f.Value)
		case "body":
			r.Body = replyBody(f.Value)
		default:
			l.fail(o.fields[i].at, suggestOr(f.Name, replyMembers, "It has"), "An answer has no %q.", f.Name)
		}
	}
	if member(o, "status") == nil {
		l.fail(o.place, "Write { status = 200, body = { ok = true } }.", "An answer needs a status.")
	}
	return r, true
}

func (l *loader) replyStatus(w *Wanted) int {
	status, err := parseStatus(w.Text)
	if err != nil {
		l.failWith(w.at, err)
	}
	return status
}

func (l *loader) replyHeaders(w *Wanted) http.Header {
	if !w.Object {
		l.fail(w.at, "", "headers is an object: { name = value }.")
	}
	h := http.Header{}
	for _, f := range w.Fields {
		if !f.Value.scalar() {
			l.fail(f.Value.at, "Write one text.", "headers holds texts.")
			continue
		}
		h.Set(f.Name, f.Value.Text)
	}
	return h
}

// replyBody is a text as it is, and anything else as JSON.
func replyBody(w *Wanted) []byte {
	switch {
	case string(w.JSON) == "null":
		return nil
	case w.is(stringKind):
		return []byte(w.Text)
	}
	return w.JSON
}
