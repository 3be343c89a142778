package inbound

import (
	"encoding/base64"
	"strings"
)

// cloudItem makes an item of the members that were just read, and adds a fault
// for each that is not as a CloudEvent has it.
func (d *decoding) cloudItem() Item {
	before := len(d.faults)
	c := &cloudEvent{wrong: d.wrong}
	var data, base []byte
	for _, m := range d.members {
		if d.faults.full() {
			return Item{}
		}
		value := d.b[m.from:m.to:m.to]
		switch name := string(m.name); {
		case name == "data":
			data = value
		case name == "data_base64":
			base = value
		case value[0] == '"':
			c.text(name, meant(value))
		default:
			c.literal(name, value)
		}
	}
	c.missing()
	object := d.cloudObject(c.media, data, base)
	if len(d.faults) > before {
		return Item{}
	}
	return c.item(object)
}

// cloudObject is the data of an event: what a CloudEvent has as data or, encoded,
// as data_base64.
func (d *decoding) cloudObject(media string, data, base []byte) []byte {
	switch {
	case data != nil && base != nil:
		d.wrong(reasonData, "data_base64", "a CloudEvent has data or data_base64, not both")
	case base == nil || string(base) == "null":
		if data != nil && data[0] == '[' && !nests(data, maxDepth-1) {
			d.wrong(reasonDepth, "data", tooDeep())
		}
		return asObject(data)
	case base[0] != '"':
		d.wrong(reasonData, "data_base64", "data_base64 is a string, not "+kind(base))
	default:
		decoded, err := base64.StdEncoding.DecodeString(meant(base))
		if err != nil {
			d.wrong(reasonData, "data_base64", "data_base64 is base64 as RFC 4648 has it, with padding")
			return nil
		}
		object, reason, wrong := carry(media, decoded)
		if wrong != "" {
			d.wrong(reason, "data_base64", "decoded, "+wrong)
		}
		return object
	}
	return nil
}

// noBatch refuses a body of one CloudEvent that was announced as several.
func (d *decoding) noBatch(i int) int {
	start := i
	if i = d.value(i, maxDepth+1); i > 0 {
		d.wrong(reasonBatch, "", "a batch is an array of CloudEvents, not "+kind(d.b[start:i])+"; one alone is application/cloudevents+json")
	}
	return i
}

// meant is what a JSON string, in its quotes, stands for.
func meant(literal []byte) string {
	inner := string(literal[1 : len(literal)-1])
	if strings.IndexByte(inner, '\\') >= 0 {
		return string(unescape(nil, literal[1:len(literal)-1]))
	}
	return inner
}
