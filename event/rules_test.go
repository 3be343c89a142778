package event

import (
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	for name, rule := range map[string]struct {
		wrong     func(string) string
		good, bad []string
	}{
		"type": {WrongType,
			[]string{"contact.subscribed", "Prize Won", "é", strings.Repeat("x", 128)},
			[]string{"", " a", "a\t", "a*", "a\nb", "a\u0085b", "\xff", strings.Repeat("é", 65)}},
		"id": {WrongID,
			[]string{"A-z_0", strings.Repeat("x", 128)},
			[]string{"", ".", "a b", "é", "a\n", strings.Repeat("x", 129)}},
		"time": {WrongTime,
			[]string{"2026-05-04T10:00:00Z", "2026-05-04T10:00:00.123456789-07:00", "2024-02-29T23:59:59+23:59", "2016-12-31T23:59:60Z"},
			[]string{"", "2026-05-04", "2026-05-04 10:00:00Z", "2026-05-04t10:00:00z", "2026-02-30T10:00:00Z", "2026-05-04T1:00:00Z",
				"2026-05-04T10:00:00,5Z", "2026-05-04T10:00:60Z", "2026-05-04T10:00:00+24:00", "2026-05-04T10:00:00." + strings.Repeat("0", 64) + "Z"}},
		"a CloudEvent's id": {WrongCloudID, []string{"A 1/é"}, []string{"", "a\nb"}},
		"attribute":         {WrongAttribute, []string{"subject", "x1"}, []string{"", "data", "X", "a-b", "a_b", "é"}},
		"source": {WrongSource,
			[]string{"", "/shop/✓", strings.Repeat("x", 256)},
			[]string{"a\x00", "\xff", strings.Repeat("x", 257)}},
	} {
		for _, s := range rule.good {
			if why := rule.wrong(s); why != "" {
				t.Errorf("%s %q: %s", name, s, why)
			}
		}
		for _, s := range rule.bad {
			if rule.wrong(s) == "" {
				t.Errorf("%s %q is taken", name, s)
			}
		}
	}
}
