package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func exposed(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func want(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func TestReloadsAreCountedAndShown(t *testing.T) {
	m := New("1.2.3")
	at := time.UnixMilli(1614265330500)
	m.Loaded(Live, at)
	want(t, exposed(m), `postern_build_info{version="1.2.3"} 1`, `postern_config_reloads_total{result="ok"} 0`,
		"postern_config_last_reload_successful 1", "postern_config_last_reload_success_timestamp_seconds 1.6142653305e+09")
	m.Reloaded(Rejected, at.Add(time.Hour))
	want(t, exposed(m), `postern_config_reloads_total{result="rejected"} 1`,
		"postern_config_last_reload_successful 0", "postern_config_last_reload_success_timestamp_seconds 1.6142653305e+09")
	m.Reloaded(Unchanged, at.Add(time.Hour))
	want(t, exposed(m), "postern_config_last_reload_successful 1", "postern_config_last_reload_success_timestamp_seconds 1.6142653305e+09")
}

func TestWebhooksComeAndGo(t *testing.T) {
	m := New("")
	m.Know("crm")
	want(t, exposed(m), `postern_deliveries_total{outcome="failed",webhook="crm"} 0`, `postern_delivery_lag_seconds_count{webhook="crm"} 0`)
	m.Attempt("crm", "timeout", time.Second)
	m.Ended("crm", "failed")
	want(t, exposed(m), `postern_attempts_total{class="timeout",webhook="crm"} 1`, `postern_deliveries_total{outcome="failed",webhook="crm"} 1`)
	m.Forget("crm")
	if text := exposed(m); strings.Contains(text, `"crm"`) {
		t.Errorf("a removed webhook still has series:\n%s", text)
	}
}

func TestNilCountsNothing(*testing.T) {
	var m *Metrics
	m.Received("t")
	m.Rejected("r")
	m.KnowReasons("r")
	m.Duplicate()
	m.Unrouted()
	m.Reloaded(Live, time.Time{})
	m.Loaded(Live, time.Time{})
	m.Attempt("w", "ok", 0)
	m.Ended("w", "delivered")
	m.Lag("w", 0)
	m.Synced(0)
	m.LogDropped(1)
	m.Know("w")
	m.Forget("w")
}
