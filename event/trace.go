package event

import "strings"

// A Trace is the trace context (W3C) that an event came with, and that its
// deliveries pass on. The zero value is none.
type Trace struct {
	Parent string // of version 00: 00-TRACE-PARENT-FLAGS
	State  string // of the vendors; may be empty
}

// maxTraceState bounds what is kept of the vendors' state, in bytes: what the
// standard asks everybody to pass on at least.
const maxTraceState = 512

// ReadTrace reads the lines of the headers traceparent and tracestate. What is
// not as the standard has it counts as not given, as the standard asks for.
func ReadTrace(parent, state []string) Trace {
	if len(parent) != 1 {
		return Trace{}
	}
	t := Trace{Parent: readParent(parent[0])}
	if all := strings.Join(state, ","); t.Parent != "" && len(all) <= maxTraceState && visible(all) {
		t.State = strings.Trim(all, " \t")
	}
	return t
}

// ID is the trace's, 32 hexadecimal digits; empty without one.
func (t Trace) ID() string {
	if t.Parent == "" {
		return ""
	}
	return t.Parent[len("00-"):][:32]
}

const parentLength = len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

// readParent is empty for what is none. A version yet to come is read as the
// one that we know, with the one flag that it is sure to have.
func readParent(s string) string {
	if len(s) < parentLength || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return ""
	}
	version, trace, span, flags := s[:2], s[3:35], s[36:52], s[53:55]
	if !hexadecimal(version) || !hexadecimal(trace) || !hexadecimal(span) || !hexadecimal(flags) ||
		version == "ff" || empty(trace) || empty(span) {
		return ""
	}
	switch {
	case version == "00" && len(s) == parentLength:
		return s
	case version == "00" || len(s) > parentLength && s[parentLength] != '-':
		return ""
	}
	sampled := "00"
	if strings.IndexByte("13579bdf", flags[1]) >= 0 {
		sampled = "01"
	}
	return "00-" + trace + "-" + span + "-" + sampled
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func empty(s string) bool { return strings.Trim(s, "0") == "" }

func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }) < 0
}
