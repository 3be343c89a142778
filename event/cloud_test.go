package event

import "testing"

func TestCloudID(t *testing.T) {
	// printf '%s\n%s' /mycontext A234-1234-1234 | sha256sum
	const want = "ce_7d6a9eb64063daf19636afdda72d4563"
	if got := CloudID("/mycontext", "A234-1234-1234"); got != want || WrongID(got) != "" {
		t.Errorf("%s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, pair := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"", "abc"}, {"a", "b"}} {
		id := CloudID(pair[0], pair[1])
		if before, twice := seen[id]; twice {
			t.Errorf("%q and %q share an id", before, pair)
		}
		seen[id] = pair[0] + "|" + pair[1]
	}
}
