// Package metrics has the counters that the rooms of Postern keep, under their
// public names. What is a state rather than a count (webhooks, what waits, how
// full the disk is) is gathered when somebody asks: see [Metrics.Register].
//
// Labels come from the configuration or from fixed lists, never from what
// events or receivers say: an undeclared event type counts as "other".
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are one process's. A nil *Metrics counts nothing.
type Metrics struct {
	registry *prometheus.Registry

	received    *prometheus.CounterVec
	rejected    *prometheus.CounterVec
	duplicate   prometheus.Counter
	unrouted    prometheus.Counter
	reloads     *prometheus.CounterVec
	reloadOK    prometheus.Gauge
	reloadTime  prometheus.Gauge
	deliveries  *prometheus.CounterVec
	attempts    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	lag         *prometheus.HistogramVec
	fsync       prometheus.Histogram
	logsDropped prometheus.Counter
}

// New makes a set with its own registry, Go's and the process's own metrics included.
func New(version string) *Metrics {
	r := prometheus.NewRegistry()
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		r.MustRegister(g)
		return g
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		r.MustRegister(h)
		return h
	}
	m := &Metrics{
		registry:    r,
		received:    counter("postern_events_received_total", "Events accepted, by declared type.", "type"),
		rejected:    counter("postern_events_rejected_total", "Requests for events that were refused, by reason.", "reason"),
		duplicate:   counter("postern_events_duplicate_total", "Events whose id was accepted before.").WithLabelValues(),
		unrouted:    counter("postern_events_unrouted_total", "Events that no webhook subscribes to.").WithLabelValues(),
		reloads:     counter("postern_config_reloads_total", "Reloads, by result.", "result"),
		reloadOK:    gauge("postern_config_last_reload_successful", "1 when the configuration on disk is the one in force."),
		reloadTime:  gauge("postern_config_last_reload_success_timestamp_seconds", "When a configuration last went live."),
		deliveries:  counter("postern_deliveries_total", "Deliveries that ended, by outcome.", "webhook", "outcome"),
		attempts:    counter("postern_attempts_total", "Attempts, by class.", "webhook", "class"),
		duration:    histogram("postern_attempt_duration_seconds", "How long attempts took.", []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30}, "webhook"),
		lag:         histogram("postern_delivery_lag_seconds", "From acceptance to delivery.", []float64{.005, .01, .025, .05, .1, .25, .5, 1, 5, 15, 60, 300, 1800, 7200, 36000, 259200}, "webhook"),
		fsync:       histogram("postern_queue_fsync_duration_seconds", "How long synced writes took.", []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}).WithLabelValues().(prometheus.Histogram),
		logsDropped: counter("postern_log_dropped_total", "Log lines dropped because nobody read them.").WithLabelValues(),
	}
	for _, result := range []string{Live, Unchanged, Rejected} {
		m.reloads.WithLabelValues(result)
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "postern_build_info", Help: "The version that runs."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	r.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds a collector for states.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// Handler serves the metrics in the exposition format that the client asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Received counts an accepted event. typ must be a declared type or "other".
func (m *Metrics) Received(typ string) {
	if m != nil {
		m.received.WithLabelValues(typ).Inc()
	}
}

// Rejected counts a refused request; reason is one of a fixed list.
func (m *Metrics) Rejected(reason string) {
	if m != nil {
		m.rejected.WithLabelValues(reason).Inc()
	}
}

// KnowReasons makes the series of refused requests exist at zero.
func (m *Metrics) KnowReasons(reasons ...string) {
	if m == nil {
		return
	}
	for _, reason := range reasons {
		m.rejected.WithLabelValues(reason)
	}
}

// Duplicate counts an event whose id was accepted before.
func (m *Metrics) Duplicate() {
	if m != nil {
		m.duplicate.Inc()
	}
}

// Unrouted counts an event that nobody subscribes to.
func (m *Metrics) Unrouted() {
	if m != nil {
		m.unrouted.Inc()
	}
}

// The results of a reload.
const (
	Live      = "ok"        // a new configuration is in force
	Unchanged = "unchanged" // what is on disk is in force already
	Rejected  = "rejected"  // what is on disk is not in force
)

// Reloaded counts a reload and sets the gauges.
func (m *Metrics) Reloaded(result string, now time.Time) {
	if m != nil {
		m.reloads.WithLabelValues(result).Inc()
		m.Loaded(result, now)
	}
}

// Loaded sets the gauges alone, as for the configuration of the start.
func (m *Metrics) Loaded(result string, now time.Time) {
	if m == nil {
		return
	}
	m.reloadOK.Set(1)
	switch result {
	case Rejected:
		m.reloadOK.Set(0)
	case Live:
		m.reloadTime.Set(float64(now.UnixMilli()) / 1000)
	}
}

// Attempt counts one attempt of a webhook.
func (m *Metrics) Attempt(webhook, class string, took time.Duration) {
	if m != nil {
		m.attempts.WithLabelValues(webhook, class).Inc()
		m.duration.WithLabelValues(webhook).Observe(took.Seconds())
	}
}

// Ended counts a delivery that ended; outcome is delivered, failed or skipped.
func (m *Metrics) Ended(webhook, outcome string) {
	if m != nil {
		m.deliveries.WithLabelValues(webhook, outcome).Inc()
	}
}

// Lag observes how long a delivered event was under way.
func (m *Metrics) Lag(webhook string, d time.Duration) {
	if m != nil {
		m.lag.WithLabelValues(webhook).Observe(d.Seconds())
	}
}

// Synced observes one synced write.
func (m *Metrics) Synced(d time.Duration) {
	if m != nil {
		m.fsync.Observe(d.Seconds())
	}
}

// LogDropped counts log lines that nobody read in time.
func (m *Metrics) LogDropped(n int) {
	if m != nil {
		m.logsDropped.Add(float64(n))
	}
}

// Forget drops the series of a webhook that is no longer known.
func (m *Metrics) Forget(webhook string) {
	if m == nil {
		return
	}
	l := prometheus.Labels{"webhook": webhook}
	m.deliveries.DeletePartialMatch(l)
	m.attempts.DeletePartialMatch(l)
	m.duration.DeletePartialMatch(l)
	m.lag.DeletePartialMatch(l)
}

// Know makes the series of a webhook exist at zero.
func (m *Metrics) Know(webhook string) {
	if m == nil {
		return
	}
	for _, outcome := range []string{"delivered", "failed", "skipped"} {
		m.deliveries.WithLabelValues(webhook, outcome)
	}
	m.duration.WithLabelValues(webhook)
	m.lag.WithLabelValues(webhook)
}
