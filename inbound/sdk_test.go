package inbound

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	sdk "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

// sdkEvents are events as producers make them with the public library.
func sdkEvents(t *testing.T) []sdk.Event {
	t.Helper()
	var all []sdk.Event
	for i, data := range []struct {
		media string
		data  any
	}{
		{"application/json", map[string]any{"contact": map[string]any{"email": "ada@example.com", "name": "Zoë <3"}}},
		{"application/json", []int{1, 2}},
		{"text/plain", []byte("héllo\n")},
		{"text/xml", []byte(`<much wow="xml"/>`)},
		{"application/octet-stream", []byte{0, 1, 0xfe, 0xff}},
		{"", nil},
	} {
		e := sdk.NewEvent()
		e.SetID("sdk " + strconv.Itoa(i))
		e.SetSource("https://example.com/shop?x=1")
		e.SetType("com.example.sdk")
		e.SetTime(time.Date(2026, 5, 4, 10, 0, 0, 120_000_000, time.UTC))
		e.SetSubject("contact/42")
		e.SetExtension("partitionkey", "k 1")
		e.SetExtension("sequence", 7)
		e.SetExtension("urgent", true)
		if data.media != "" {
			if err := e.SetData(data.media, data.data); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, e)
	}
	return all
}

// TestWhatTheSDKSends in each mode means here what it means to the library.
func TestWhatTheSDKSends(t *testing.T) {
	for mode, as := range map[string]func(context.Context) context.Context{"binary": binding.WithForceBinary, "structured": binding.WithForceStructured} {
		for _, e := range sdkEvents(t) {
			t.Run(mode+" "+e.DataContentType(), func(t *testing.T) {
				m := new(memory)
				c, err := sdk.NewClientHTTP(sdk.WithTarget(doorAt(t, Options{Accepter: m})+"/v1/events"), cehttp.WithRoundTripper(client.Transport))
				if err != nil {
					t.Fatal(err)
				}
				if result := c.Send(as(t.Context()), e); !sdk.IsACK(result) {
					t.Fatal(result)
				}
				compare(t, e, m.taken()[0].Event, mode == "binary")
			})
		}
	}
}

// TestABatchOfTheSDK goes in whole.
func TestABatchOfTheSDK(t *testing.T) {
	events := sdkEvents(t)
	q, err := cehttp.NewHTTPRequestFromEvents(t.Context(), "http://localhost/v1/events", events)
	if err != nil {
		t.Fatal(err)
	}
	m := new(memory)
	w := httptest.NewRecorder()
	(&Server{Options: Options{Accepter: m}}).ServeHTTP(w, q)
	if w.Code != http.StatusAccepted || len(m.taken()) != len(events) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for i, item := range m.taken() {
		compare(t, events[i], item.Event, false)
	}
}

// compare holds what was taken against what was sent. In headers everything is
// text.
func compare(t *testing.T, sent sdk.Event, got event.Event, texts bool) {
	t.Helper()
	if got.Cloud.ID != sent.ID() || got.Source != sent.Source() || got.Type != sent.Type() || got.ID != event.CloudID(sent.Source(), sent.ID()) {
		t.Errorf("%+v", got)
	}
	if at, err := time.Parse(time.RFC3339Nano, got.Time); err != nil || !at.Equal(sent.Time()) {
		t.Errorf("time %q", got.Time)
	}
	want := map[string]any{"subject": sent.Subject()}
	if sent.DataContentType() != "" {
		want["datacontenttype"] = sent.DataContentType()
	}
	for name, value := range sent.Extensions() {
		switch v := value.(type) {
		case int32:
			want[name] = float64(v)
			if texts {
				want[name] = strconv.Itoa(int(v))
			}
		case bool:
			want[name] = v
			if texts {
				want[name] = strconv.FormatBool(v)
			}
		default:
			want[name] = v
		}
	}
	var attributes map[string]any
	if err := json.Unmarshal(got.Cloud.Attributes, &attributes); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, attributes); diff != "" {
		t.Errorf("attributes: %s", diff)
	}
	var data map[string]any
	if err := json.Unmarshal(got.Data, &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dataOf(t, sent), data); diff != "" {
		t.Errorf("data: %s", diff)
	}
}

// dataOf is what the library says an event holds, as an object.
func dataOf(t *testing.T, e sdk.Event) map[string]any {
	t.Helper()
	switch {
	case len(e.Data()) == 0:
		return map[string]any{}
	case e.DataContentType() == "application/json":
		var v any
		if err := e.DataAs(&v); err != nil {
			t.Fatal(err)
		}
		if o, ok := v.(map[string]any); ok {
			return o
		}
		return map[string]any{"data": v}
	case e.DataContentType() == "application/octet-stream":
		var text string
		raw, err := json.Marshal(e.Data())
		if err == nil {
			err = json.Unmarshal(raw, &text)
		}
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"data_base64": text}
	}
	return map[string]any{"data": string(e.Data())}
}
