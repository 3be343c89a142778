package outbound

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
)

// A receiver that speaks HTTP/2 hears HTTP/1.1, over TLS and without: we don't
// say that we could.
func TestHTTP2IsNeverSpoken(t *testing.T) {
	for _, secure := range []bool{true, false} {
		var spoken, offered []string
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { spoken = append(spoken, r.Proto) }))
		s.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetHTTP1(true)
		s.Config.Protocols.SetHTTP2(true)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.EnableHTTP2 = true
		ca := newAuthority(t, "known")
		if secure {
			s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(nil)}, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				offered = append(offered, h.SupportedProtos...)
				return nil, nil
			}}
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
		w := hook(t, "w", s.URL)
		p := plan(w)
		p.Egress.CA = ca.pem
		o := courier(t, p)(w, someDelivery("w")).outcome
		if o.Class != event.OK || len(spoken) != 1 || spoken[0] != "HTTP/1.1" || len(offered) > 0 {
			t.Errorf("TLS %v: %s, spoke %q, offered %q", secure, o.Class, spoken, offered)
		}
	}
}
