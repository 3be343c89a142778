package inbound

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
)

// The length of an answer is told, however long it is: chunks would make work for
// everybody.
func TestAnswersTellTheirLength(t *testing.T) {
	url := doorAt(t, Options{Accepter: &memory{}})
	for _, events := range []int{1, 20, 30, 1000} {
		body := []byte("[")
		for i := range events {
			body = fmt.Appendf(body, `{"type":"a","data":{},"id":"%d_%d"},`, events, i)
		}
		body[len(body)-1] = ']'
		r, err := client.Post(url+"/v1/events", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if r.StatusCode != http.StatusAccepted || r.ContentLength <= 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d events: %s, %d bytes, %v, %v", events, r.Status, r.ContentLength, r.TransferEncoding, r.Header)
		}
	}
}
