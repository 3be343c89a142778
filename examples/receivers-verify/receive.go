// Receivers-verify takes webhooks and checks how they are signed, one path a
// scheme: go run receive.go. The other files of this folder do the same in other
// languages; take the one function that your sender needs.
package main

import (
	"cmp"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	secrets   = strings.Fields(os.Getenv("WEBHOOK_SECRETS")) // while one is replaced: both
	publicKey = os.Getenv("WEBHOOK_PUBLIC_KEY")              // whpk_…
)

// A check tells whether payload is signed: the raw body, of a GET the raw query.
type check func(h http.Header, payload string) bool

var schemes = map[string]check{
	"/standard": standard, "/ed25519": pair, "/github": github, "/stripe": stripe, "/shopify": shopify, "/hmac": slack,
}

func standard(h http.Header, payload string) bool {
	text := h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + payload
	for _, s := range strings.Fields(h.Get("webhook-signature")) {
		encoded, found := strings.CutPrefix(s, "v1,")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if found && err == nil && signed(text, sum, bytesOf) {
			return fresh(h.Get("webhook-timestamp"))
		}
	}
	return false
}

func pair(h http.Header, payload string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(publicKey, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	text := h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + payload
	for _, s := range strings.Fields(h.Get("webhook-signature")) {
		encoded, found := strings.CutPrefix(s, "v1a,")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if found && err == nil && ed25519.Verify(key, []byte(text), sum) {
			return fresh(h.Get("webhook-timestamp"))
		}
	}
	return false
}

func github(h http.Header, payload string) bool {
	encoded, found := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256=")
	sum, err := hex.DecodeString(encoded)
	return found && err == nil && signed(payload, sum, asIs)
}

func stripe(h http.Header, payload string) bool {
	var at string
	var sums [][]byte
	for part := range strings.SplitSeq(h.Get("Stripe-Signature"), ",") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "t":
			at = value
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil {
				sums = append(sums, sum)
			}
		}
	}
	for _, sum := range sums {
		if signed(at+"."+payload, sum, asIs) {
			return fresh(at)
		}
	}
	return false
}

func shopify(h http.Header, payload string) bool {
	sum, err := base64.StdEncoding.DecodeString(h.Get("X-Shopify-Hmac-Sha256"))
	return err == nil && signed(payload, sum, asIs)
}

// slack is a signature "hmac" as Slack's.
func slack(h http.Header, payload string) bool {
	at := h.Get("X-Slack-Request-Timestamp")
	encoded, found := strings.CutPrefix(h.Get("X-Slack-Signature"), "v0=")
	sum, err := hex.DecodeString(encoded)
	return found && err == nil && signed("v0:"+at+":"+payload, sum, asIs) && fresh(at)
}

// signed compares in constant time, with each secret.
func signed(text string, sum []byte, key func(secret string) []byte) bool {
	for _, secret := range secrets {
		h := hmac.New(sha256.New, key(secret))
		h.Write([]byte(text))
		if hmac.Equal(h.Sum(nil), sum) {
			return true
		}
	}
	return false
}

func asIs(secret string) []byte { return []byte(secret) }

// bytesOf reads a secret of Standard Webhooks.
func bytesOf(secret string) []byte {
	encoded, found := strings.CutPrefix(secret, "whsec_")
	if raw, err := base64.StdEncoding.DecodeString(encoded); found && err == nil {
		return raw
	}
	return []byte(secret)
}

func fresh(seconds string) bool {
	at, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && time.Since(time.Unix(at, 0)).Abs() <= 5*time.Minute
}

// seen holds each webhook-id that was taken. For real it is a column that is
// unique, written in one transaction with what the event changes.
var seen sync.Map

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
	if err != nil {
		http.Error(w, "the body is too long, or broke off", http.StatusBadRequest)
		return
	}
	payload := string(body)
	if r.Method == http.MethodGet {
		payload = r.URL.RawQuery
	}
	if verify := schemes[r.URL.Path]; verify == nil || !verify(r.Header, payload) {
		http.Error(w, "the signature is wrong, or too old", http.StatusUnauthorized)
		return
	}
	if _, again := seen.LoadOrStore(r.Header.Get("webhook-id"), true); again {
		fmt.Fprintln(w, "had it")
		return
	}
	// Hand the event to a queue of your own here. Whatever takes long comes after the answer.
	w.WriteHeader(http.StatusAccepted)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "9000"))
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	server := http.Server{Handler: http.HandlerFunc(receive), ReadTimeout: 10 * time.Second}
	panic(server.Serve(listener))
}
