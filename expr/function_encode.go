package expr

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// toText writes single values as text, others as JSON.
func toText(m *meter, args []any) (any, error) {
	switch args[0].(type) {
	case []any, map[string]any:
		return toJSON(m, args)
	}
	s, err := textOf(args[0])
	if err != nil {
		return nil, err
	}
	return s, m.keep(len(s))
}

func toJSON(m *meter, args []any) (any, error) {
	b, err := appendValue(nil, args[0])
	if err != nil {
		return nil, err
	}
	return m.made(string(b))
}

// fromJSON makes values of a text, which take more room than it does.
func fromJSON(m *meter, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, wrong("fromJSON", "text", args[0])
	}
	if err := m.spend(len(s) >> 3); err != nil {
		return nil, err
	}
	if err := m.keep(8 * len(s)); err != nil {
		return nil, err
	}
	if !json.Valid([]byte(s)) {
		return nil, fault("the text is not valid JSON")
	}
	return decode([]byte(s))
}

func toBase64(m *meter, s string) (any, error) {
	if err := m.write(base64.StdEncoding.EncodedLen(len(s))); err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func fromBase64(m *meter, s string) (any, error) {
	if err := m.write(base64.StdEncoding.DecodedLen(len(s))); err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fault("the text is not valid base64")
	}
	if !utf8.Valid(b) {
		return nil, fault("what the base64 holds is not text in UTF-8")
	}
	return string(b), nil
}

// urlEncode escapes everything but RFC 3986's unreserved characters, so that a
// text can stand anywhere in a URL.
func urlEncode(m *meter, s string) (any, error) {
	const hex = "0123456789ABCDEF"
	if err := m.write(3 * len(s)); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String(), nil
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// slackEscape keeps what people wrote from being taken for Slack's markup.
func slackEscape(m *meter, s string) (any, error) {
	if err := m.read(16 * len(s)); err != nil {
		return nil, err
	}
	return m.made(slackEscaper.Replace(s))
}
