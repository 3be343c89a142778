package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

func TestABillListsWhatWasLinked(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Path: "github.com/posternhq/postern"},
		Deps: []*debug.Module{
			{Path: "github.com/Some/Module", Version: "v1.2.3+incompatible", Sum: "h1:abc="},
			{Path: "example.com/old", Version: "v1", Replace: &debug.Module{Path: "example.com/new", Version: "v2"}},
		},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}, {Key: "CGO_ENABLED", Value: "0"}},
	}
	b := billOf(info, "postern", "v1.0.0", sha256.Sum256([]byte("program")))
	if p := b.Metadata.Component; p.PURL != "pkg:golang/github.com/posternhq/postern@v1.0.0" || p.Hashes[0].Content != hexOf(sha256.Sum256([]byte("program"))) || p.Properties[1].Value != "arm64" {
		t.Errorf("%+v", p)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/github.com/some/module@v1.2.3%2Bincompatible", "pkg:golang/example.com/new@v2"}
	for i, c := range b.Components {
		if c.PURL != want[i] || c.Ref != b.Dependencies[0].Uses[i] {
			t.Errorf("%+v, want %s", c, want[i])
		}
	}
	if got := b.Components[1].Properties; len(got) != 1 || got[0].Value != "h1:abc=" {
		t.Errorf("%+v", got)
	}
	if other := billOf(info, "postern", "v1.0.0", sha256.Sum256([]byte("another"))); other.Serial == b.Serial {
		t.Errorf("two programs have one serial number: %s", b.Serial)
	}
}

// TestABillOfThisVeryTest: what the linker wrote can be read, and twice the same.
func TestABillOfThisVeryTest(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	for _, out := range []*bytes.Buffer{&one, &two} {
		if err := run(self, "v0", out); err != nil {
			t.Fatal(err)
		}
	}
	var b bill
	if err := json.Unmarshal(one.Bytes(), &b); err != nil || b.Spec != "1.6" || !strings.HasPrefix(b.Components[0].PURL, "pkg:golang/std@1.") {
		t.Errorf("%v %s", err, one.Bytes())
	}
	if one.String() != two.String() {
		t.Error("two bills of one program differ")
	}
	if err := run("bill.go", "v0", &one); err == nil {
		t.Error("a source file is taken for a program")
	}
}
