package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/posternhq/postern/expr"
)

// readOrigin takes scheme, host and port off the parts.
func (u *URL) readOrigin(parts []expr.Part) ([]expr.Part, error) {
	head := 0
	var fixed strings.Builder
	for head < len(parts) && parts[head].Expr == nil {
		fixed.WriteString(parts[head].Literal)
		head++
	}
	if last := len(parts) - 1; strings.HasPrefix(fixed.String(), " ") || last >= 0 && strings.HasSuffix(parts[last].Literal, " ") {
		return nil, wrong("a space stands before or behind it: take it out")
	}
	scheme, rest, found := strings.Cut(fixed.String(), "://")
	if !found {
		if head < len(parts) {
			return nil, earlyExpression()
		}
		return nil, wrong("it has no scheme: begin it with https://")
	}
	u.scheme = strings.ToLower(scheme)
	if u.scheme != "https" && u.scheme != "http" {
		return nil, wrong("its scheme is not https: begin it with https://")
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		if head < len(parts) {
			return nil, earlyExpression()
		}
		end = len(rest)
	}
	if err := u.readHost(rest[:end]); err != nil {
		return nil, err
	}
	return append([]expr.Part{{Literal: rest[end:]}}, parts[head:]...), nil
}

func (u *URL) readHost(authority string) error {
	if strings.Contains(authority, "@") {
		return wrong(`it names a user: take out what stands before the "@" and write an auth block`)
	}
	host, port, err := splitPort(authority)
	if err != nil {
		return wrong(err.Error())
	}
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.scheme]
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return wrong("its port is not a number from 1 to 65535")
	} else {
		port = strconv.FormatUint(n, 10)
	}
	if host, err = readHostName(host); err != nil {
		return wrong(err.Error())
	}
	u.host = net.JoinHostPort(host, port)
	u.authority = u.host
	if port == "443" && u.scheme == "https" || port == "80" && u.scheme == "http" {
		u.authority = strings.TrimSuffix(u.host, ":"+port)
	}
	return nil
}

// splitPort takes the brackets' content as the host of an IPv6 address, and
// keeps them on for readHostName to see.
func splitPort(authority string) (host, port string, err error) {
	end := strings.LastIndexByte(authority, ']') + 1
	if strings.HasPrefix(authority, "[") && end == 0 {
		return authority, "", nil
	}
	host, port, found := strings.Cut(authority[end:], ":")
	if found && port == "" {
		return "", "", errors.New("its port is empty: write a number, or leave out the colon")
	}
	return authority[:end] + host, port, nil
}

func readHostName(host string) (string, error) {
	if host == "" {
		return "", errors.New("it has no host")
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, closed := strings.CutSuffix(inside, "]")
		addr, err := netip.ParseAddr(inside)
		if !closed || err != nil || !addr.Is6() {
			return "", errors.New("what stands in brackets is not an IPv6 address")
		}
		if addr.Zone() != "" {
			return "", errors.New("its address has a zone, which means nothing to others")
		}
		return addr.String(), nil
	}
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 0x80:
			return "", errors.New("its host has letters beyond ASCII: write it in punycode (xn--…)")
		case !isAlnum(c) && c != '-' && c != '.' && c != '_':
			return "", fmt.Errorf("its host may not hold %q", c)
		}
	}
	if strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return "", errors.New("its host has an empty label")
	}
	return strings.ToLower(host), nil
}

// readTarget splits path and query, and both where expressions stand.
func (u *URL) readTarget(parts []expr.Part) error {
	var path, query []expr.Part
	inQuery := false
	for _, p := range parts {
		if p.Expr == nil {
			if err := checkTarget(p.Literal); err != nil {
				return err
			}
			if before, after, found := strings.Cut(p.Literal, "?"); found && !inQuery {
				inQuery = true
				path = append(path, expr.Part{Literal: escapeText(before, pathMarks)})
				query = append(query, expr.Part{Literal: escapeText(after, queryMarks)})
				continue
			}
			marks := pathMarks
			if inQuery {
				marks = queryMarks
			}
			p.Literal = escapeText(p.Literal, marks)
		}
		if inQuery {
			query = append(query, p)
		} else {
			path = append(path, p)
		}
	}
	u.path = splitPath(path)
	u.query = expr.Text{Parts: query}
	return nil
}

func checkTarget(s string) error {
	if strings.Contains(s, "#") {
		return wrong(`it has a fragment ("#"), which is never sent: take it out, or write %23`)
	}
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return wrong(`a "%" in it is not followed by two hex digits: write %25 for the sign itself`)
		}
	}
	return nil
}

// splitPath gathers what stands between slashes, so that a segment with an
// expression in it can be judged as a whole.
func splitPath(parts []expr.Part) []piece {
	var pieces []piece
	var segment []expr.Part
	dynamic := false
	flush := func() {
		if dynamic {
			pieces = append(pieces, piece{segment: &expr.Text{Parts: segment}})
		} else {
			for _, p := range segment {
				pieces = append(pieces, piece{fixed: p.Literal})
			}
		}
		segment, dynamic = nil, false
	}
	for _, p := range parts {
		if p.Expr != nil {
			segment, dynamic = append(segment, p), true
			continue
		}
		for i, text := range strings.Split(p.Literal, "/") {
			if i > 0 {
				flush()
				pieces = append(pieces, piece{fixed: "/"})
			}
			if text != "" {
				segment = append(segment, expr.Part{Literal: text})
			}
		}
	}
	flush()
	if len(pieces) == 0 {
		pieces = []piece{{fixed: "/"}}
	}
	return pieces
}

// literalNames leaves out names that a secret or an expression has a part in.
func literalNames(text expr.Text) []string {
	const unknown = "\x00"
	var all strings.Builder
	for _, p := range text.Parts {
		if p.Expr != nil || p.Secret != "" {
			all.WriteString(unknown)
		}
		all.WriteString(p.Literal)
	}
	_, query, _ := strings.Cut(all.String(), "?")
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name == "" || strings.Contains(name, unknown) {
			continue
		}
		if plain, err := url.QueryUnescape(name); err == nil {
			names = append(names, plain)
		}
	}
	return names
}

// reveal puts the values of secrets where they stand. From here on they are
// text like any other, so nothing of it may get into an error.
func reveal(text expr.Text, secrets func(string) (string, bool)) ([]expr.Part, error) {
	parts := make([]expr.Part, 0, len(text.Parts))
	for _, p := range text.Parts {
		if p.Secret != "" {
			value, ok := "", false
			if secrets != nil {
				value, ok = secrets(p.Secret)
			}
			if !ok {
				return nil, fmt.Errorf("url: %s has no value", p.Secret)
			}
			p = expr.Part{Literal: value}
		}
		for i := range len(p.Literal) {
			switch c := p.Literal[i]; {
			case c < 0x20 || c == 0x7f:
				return nil, errors.New("url: it holds a control character, such as a line end: take it out")
			case c == '\\':
				return nil, errors.New(`url: it holds a backslash: write "/", or %5C for the sign itself`)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func show(text expr.Text) string {
	var b strings.Builder
	for _, p := range text.Parts {
		switch {
		case p.Expr != nil:
			b.WriteString("${…}")
		case p.Secret != "":
			b.WriteString(mask)
		default:
			b.WriteString(p.Literal)
		}
	}
	return b.String()
}

func earlyExpression() error {
	return wrong("an expression stands before its path: write scheme, host and port, or take them from env")
}

// wrong leaves the URL itself out: it may hold what should not be shown.
func wrong(reason string) error { return errors.New("url: " + reason) }

const (
	pathMarks  = "-_.~!$&'()*+,;=:@/%"
	queryMarks = pathMarks + "?[]"
)

// escapeText escapes what can't stand in a URL, and leaves escapes as they are.
func escapeText(s, marks string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isAlnum(c) || strings.IndexByte(marks, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}

func isAlnum(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }
func isHex(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'f' || c >= '0' && c <= '9' }
