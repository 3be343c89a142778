// Clients sends one event: go run send.go ID. The other files of this folder do
// the same in other languages.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

var client = &http.Client{Timeout: 5 * time.Second}

func post(event []byte) (status int, after, body string) {
	url := "http://127.0.0.1:7480"
	if given := os.Getenv("POSTERN_URL"); given != "" {
		url = given
	}
	answer, err := client.Post(url+"/v1/events", "application/json", bytes.NewReader(event))
	if err != nil { // perhaps it was taken all the same: the id tells
		return http.StatusServiceUnavailable, "", err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return http.StatusServiceUnavailable, "", err.Error()
	}
	return answer.StatusCode, answer.Header.Get("Retry-After"), string(text)
}

func send(event []byte) (said string, err error) {
	for range 6 {
		status, after, body := post(event)
		switch status {
		case http.StatusOK, http.StatusAccepted:
			return body, nil
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			seconds, err := strconv.Atoi(after)
			if err != nil {
				seconds = 1
			}
			said = body
			time.Sleep(time.Duration(seconds) * time.Second)
		default: // to repeat it would not help
			return "", fmt.Errorf("refused: %s", body)
		}
	}
	return "", fmt.Errorf("not taken yet, keep it and its id: %s", said)
}

func main() {
	if path := os.Getenv("POSTERN_SOCKET"); path != "" {
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}}
	}
	event, err := json.Marshal(map[string]any{
		"id": os.Args[1], "type": "contact.subscribed", "data": map[string]any{"contact": map[string]any{"email": "user@example.com"}},
	})
	if err != nil {
		panic(err)
	}
	said, err := send(event)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(said)
}
