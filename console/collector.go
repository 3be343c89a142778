package console

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A Collector gathers the metrics that are states rather than counts, when
// somebody asks. A webhook has series while it is declared or deliveries wait for it.
type Collector struct {
	agent Agent
	log   *zap.Logger
}

// NewCollector makes one to be registered once. log may be nil.
func NewCollector(agent Agent, log *zap.Logger) *Collector {
	if log == nil {
		log = zap.NewNop()
	}
	return &Collector{agent, log}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	webhooksDesc  = describe("postern_webhooks", "Webhooks, by state.", "state")
	queuedDesc    = describe("postern_queue_deliveries", "Deliveries that are kept, by state.", "webhook", "state")
	oldestDesc    = describe("postern_queue_oldest_age_seconds", "Age of the oldest delivery that waits; 0 when none does.", "webhook")
	circuitDesc   = describe("postern_circuit_open", "1 while a webhook's circuit is open.", "webhook")
	bytesDesc     = describe("postern_queue_bytes", "Bytes of the records that are kept.")
	maxBytesDesc  = describe("postern_queue_max_bytes", "Bytes that records may take.")
	corruptDesc   = describe("postern_queue_corrupt_records_total", "Records set aside as unreadable.")
	discardedDesc = describe("postern_deliveries_discarded_total", "Ended deliveries removed early to make room.", "webhook", "state")
)

// webhookStates always have a series, so that a sum or an alert has one to look at.
var webhookStates = []string{"active", "inactive", "suspended", "circuit_open", "orphaned"}

// gatherTime bounds one gathering: whoever scrapes does not wait much longer.
const gatherTime = 8 * time.Second

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{webhooksDesc, queuedDesc, oldestDesc, circuitDesc, bytesDesc, maxBytesDesc, corruptDesc, discardedDesc} {
		to <- d
	}
}

// Collect implements [prometheus.Collector]. What can't be had is left out and
// logged: the counters beside it are wanted most when the line is in trouble.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gatherTime)
	defer cancel()
	webhooks, err := c.agent.Webhooks(ctx)
	if err != nil {
		c.missing("metrics of the webhooks are missing", err)
	} else {
		collectWebhooks(to, webhooks, time.Now())
	}
	if status, err := c.agent.Status(ctx); err != nil {
		c.missing("metrics of the queue are missing", err)
	} else {
		collectQueue(to, status.Queue)
		collectDiscarded(to, status.Queue.Discarded, webhooks)
	}
}

// missing says what could not be had. That the storage fails is said elsewhere,
// once, and not at each scrape.
func (c *Collector) missing(what string, err error) {
	if errors.Is(err, queue.ErrUnavailable) {
		c.log.Debug(what, zap.Error(err))
		return
	}
	c.log.Warn(what, zap.Error(err))
}

func collectQueue(to chan<- prometheus.Metric, q QueueStatus) {
	to <- gauge(bytesDesc, float64(q.Bytes))
	to <- gauge(maxBytesDesc, float64(q.MaxBytes))
	to <- counter(corruptDesc, float64(q.Corrupt))
}

// collectDiscarded has a series for each webhook from the start, so that the
// first loss is an increase and not a beginning.
func collectDiscarded(to chan<- prometheus.Metric, discarded []Discarded, webhooks []Webhook) {
	type series struct{ webhook, state string }
	counts := make(map[series]int64)
	for _, w := range webhooks {
		for _, state := range []event.State{event.Delivered, event.Failed, event.Skipped} {
			counts[series{w.Name, string(state)}] = 0
		}
	}
	for _, d := range discarded {
		counts[series{d.Webhook, d.State}] = d.Count
	}
	for s, n := range counts {
		to <- counter(discardedDesc, float64(n), s.webhook, s.state)
	}
}

func collectWebhooks(to chan<- prometheus.Metric, webhooks []Webhook, now time.Time) {
	inState := make(map[string]int)
	for _, s := range webhookStates {
		inState[s] = 0
	}
	for _, w := range webhooks {
		inState[w.State]++
		for state, n := range w.Counts {
			to <- gauge(queuedDesc, float64(n), w.Name, state)
		}
		age := 0.0
		if w.Oldest != nil {
			age = max(now.Sub(*w.Oldest).Seconds(), 0)
		}
		to <- gauge(oldestDesc, age, w.Name)
		open := 0.0
		if w.State == "circuit_open" {
			open = 1
		}
		to <- gauge(circuitDesc, open, w.Name)
	}
	for state, n := range inState {
		to <- gauge(webhooksDesc, float64(n), state)
	}
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return metric(d, prometheus.GaugeValue, v, labels)
}

func counter(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return metric(d, prometheus.CounterValue, v, labels)
}

// metric never panics, for it runs in a goroutine of the registry.
func metric(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels []string) prometheus.Metric {
	m, err := prometheus.NewConstMetric(d, kind, v, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}
