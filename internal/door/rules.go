package door

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/posternhq/postern/internal/secret"
)

// Reasons for which [Rules] refuse, as given to Rules.Refused.
const (
	BadHost   = "host"
	CrossSite = "cross_site"
	WebSocket = "websocket"
	BadToken  = "token"
)

// ErrNoToken refuses to serve a listener that other machines can reach.
var ErrNoToken = errors.New("other machines can reach this address, so it needs a token")

// Rules say which requests may come in.
type Rules struct {
	// Token must be shown as Authorization: Bearer. Empty: none is asked for,
	// which only loopback addresses and Unix sockets allow.
	Token secret.Text

	// Open are paths, compared exactly, that need no token, and off loopback take
	// any Host: probes call an address that nobody configured.
	Open []string

	// Hosts narrow the Host header on an address off loopback: names or
	// addresses, with a port or for any port, beside the names of loopback. None:
	// any Host. On loopback they mean nothing: there the Host is localhost,
	// 127.0.0.1, [::1] or the listener's own address, with its port.
	Hosts []string

	// Refused is called with the reason of each refusal; nil: it is not.
	Refused func(reason string)
}

// Guard puts the rules before next, for requests to a listener at addr.
func (r Rules) Guard(addr net.Addr, next http.Handler) (http.Handler, error) {
	hosts, local := r.hostsAt(addr)
	if !local && r.Token.Empty() {
		return nil, ErrNoToken
	}
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		p := r.check(q, hosts)
		if p == nil {
			next.ServeHTTP(w, q)
			return
		}
		if r.Refused != nil {
			r.Refused(p.Reason)
		}
		p.Write(w)
	}), nil
}

// check is nil for a request that may come in.
func (r Rules) check(q *http.Request, hosts hostRule) *Problem {
	open := slices.Contains(r.Open, q.URL.Path)
	if !hosts.allow(q.Host) && !(open && hosts.bare) {
		return &Problem{Status: http.StatusMisdirectedRequest, Reason: BadHost, Detail: hosts.want(q.Host)}
	}
	if why := crossSite(q); why != "" {
		return &Problem{Status: http.StatusForbidden, Reason: CrossSite, Detail: why}
	}
	if upgradesToWebSocket(q.Header) {
		return &Problem{Status: http.StatusForbidden, Reason: WebSocket, Detail: "websockets are not served here"}
	}
	if open || r.Token.Empty() {
		return nil
	}
	return r.checkToken(q.Header["Authorization"])
}

func (r Rules) checkToken(given []string) *Problem {
	challenge := `Bearer realm="postern"`
	detail := "a token is needed: Authorization: Bearer TOKEN"
	if len(given) > 0 {
		if len(given) == 1 && r.Token.Equal(bearer(given[0])) {
			return nil
		}
		challenge += `, error="invalid_token"`
		detail = "the token is not the one that is configured here"
	}
	return &Problem{
		Status: http.StatusUnauthorized,
		Reason: BadToken,
		Detail: detail,
		Header: http.Header{"Www-Authenticate": {challenge}},
	}
}

// bearer takes the token out of an Authorization header; empty if it holds none.
func bearer(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimLeft(token, " ")
}

// upgradesToWebSocket leaves other upgrades alone: HTTP lets a server ignore
// them, and some clients offer h2c with every request.
func upgradesToWebSocket(h http.Header) bool {
	for _, line := range h["Upgrade"] {
		for offer := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(offer), "/")
			if strings.EqualFold(name, "websocket") {
				return true
			}
		}
	}
	return len(h["Sec-Websocket-Key"]) > 0
}
