package inbound

import "bytes"

// readLines reads an event from each line that is not blank. The last one needs
// no line end.
func (d *decoding) readLines() {
	d.batch, d.part = true, true
	body := d.b
	for d.from < len(body) {
		end := len(body)
		if i := bytes.IndexByte(body[d.from:], '\n'); i >= 0 {
			end = d.from + i
		}
		d.b = body[:end]
		d.line++
		if !d.readLine() {
			return
		}
		d.from = end + 1
	}
	if d.line = 0; len(d.items) == 0 {
		d.problem = emptyBatch()
	}
}

// readLine reads one line; false ends it all.
func (d *decoding) readLine() bool {
	i := d.space(d.from)
	if i == len(d.b) {
		return true
	}
	if len(d.items) == maxEvents {
		d.problem = tooMany()
		return false
	}
	d.content.lines = append(d.content.lines, d.line)
	i = d.event(i)
	if d.problem == nil && (i < 0 || !d.end(i)) {
		d.problem = d.flawed()
	}
	return d.problem == nil
}
