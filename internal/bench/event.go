package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// payloadBytes is about the size of an event's data.
const payloadBytes = 1024

// appendData writes the data of event number n: an order with some items and a
// note that fills it up.
func appendData(to []byte, n int) []byte {
	start := len(to)
	to = fmt.Appendf(to, `{"evid":"ev-%d","order_id":"ord_%08d","amount":%d,"customer":{"email":"c%d@shop.example","name":"Customer %d"},"items":[`,
		n, n, 1001+n%5000, n, n)
	for i := range 3 {
		if i > 0 {
			to = append(to, ',')
		}
		to = fmt.Appendf(to, `{"sku":"sku-%d-%d","quantity":%d,"price":%d}`, n%1000, i, i+1, 100*(i+1))
	}
	to = append(to, `],"note":"`...)
	for len(to)-start+len(`"}`) < payloadBytes {
		to = append(to, "the quick brown fox "[(len(to)-start)%20])
	}
	return append(to, `"}`...)
}

// appendEvent wraps the data as Postern's door and the yardstick take it.
func appendEvent(to []byte, n int) []byte {
	return append(appendData(append(to, `{"type":"bench.order","data":`...), n), '}')
}

var evid = []byte(`"evid":"ev-`)

// numberIn finds the number of an event in what is made of it.
func numberIn(body []byte) (int, bool) {
	at := bytes.Index(body, evid)
	if at < 0 {
		return 0, false
	}
	text := body[at+len(evid):]
	end := bytes.IndexByte(text, '"')
	if end < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(text[:end]))
	return n, err == nil
}
