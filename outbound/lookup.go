package outbound

import "net/http/httptrace"

// lookUps tells the stage which name is being looked up. One that fails stays: an
// attempt that ends meanwhile ends because of it.
func (s *stage) lookUps() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(info httptrace.DNSStartInfo) { s.lookingUp.Store(&info.Host) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				s.lookingUp.Store(nil)
			}
		},
	}
}

// unknown is the name for which an attempt without a connection waits in vain.
func (s *stage) unknown() (name string, waits bool) {
	if at := s.lookingUp.Load(); at != nil && !s.connected.Load() {
		return *at, true
	}
	return "", false
}
