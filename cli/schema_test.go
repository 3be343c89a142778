package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

const declaredEvents = `
event "contact.subscribed" {
  description = "A contact joined"
  sample      = { contact = { email = "ada@example.com", id = 12345678901234567890, "First name" = "Ada" } }
}
event "bare" {}
`

func TestSchemaIsMarkdownOrJSONSchema(t *testing.T) {
	for _, args := range []string{"schema", "schema config"} {
		got := invoke(t, "", strings.Fields(args)...)
		if got.status != 0 || got.err != "" || !strings.HasPrefix(got.out, "# Configuration of Postern\n\n## `webhook \"NAME\"`\n") ||
			!strings.Contains(got.out, "\n| `timeout` | a duration from `1ms` to `10m` | `15s` | ") {
			t.Errorf("%s: status %d, %.300s%s", args, got.status, got.out, got.err)
		}
		got = invoke(t, "", append(strings.Fields(args), "--output", "json")...)
		var schema struct {
			Schema     string `json:"$schema"`
			Properties map[string]any
		}
		if err := json.Unmarshal([]byte(got.out), &schema); err != nil || got.status != 0 ||
			schema.Schema != "https://json-schema.org/draft/2020-12/schema" || schema.Properties["webhook"] == nil {
			t.Errorf("%s: status %d, %v, %.300s", args, got.status, err, got.out)
		}
	}
}

func TestSchemaEvents(t *testing.T) {
	got := invoke(t, "", "schema", "events", "--config", writeConfig(t, declaredEvents+"webhook \"crm\" { url = \"nonsense\" }\n"))
	want := `EVENT               PATH                   SAMPLE
contact.subscribed  contact.email          "ada@example.com"
contact.subscribed  contact.id             12345678901234567890
contact.subscribed  contact["First name"]  "Ada"
bare                -                      no sample, or an empty one

Every event has event.id, event.type, event.time and event.source too.
`
	if got != (ran{out: want}) {
		t.Errorf("%+v", got)
	}
}

func TestSchemaEventsOfWhatIsNotThere(t *testing.T) {
	none := invoke(t, "", "schema", "events", "--config", writeConfig(t, "locals {}\n"))
	if none.status != 0 || none.out != "" || !strings.HasPrefix(none.err, "no events are declared") {
		t.Errorf("none: %+v", none)
	}
	bad := invoke(t, "", "schema", "events", "--config", writeConfig(t, declaredEvents+"event \"*\" {}\n"))
	if bad.status != 1 || !strings.Contains(bad.err, ":7:7: error: ") || !strings.Contains(bad.out, "contact.email") {
		t.Errorf("one that is wrong: %+v", bad)
	}
	missing := invoke(t, "", "schema", "events", "--config", "missing")
	if missing.status != 1 || missing.out != "" || !strings.Contains(missing.err, "There is no configuration here.") {
		t.Errorf("no configuration: %+v", missing)
	}
	// A shell without the agent's variables is no reason to show nothing.
	unset := invoke(t, "", "schema", "events", "--config", writeConfig(t, declaredEvents+"event \"x\" {\n  sample = { a = plain(env(\"POSTERN_TEST_UNSET\")) }\n}\n"))
	if unset.status != 0 || unset.err != "" || !strings.Contains(unset.out, "contact.email") || !strings.Contains(unset.out, "no sample") {
		t.Errorf("an unset variable: %+v", unset)
	}
}

func TestSchemaEventsAsJSON(t *testing.T) {
	got := invoke(t, "", "schema", "events", "--output", "json", "--config", writeConfig(t, declaredEvents))
	var a struct {
		Format int `json:"format_version"`
		Events []struct {
			Type, Description string
			Paths             []struct {
				Path   string
				Sample json.RawMessage
			}
		}
		Diagnostics []any
	}
	if err := json.Unmarshal([]byte(got.out), &a); err != nil || got.status != 0 || a.Format != 1 || len(a.Events) != 2 || a.Diagnostics == nil {
		t.Fatalf("%v, %+v", err, got)
	}
	first := a.Events[0]
	if first.Type != "contact.subscribed" || first.Description != "A contact joined" || len(first.Paths) != 3 ||
		first.Paths[1].Path != "contact.id" || string(first.Paths[1].Sample) != "12345678901234567890" || a.Events[1].Paths == nil {
		t.Errorf("%+v", a.Events)
	}
}

func TestALongSampleIsCutForPeople(t *testing.T) {
	if got := clipped(strings.Repeat("é", 61)); got != strings.Repeat("é", 59)+"…" {
		t.Errorf("got %q", got)
	}
	if got := clipped(strings.Repeat("é", 60)); got != strings.Repeat("é", 60) {
		t.Errorf("got %q", got)
	}
}
