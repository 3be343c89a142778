package main

import (
	"bytes"
	"strconv"
	"strings"
)

// payloadBytes is about the size of an event's data.
const payloadBytes = 1024

var note = strings.Repeat("the quick brown fox ", payloadBytes/20+2)

// appendData writes the data of event number n: an order with some items and a
// note that fills it up. It is written as cheaply as can be: what the load takes of
// the processors, the system that is measured does not have.
func appendData(to []byte, n int) []byte {
	start := len(to)
	text := func(s string) { to = append(to, s...) }
	number := func(n int) { to = strconv.AppendInt(to, int64(n), 10) }
	text(`{"evid":"ev-`)
	number(n)
	text(`","order_id":"ord_`)
	for least := 10_000_000; least > max(n, 1); least /= 10 {
		text("0")
	}
	number(n)
	text(`","amount":`)
	number(1001 + n%5000)
	text(`,"customer":{"email":"c`)
	number(n)
	text(`@shop.example","name":"Customer `)
	number(n)
	text(`"},"items":[`)
	for i := range 3 {
		if i > 0 {
			text(",")
		}
		text(`{"sku":"sku-`)
		number(n % 1000)
		text("-")
		number(i)
		text(`","quantity":`)
		number(i + 1)
		text(`,"price":`)
		number(100 * (i + 1))
		text("}")
	}
	text(`],"note":"`)
	from := (len(to) - start) % 20
	text(note[from:][:max(payloadBytes-(len(to)-start)-len(`"}`), 0)])
	text(`"}`)
	return to
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
