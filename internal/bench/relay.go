package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// A relay is the yardstick, in a process of its own.
type relay struct {
	mode   string // disk, map or direct
	target string
	client *http.Transport
	j      *journal
	number atomic.Uint64
	jobs   chan job
	ended  chan uint64
}

type job struct {
	number uint64
	body   []byte
}

const workers = 64

// newRelay makes one. In mode map it decides by what an event holds and sends
// something else made of it; in mode direct it answers once the event is
// delivered, and keeps nothing.
func newRelay(mode, target, dir string) (*relay, error) {
	r := &relay{
		mode: mode, target: target,
		client: &http.Transport{MaxIdleConnsPerHost: workers, MaxConnsPerHost: workers, DisableCompression: true},
		jobs:   make(chan job, 1<<16), ended: make(chan uint64, 4096),
	}
	if mode == "direct" {
		return r, nil
	}
	var err error
	r.j, err = openJournal(filepath.Join(dir, "journal"))
	return r, err
}

// serve relays until ctx ends. What is accepted by then is delivered.
func (r *relay) serve(ctx context.Context, l net.Listener) error {
	var door, behind, notes sync.WaitGroup
	if r.j != nil {
		notes.Go(r.note)
		door.Go(r.j.run)
		for range workers {
			behind.Go(r.work)
		}
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	defer stop()
	err := server.Serve(l)
	if err != http.ErrServerClosed {
		return err
	}
	if r.j != nil {
		close(r.j.wake)
	}
	door.Wait()
	close(r.jobs)
	behind.Wait()
	close(r.ended)
	notes.Wait()
	r.client.CloseIdleConnections()
	return nil
}

func (r *relay) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body := bytes.NewBuffer(make([]byte, 0, max(q.ContentLength, 512)))
	if _, err := body.ReadFrom(http.MaxBytesReader(w, q.Body, 1<<20)); err != nil || !json.Valid(body.Bytes()) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := r.take(body.Bytes()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (r *relay) take(body []byte) error {
	if r.mode == "direct" {
		return r.deliver(body)
	}
	n := r.number.Add(1)
	if err := r.j.keep(n, body); err != nil {
		return err
	}
	r.jobs <- job{n, body}
	return nil
}

func (r *relay) work() {
	for j := range r.jobs {
		for r.deliver(j.body) != nil {
			time.Sleep(100 * time.Millisecond)
		}
		r.ended <- j.number
	}
}

// note writes down what was delivered, some at a time.
func (r *relay) note() {
	for n := range r.ended {
		all := []uint64{n}
		for range len(r.ended) {
			all = append(all, <-r.ended)
		}
		if err := r.j.forget(all); err != nil {
			panic(err)
		}
		time.Sleep(time.Millisecond)
	}
}

var key = []byte("a secret that is the yardstick's")

func (r *relay) deliver(body []byte) error {
	if r.mode == "map" {
		var err error
		if body, err = mapped(body); err != nil {
			return err
		}
	}
	sum := hmac.New(sha256.New, key)
	sum.Write(body)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	resp, err := r.client.RoundTrip(q)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// mapped does in Go what Postern's configuration says in mappedWebhook.
func mapped(body []byte) ([]byte, error) {
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	data, _ := e["data"].(map[string]any)
	amount, _ := data["amount"].(float64)
	if e["type"] != "bench.order" || amount <= 1000 {
		return nil, errors.New("no event for this webhook")
	}
	customer, _ := data["customer"].(map[string]any)
	items, _ := data["items"].([]any)
	skus := make([]any, len(items))
	for i, item := range items {
		fields, _ := item.(map[string]any)
		skus[i] = fields["sku"]
	}
	return json.Marshal(map[string]any{
		"evid":  data["evid"],
		"total": amount / 100,
		"text":  fmt.Sprintf("Order %v by %v", data["order_id"], customer["email"]),
		"email": customer["email"],
		"skus":  skus,
	})
}
