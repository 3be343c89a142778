package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestSamplesAreAskedSoOften(t *testing.T) {
	var b strings.Builder
	for i := range 230 {
		fmt.Fprintf(&b, "event \"e%d\" {\n  sample = { a = %d }\n}\n", i, i)
	}
	b.WriteString("webhook \"w\" {\n  url = \"https://h\"\n  events = [\"*\"]\n  payload = {\n")
	for i := range 230 {
		fmt.Fprintf(&b, "    a%d = expr(\"a + %d\")\n", i, i)
	}
	b.WriteString("  }\n}\n")
	g, ds := load(fileOf(b.String()), testInputs())
	if g == nil {
		t.Fatal(printed(ds))
	}
	golden(t, "testdata/many-checks.want", printed(ds))
}

// Without the environment a sample that needs it is not there, and all others are.
func TestSamplesWithoutTheEnvironment(t *testing.T) {
	text := `
event "a" {
  sample = { x = plain(env("X")), y = 1 }
}
event "b" {
  sample = { y = 1 }
}
webhook "w" {
  url     = "https://h"
  events  = ["*"]
  payload = { a = expr("x"), b = expr("z") }
}
`
	_, ds := load(fileOf(text), Inputs{NoEnv: true})
	got := printed(ds)
	if len(ds) != 2 || !strings.Contains(got, `:11:25: error: In "b", there is no x.`) || !strings.Contains(got, `:11:40: error: In "b", there is no z.`) {
		t.Errorf("got %s", got)
	}
}
