package outbound

import (
	"context"
	"net/http/httptrace"
)

// looks has look-ups of names noted.
func (s *stage) looks(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSStart: s.looksUp, DNSDone: s.lookedUp})
}

// looksUp notes which name is being looked up. One that fails stays: an attempt
// that ends meanwhile ends because of it.
func (s *stage) looksUp(info httptrace.DNSStartInfo) { s.lookingUp.Store(&info.Host) }

func (s *stage) lookedUp(info httptrace.DNSDoneInfo) {
	if info.Err != nil {
		return
	}
	s.lookingUp.Store(nil)
	if !s.atProxy.Load() { // whose name is not the receiver's
		s.mark(&s.timeline.DNS)
	}
}

// unknown is the name for which an attempt without a connection waits in vain.
func (s *stage) unknown() (name string, waits bool) {
	if at := s.lookingUp.Load(); at != nil && !s.connected.Load() {
		return *at, true
	}
	return "", false
}
