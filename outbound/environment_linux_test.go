package outbound

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// proxiesOfTheEnvironment lead to a canary in the network of our own.
func proxiesOfTheEnvironment() (all []string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		all = append(all, name+"=http://127.0.0.9:3128", strings.ToLower(name)+"=http://127.0.0.9:3128")
	}
	return append(all, "NO_PROXY=", "no_proxy=", "REQUEST_METHOD=")
}

// Proxies that the environment names hear of nothing: not of public addresses,
// which Go's own client would send to them, and not of requests for tokens.
func TestTheEnvironmentNamesNoProxy(t *testing.T) {
	inOwnNetwork(t, func(t *testing.T, ns *nameServer) {
		var heard atomic.Int32
		l, err := net.Listen("tcp", "127.0.0.9:3128")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				heard.Add(1)
				c.Close()
			}
		}()
		e := newEarth(t, 0)
		ns.add("api.test.", addresses("93.184.216.34"))
		w := hook(t, "w", fmt.Sprintf("http://api.test:%s/", e.port))
		asks := withOAuth(t, hook(t, "asks", fmt.Sprintf("http://api.test:%s/", e.port)), fmt.Sprintf("http://api.test:%s/token", e.port))
		p := plan(w, asks)
		p.Egress.AllowHTTP = everything
		deliver := courier(t, p)
		if o := deliver(w, someDelivery("w")).outcome; o.Class != event.OK {
			t.Errorf("got %+v", o.Attempt)
		}
		checkFailure(t, deliver(asks, someDelivery("asks")), event.Auth, 0, "holds none")
		if got := fmt.Sprint(e.take()); got != "[93.184.216.34 93.184.216.34]" {
			t.Errorf("%s were reached", got)
		}
		l.Close()
		<-done
		if n := heard.Load(); n > 0 {
			t.Errorf("the proxy of the environment heard of %d connections", n)
		}
	}, proxiesOfTheEnvironment()...)
}

// A machine whose ports are used up fails attempts, and no more: what waits goes
// out when one is free.
func TestAMachineWithoutFreePorts(t *testing.T) {
	inOwnNetwork(t, func(t *testing.T, _ *nameServer) {
		const ports = 2
		came, release := make(chan struct{}, ports+1), make(chan struct{})
		receiver := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			came <- struct{}{}
			<-release
		}))
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("50000 50001"), 0o600); err != nil {
			t.Fatal(err)
		}
		h := hook(t, "w", receiver)
		h.Timeout, h.Retry.Schedule = time.Hour, slices.Repeat([]time.Duration{10 * time.Millisecond}, 1000)
		o := newOutdoors(t, plan(h))
		ids := o.post(t, "w", ports+1)
		for range ports {
			<-came
		}
		if r := <-o.ended; r.Class != event.Refused || !strings.Contains(r.Error, "no way to the receiver") || !strings.Contains(r.Error, "cannot assign requested address") {
			t.Errorf("got %+v", r)
		}
		close(release)
		o.until(t, event.Delivered, ids...)
	})
}
