package watch

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaces(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	in := func(path string) string { return filepath.Join(top, path) }
	write(t, in("conf/a.hcl"), "")
	write(t, in("far/deep/x"), "")
	write(t, in("other/y"), "")
	relink(t, "../far/deep/x", in("conf/x.hcl"))
	relink(t, "../other/y", in("conf/y.txt"))
	relink(t, "gone", in("conf/gone.hcl"))
	relink(t, in("conf"), in("other/abs"))
	relink(t, "other/abs/", in("chain"))
	relink(t, "loop", in("loop"))
	relink(t, "conf/..", in("up"))

	for _, tt := range []struct {
		path  string
		extra []string
		want  string
	}{
		{"conf", nil, "conf far/deep"},
		{"conf/a.hcl", nil, "conf"},
		{"conf/x.hcl", nil, "conf far/deep"},
		{"conf/a.hcl", []string{"other/y", "far/deep/x"}, "conf far/deep other"},
		{"other/abs", nil, "conf far/deep other"},
		{"chain", nil, ". conf far/deep other"},
		{"chain/a.hcl", nil, ". conf other"},
		{"conf/../conf//./a.hcl", nil, "conf"},
		{"up/far/deep/x", nil, ". far/deep"},
		{"missing", nil, "."},
		{"far/missing/more", nil, "far"},
		{"conf/a.hcl/more", nil, "conf"},
		{"loop", nil, "."},
	} {
		var extra []string
		for _, e := range tt.extra {
			extra = append(extra, in(e))
		}
		var got []string
		for _, dir := range slices.Sorted(maps.Keys(places(top+"/"+tt.path, extra))) {
			rel, err := filepath.Rel(top, dir)
			check(t, err)
			got = append(got, rel)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", tt.path, diff)
		}
	}
}
