package event

import (
	"strings"
	"testing"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	parent  = "00-" + traceID + "-b7ad6b7169203331-01"
)

func TestReadTrace(t *testing.T) {
	vendors := strings.Repeat("a=1,", 127) + "b=22"
	for name, tt := range map[string]struct {
		parent, state []string
		want          Trace
	}{
		"none":                     {},
		"a parent":                 {[]string{parent}, nil, Trace{Parent: parent}},
		"with the vendors' state":  {[]string{parent}, []string{"a=1", "b=2"}, Trace{parent, "a=1,b=2"}},
		"state of 512 bytes":       {[]string{parent}, []string{vendors}, Trace{parent, vendors}},
		"state of 513 bytes":       {[]string{parent}, []string{vendors + "2"}, Trace{Parent: parent}},
		"state not of ASCII":       {[]string{parent}, []string{"a=é"}, Trace{Parent: parent}},
		"state alone":              {nil, []string{"a=1"}, Trace{}},
		"two parents":              {[]string{parent, parent}, nil, Trace{}},
		"a later version":          {[]string{"cc" + parent[2:53] + "ff-more"}, nil, Trace{Parent: parent}},
		"a later version, no flag": {[]string{"01" + parent[2:53] + "08"}, nil, Trace{Parent: parent[:53] + "00"}},
	} {
		if got := ReadTrace(tt.parent, tt.state); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	for _, bad := range []string{"", "00", parent + "-", parent + "0", parent[:54], strings.ToUpper(parent), "ff" + parent[2:], "0g" + parent[2:],
		"00-" + strings.Repeat("0", 32) + parent[35:], parent[:36] + strings.Repeat("0", 16) + "-01", "cc" + parent[2:] + ".more",
		strings.Replace(parent, "-", "_", 1), parent[:53] + "0g", " " + parent} {
		if got := ReadTrace([]string{bad}, []string{"a=1"}); got != (Trace{}) {
			t.Errorf("%q: %+v", bad, got)
		}
	}
	if got := (Trace{Parent: parent}).ID(); got != traceID || (Trace{}).ID() != "" {
		t.Errorf("id %q", got)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add(parent, "a=1")
	f.Add("cc"+parent[2:]+"-more", "")
	f.Fuzz(func(t *testing.T, p, state string) {
		got := ReadTrace([]string{p}, []string{state})
		if got.Parent == "" {
			if got.State != "" {
				t.Fatal("a state without a parent")
			}
			return
		}
		if len(got.ID()) != 32 || got.Parent[:3] != "00-" || !strings.Contains(p, got.ID()) {
			t.Fatalf("%q is read as %q", p, got.Parent)
		}
		if again := ReadTrace([]string{got.Parent}, []string{got.State}); again != got {
			t.Fatalf("%+v is read again as %+v", got, again)
		}
	})
}
