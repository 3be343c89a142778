package inbound

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/posternhq/postern/internal/door"
)

const (
	maxEvents     = 1000
	maxEventBytes = 1 << 20
	maxBatchBytes = 16 << 20
)

// A posting is what a request says about its body.
type posting struct {
	form   form
	typ    string      // of a bare one
	header http.Header // of a CloudEvent in binary mode
}

// A content is what a body was found to hold.
type content struct {
	items []Item
	batch bool
	lines []int // of a body of lines: where each item stands
}

// A decoding reads one body. It goes on after the fault of an event, so that
// all are reported; a flaw of the text ends it.
type decoding struct {
	scanner
	content
	cloud   bool // events are CloudEvents
	from    int  // where the line that is being read begins
	line    int  // its number; 0: the body is not read by lines
	faults  faults
	problem *door.Problem // that ended it
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

// decode reads a body as an app posts it, of POST /v1/events/TYPE where typ is
// given.
func decode(b []byte, typ string) (items []Item, batch bool, p *door.Problem) {
	by := posting{form: enveloped, typ: typ}
	if typ != "" {
		by.form = bare
	}
	c, p := by.decode(b)
	return c.items, c.batch, p
}

// decode reads a body. Events without an id have none yet. Their data is part of b.
func (by *posting) decode(b []byte) (content, *door.Problem) {
	d := decodings.Get().(*decoding)
	defer d.giveBack()
	d.b = b
	d.read(by)
	if d.problem != nil {
		return content{}, d.problem
	}
	if p := d.faults.problem(); p != nil {
		return content{}, p
	}
	return d.content, nil
}

// giveBack keeps the space for members, unless it grew much, and nothing else.
func (d *decoding) giveBack() {
	if cap(d.members) > 1024 {
		return
	}
	clear(d.members[:cap(d.members)])
	*d = decoding{scanner: scanner{members: d.members[:0], table: d.table}}
	decodings.Put(d)
}

func (d *decoding) read(by *posting) {
	d.cloud = by.form >= cloudOne
	i := d.space(0)
	switch {
	case by.form == lines:
		d.readLines()
		return
	case by.form == bare:
		i = d.bare(i, by.typ)
	case by.form == cloudData:
		i = d.cloudData(i, by.header)
	case by.form == cloudBatch && (i == len(d.b) || d.b[i] != '['):
		i = d.noBatch(i)
	case by.form != cloudOne && i < len(d.b) && d.b[i] == '[':
		d.batch = true
		i = d.events(i)
	default:
		i = d.event(i)
	}
	if d.problem == nil && (i < 0 || !d.end(i)) {
		d.problem = d.flawed()
	}
}

// bare reads a data object.
func (d *decoding) bare(i int, typ string) int {
	start := i
	d.limit = start + maxEventBytes
	if i = d.value(i, maxDepth); i < 0 {
		return -1
	}
	if i > d.limit {
		return d.stop(d.tooLarge())
	}
	data := d.b[start:i:i]
	if data[0] != '{' {
		d.wrong(reasonData, "", "the data of an event is a JSON object, not "+kind(data))
	}
	item := Item{}
	item.Event.Type, item.Event.Data = typ, data
	d.items = []Item{item}
	return i
}

// events reads an array of events.
func (d *decoding) events(i int) int {
	i = d.space(i + 1)
	if i < len(d.b) && d.b[i] == ']' {
		return d.stop(emptyBatch())
	}
	for {
		if len(d.items) == maxEvents {
			return d.stop(tooMany())
		}
		start := i
		if i = d.event(i); i < 0 {
			return -1
		}
		if len(d.items) == 1 { // the others may be as long
			d.items = slices.Grow(d.items, min(maxEvents, (len(d.b)-i)/(i-start)))
		}
		i = d.space(i)
		switch {
		case i < len(d.b) && d.b[i] == ',':
			i = d.space(i + 1)
		case i < len(d.b) && d.b[i] == ']':
			return i + 1
		default:
			return d.expected(i, "',' or ']'")
		}
	}
}

func emptyBatch() *door.Problem {
	return invalid(fault{reason: reasonBatch, Detail: "an empty batch: send at least one event"})
}

func tooMany() *door.Problem {
	return invalid(fault{reason: reasonBatch, Detail: fmt.Sprintf("more than %d events in one batch: send several", maxEvents)})
}

// event reads one event and adds an item, a faulty one too: it has its index.
func (d *decoding) event(i int) int {
	start := i
	d.members, d.scratch, d.limit = d.members[:0], d.scratch[:0], start+maxEventBytes
	if i >= len(d.b) || d.b[i] != '{' {
		if i = d.value(i, maxDepth+1); i > 0 {
			d.wrong(reasonEvent, "", d.wanted()+", not "+kind(d.b[start:i]))
			d.items = append(d.items, Item{})
		}
		return i
	}
	if i = d.object(i, maxDepth); i < 0 {
		return -1
	}
	if i > d.limit {
		return d.stop(d.tooLarge())
	}
	var item Item
	if d.cloud {
		item = d.cloudItem()
		if c := item.Event.Cloud; c != nil && len(item.Event.Data)+len(c.Attributes) > maxEventBytes {
			return d.stop(d.tooLarge()) // text takes up more room in JSON than in base64
		}
	} else {
		item = d.item()
	}
	d.items = append(d.items, item)
	return i
}

// wanted is what an event is.
func (d *decoding) wanted() string {
	if d.cloud {
		return `a CloudEvent is an object {"specversion", "id", "source", "type", …}`
	}
	return `an event is an object {"type", "data"}`
}

// wrong adds a fault of the event that is being read, or of a member of it.
func (d *decoding) wrong(reason, name, detail string) {
	if !d.faults.full() {
		d.faults = append(d.faults, fault{reason, d.line, d.at(name), detail})
	}
}

func (d *decoding) stop(p *door.Problem) int {
	d.problem = p
	return -1
}

// tooLarge refuses the event that is being read.
func (d *decoding) tooLarge() *door.Problem {
	return tooLarge(fault{Line: d.line, Pointer: d.at("")}, "an event", maxEventBytes)
}

// at points to a member of the event that is being read, or for "" to the event.
func (d *decoding) at(name string) string {
	p := ""
	if d.batch && d.line == 0 {
		p = "/" + strconv.Itoa(len(d.items))
	}
	if name != "" {
		p += "/" + escapePointer.Replace(name)
	}
	if len(p) > maxPointer {
		return d.at("")
	}
	return p
}

// flawed is the answer to a text with a flaw.
func (d *decoding) flawed() *door.Problem {
	status := http.StatusBadRequest
	switch d.flaw.reason {
	case reasonTooLarge:
		return d.tooLarge()
	case reasonDepth:
		status = http.StatusUnprocessableEntity
	}
	line, column := lineColumn(d.b, d.flaw.at)
	return &door.Problem{
		Status: status,
		Reason: d.flaw.reason,
		Detail: fmt.Sprintf("line %d, column %d: %s", line, column, d.flaw.detail),
		More: map[string]any{
			"line": line, "column": column, "offset": d.flaw.at,
			"errors": []fault{{Line: d.line, Pointer: pointer(d.b[d.from:], d.flaw.at-d.from), Detail: d.flaw.detail}},
		},
	}
}

// kind names what a value is.
func kind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	}
	return "a number"
}
