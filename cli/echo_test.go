package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
)

// voices are the ways in which the receiver repeats a whole request.
var voices = map[string]func(w http.ResponseWriter, dump, secret string){
	"all": func(w http.ResponseWriter, dump, _ string) {
		_, _ = io.WriteString(w, dump)
	},
	"base64": func(w http.ResponseWriter, dump, _ string) {
		fmt.Fprintln(w, base64.StdEncoding.EncodeToString([]byte(dump)), base64.RawURLEncoding.EncodeToString([]byte("."+dump)), base64.StdEncoding.EncodeToString([]byte(".."+dump)))
	},
	"hex":   func(w http.ResponseWriter, dump, _ string) { fmt.Fprintf(w, "%x %[1]X", dump) },
	"query": func(w http.ResponseWriter, dump, _ string) { _, _ = io.WriteString(w, url.QueryEscape(dump)) },
	"path": func(w http.ResponseWriter, dump, _ string) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, url.PathEscape(dump)+"\n"+lowerEscapes(url.QueryEscape(dump)))
	},
	"json": func(w http.ResponseWriter, dump, _ string) {
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": dump, "encoded": base64.StdEncoding.EncodeToString([]byte(dump))})
	},
	"html": func(w http.ResponseWriter, dump, _ string) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "<pre>%s</pre> %q", html.EscapeString(dump), dump)
	},
	"headers": func(w http.ResponseWriter, dump, secret string) {
		w.Header().Set("Location", "https://elsewhere.test/"+url.PathEscape(secret)+"?"+url.QueryEscape(secret))
		w.Header().Set("X-Echo", url.QueryEscape(dump))
		w.Header().Set("Set-Cookie", "c="+base64.RawURLEncoding.EncodeToString([]byte(secret)))
		w.WriteHeader(http.StatusFound)
	},
	"retry": func(w http.ResponseWriter, _, secret string) {
		w.Header().Set("Retry-After", secret)
		w.WriteHeader(http.StatusTooManyRequests)
	},
	"status": func(w http.ResponseWriter, _, secret string) { raw(w, "HTTP/1.1 500 "+secret+"\r\n\r\n") },
	"line":   func(w http.ResponseWriter, _, secret string) { raw(w, secret+"\r\n\r\n") },
	"number": func(w http.ResponseWriter, _, secret string) { raw(w, "HTTP/1.1 "+secret+" no\r\n\r\n") },
	"field":  func(w http.ResponseWriter, _, secret string) { raw(w, "HTTP/1.1 200 OK\r\n"+secret+"\r\n\r\n") },
	"length": func(w http.ResponseWriter, _, secret string) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: "+secret+"\r\n\r\n")
	},
	"cut": func(w http.ResponseWriter, dump, secret string) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+dump+secret[:len(secret)-3])
	},
	"long": func(w http.ResponseWriter, dump, _ string) {
		for range 40 {
			_, _ = io.WriteString(w, dump)
		}
	},
}

// raw answers in bytes that no server would say by itself.
func raw(w http.ResponseWriter, answer string) {
	c, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = buf.WriteString(answer)
	_ = buf.Flush()
}

func lowerEscapes(s string) string {
	return regexp.MustCompile("%..").ReplaceAllStringFunc(s, strings.ToLower)
}

// anEcho repeats what it gets by the voice that it is asked for, and gives tokens.
func anEcho(w http.ResponseWriter, r *http.Request) {
	dump, err := httputil.DumpRequest(r, true)
	if err != nil {
		return
	}
	if r.URL.Path == "/token" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": toldAccess, "token_type": "Bearer", "echo": string(dump)})
		return
	}
	secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	secret = strings.TrimPrefix(secret, "Basic ")
	for _, other := range []string{r.Header.Get("X-Api-Key"), r.URL.Query().Get("key")} {
		if secret == "" {
			secret = other
		}
	}
	voices[r.Header.Get("X-Voice")](w, string(dump), strings.Map(func(c rune) rune {
		if c < ' ' {
			return '.'
		}
		return c
	}, secret))
}
