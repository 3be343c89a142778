package door

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// crossSite says why a request comes from another site or origin; empty if
// nothing speaks for that. Programs send none of these headers, browsers always
// send at least one with what a page could misuse.
func crossSite(q *http.Request) string {
	for _, site := range q.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return fmt.Sprintf("a browser sends this for another site (Sec-Fetch-Site: %.20q)", site)
		}
	}
	for _, origin := range q.Header["Origin"] {
		if !sameOrigin(origin, q.Host) {
			return fmt.Sprintf("a browser sends this for another origin (Origin: %.100q)", origin)
		}
	}
	return ""
}

// sameOrigin compares with the Host, which has been checked before. The scheme
// is not compared: a proxy before us may speak TLS.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return u.Host != "" && strings.EqualFold(u.Host, host) && u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
}
