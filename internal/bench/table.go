package main

import (
	"fmt"
	"io"
	"slices"
)

// Takes are those of all rounds, by scene.
type takes map[string][]take

// A figure is one row of the table: a number for each round.
type figure struct {
	name string
	must string // what the project holds itself to; empty: nothing
	unit string
	of   func(round map[string]*take) float64
}

func ratio(a, b string, of func(*take) float64) func(map[string]*take) float64 {
	return func(round map[string]*take) float64 { return of(round[a]) / of(round[b]) }
}

func value(a string, of func(*take) float64) func(map[string]*take) float64 {
	return func(round map[string]*take) float64 { return of(round[a]) }
}

func delivered(t *take) float64 { return t.delivered }
func accepted(t *take) float64  { return t.acceptedPerSecond }
func arrival(t *take) float64   { return t.arrival.p99.Seconds() }
func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
func cpu(t *take) float64       { return t.perEvent() }

var figures = []figure{
	{"delivered/s, standard payload, signed ÷ relay", "≥ 0.75", "", ratio("postern", "relay", delivered)},
	{"delivered/s, filter and mapping, signed ÷ relay mapped", "≥ 0.8", "", ratio("postern mapped", "relay mapped", delivered)},
	{"delivered/s ÷ relay that keeps nothing", "≥ 0.55", "", ratio("postern", "relay direct", delivered)},
	{"accepted/s in batches of 100 ÷ single events, while they are delivered", "≥ 5", "", ratio("postern batches", "postern", accepted)},
	{"the same at the door alone", "", "", ratio("postern door batches", "postern door", accepted)},
	{"answer at 500/s, p50, above that of the relay, in syncs of this disk", "≤ 2", "", aboveInSyncs},
	{"accepted to received, p99 at 500/s ÷ relay", "≤ 2", "", ratio("postern 500/s", "relay 500/s", arrival)},
	{"CPU of an event at most load ÷ relay", "≤ 1.4", "", ratio("postern", "relay", cpu)},
	{"CPU of a mapped event at most load ÷ relay mapped", "", "", ratio("postern mapped", "relay mapped", cpu)},
	{"CPU of a delivery, 10 webhooks ÷ one", "< 1", "", ratio("postern fan-out", "postern", (*take).perDelivery)},
	{"memory before any load", "≤ 40", "MiB", value("postern", func(t *take) float64 { return megabytes(t.idle) })},
	{"memory at most load, the most", "≤ 80", "MiB", value("postern", func(t *take) float64 { return megabytes(t.most) })},
	{"bytes to the disk for an event at most load ÷ its payload", "≤ 4", "", value("postern", (*take).perPayload)},
	{"delivered/s, relay", "", "/s", value("relay", delivered)},
	{"delivered/s, Postern", "", "/s", value("postern", delivered)},
	{"CPU of an event at most load, relay", "", "µs", value("relay", cpu)},
	{"CPU of an event at most load, Postern", "", "µs", value("postern", cpu)},
	{"accepted to received at 500/s, p99, relay", "", "ms", value("relay 500/s", func(t *take) float64 { return 1e3 * arrival(t) })},
	{"accepted to received at 500/s, p99, Postern", "", "ms", value("postern 500/s", func(t *take) float64 { return 1e3 * arrival(t) })},
	{"answer at 500/s, p50, relay", "", "ms", value("relay 500/s", func(t *take) float64 { return 1e3 * t.answer.p50.Seconds() })},
	{"answer at 500/s, p50, Postern", "", "ms", value("postern 500/s", func(t *take) float64 { return 1e3 * t.answer.p50.Seconds() })},
	{"accepted and not delivered, all runs", "0", "", lost},
}

// aboveInSyncs is how much later the answer comes.
func aboveInSyncs(round map[string]*take) float64 {
	ours, relay := round["postern 500/s"], round["relay 500/s"]
	return (ours.answer.p50 - relay.answer.p50).Seconds() / ours.sync.Seconds()
}

// lost sums over Postern's scenes, and the yardstick's.
func lost(round map[string]*take) (n float64) {
	for _, t := range round {
		n += float64(t.lost)
	}
	return n
}

// write prints the table, in Markdown.
func (all takes) write(w io.Writer, size int64) {
	rounds := len(all["relay"])
	fmt.Fprintf(w, "| figure | median of %d | from – to | must |\n|---|---|---|---|\n", rounds)
	for _, f := range figures {
		var values []float64
		for i := range rounds {
			round := make(map[string]*take, len(all))
			for name := range all {
				round[name] = &all[name][i]
			}
			values = append(values, f.of(round))
		}
		slices.Sort(values)
		fmt.Fprintf(w, "| %s | %s | %s – %s | %s |\n", f.name, number(median(values), f.unit), number(values[0], ""), number(values[rounds-1], f.unit), f.must)
	}
	fmt.Fprintf(w, "| the program, stripped | %s | | ≤ 40 MiB |\n", number(megabytes(size), "MiB"))
}

// median is that of sorted values.
func median(values []float64) float64 {
	mid := len(values) / 2
	if len(values)%2 == 1 {
		return values[mid]
	}
	return (values[mid-1] + values[mid]) / 2
}

func number(v float64, unit string) string {
	text := fmt.Sprintf("%.2f", v)
	switch {
	case v == 0 || v >= 1000:
		text = fmt.Sprintf("%.0f", v)
	case v >= 10:
		text = fmt.Sprintf("%.1f", v)
	}
	if unit != "" && unit[0] != '/' {
		text += " "
	}
	return text + unit
}
