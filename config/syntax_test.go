package config

import "testing"

func TestSyntaxOfAPartOfAConfiguration(t *testing.T) {
	for text, want := range map[string]string{
		"retry {\n  schedule = [\"5s\"]\n}\ntimeout = local.x\n": "",
		"retry {\n": "postern.hcl:1:7: error:",
		"a = \x00":  "postern.hcl:1:5: error: The file holds a NUL byte.",
	} {
		ds := CheckSyntax(fileOf(text))
		if got := printed(ds); (len(ds) == 0) != (want == "") || len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
