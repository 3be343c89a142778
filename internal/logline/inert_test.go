package logline

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"
)

// hostile has one of each kind that must not reach a terminal.
var hostile = strings.Join([]string{
	"\x00", "\a", "\b", "\t", "\n", "\v", "\f", "\r", "\x1b[31m", "\x1b]8;;http://evil\x1b\\", "\x7f",
	"\u0085", "\u009b31m", "\u009d", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c",
	"\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u00a0", "\U000e0041", "\ufff9", "\ue000",
}, "|")

func TestHostileTextIsInert(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		got := logged(Options{Format: format}, func(l *Log) {
			l.Logger.Named(hostile).With(zap.String(hostile, hostile)).Info(hostile,
				zap.Error(errors.New(hostile)), zap.ByteString("bytes", []byte(hostile)), zap.Strings("list", []string{hostile}),
				zap.Any("any", map[string]any{hostile: hostile, "raw": json.RawMessage("{\n\t\"a\": \"\u202e\"}")}))
		})
		wantInert(t, got)
		if !strings.Contains(got, `\u202e`) {
			t.Errorf("%s: the text is gone: %s", format, got)
		}
	}
}

func TestWhatPrintsIsLeftAlone(t *testing.T) {
	const text = `Grüße, 你好, שלום, 👋 €5 ~ {"a": [1]} \n`
	got := logged(Options{Format: "console"}, func(l *Log) { l.Logger.Info(text) })
	if !strings.HasSuffix(got, "INFO  "+text+"\n") {
		t.Errorf("%q", got)
	}
}

func FuzzEveryEntryIsOneLine(f *testing.F) {
	f.Add(hostile, hostile)
	f.Add("a\xffb", "\xed\xa0\x80 \\u202e \"")
	f.Add("\xc3", "\x80") // not text, though it is when joined
	f.Add(strings.Repeat("x", maxText), strings.Repeat("\"", maxText))
	f.Fuzz(func(t *testing.T, msg, value string) {
		log := func(l *Log) { l.Logger.Info(msg, zap.String("value", value), zap.Error(errors.New(value))) }
		wantInert(t, logged(Options{Format: "console"}, log))

		got := logged(Options{Format: "json"}, log)
		wantInert(t, got)
		line := decode(t, got)[0]
		if _, cut := line["cut"]; cut || !utf8.ValidString(msg) || !utf8.ValidString(value) {
			return
		}
		if line["msg"] != msg || line["value"] != value || line["error"] != value {
			t.Errorf("%q and %q come back as %q", msg, value, got)
		}
	})
}

func wantInert(t *testing.T, line string) {
	t.Helper()
	text, ok := strings.CutSuffix(line, "\n")
	if !ok {
		t.Errorf("no line: %q", line)
	}
	for i, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			t.Errorf("%U at %d of %q", r, i, line)
		}
	}
}

func decode(t *testing.T, lines string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		all = append(all, one)
	}
	return all
}
