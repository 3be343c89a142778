package console

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/internal/metrics"
)

// gathered is what one scrape of agent's states says.
func gathered(t *testing.T, agent Agent, log *zap.Logger) string {
	t.Helper()
	m := metrics.New("test")
	m.Register(NewCollector(agent, log))
	_, body := ask(t, serve(t, Options{Agent: agent, Metrics: m.Handler()}), asked{method: "GET", path: "/metrics"})
	var ours []string
	for line := range strings.Lines(body) {
		for _, name := range []string{"postern_webhooks", "postern_queue_", "postern_deliveries_discarded", "postern_circuit_open"} {
			if strings.HasPrefix(line, name) && !strings.HasPrefix(line, "postern_queue_fsync") && !strings.HasPrefix(line, "postern_queue_oldest") {
				ours = append(ours, line)
			}
		}
	}
	return strings.Join(ours, "")
}

func TestStatesAreGatheredOnDemand(t *testing.T) {
	golden(t, "metrics.txt", gathered(t, busyAgent(), nil))
}

func TestAgeOfTheOldestNeverRunsBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		agent := &fakeAgent{webhooks: []Webhook{
			{Name: "late", Oldest: new(now.Add(-90 * time.Second))},
			{Name: "early", Oldest: new(now.Add(time.Minute))},
			{Name: "none"},
		}}
		registry := prometheus.NewRegistry()
		registry.MustRegister(NewCollector(agent, nil))
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]float64)
		for _, f := range families {
			for _, m := range f.GetMetric() {
				if f.GetName() == "postern_queue_oldest_age_seconds" {
					got[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
		if len(got) != 3 || got["late"] != 90 || got["early"] != 0 || got["none"] != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestTroubledLineLeavesOtherMetricsAlone(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	if got := gathered(t, &fakeAgent{broken: errDisk}, zap.New(core)); got != "" {
		t.Errorf("%s", got)
	}
	if lines.Len() != 2 {
		t.Errorf("logged: %v", lines.All())
	}
}
