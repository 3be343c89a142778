package door

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Connections is how many a listener holds at once, where nothing else is said.
const Connections = 1024

// Limits bound what a peer can hold. A zero field means its default.
type Limits struct {
	Header      time.Duration // to read the request line and the headers; 5 s
	Request     time.Duration // to read the request, body included; 30 s
	Answer      time.Duration // from the end of the headers until the answer is written; 60 s
	Idle        time.Duration // a connection kept alive between two requests; 60 s
	Drain       time.Duration // for requests under way, once Serve is to end; 5 s
	HeaderBytes int           // of request line and headers, about; 16 KiB
	Connections int           // of the listener, at once; Connections
}

func (l Limits) filled() Limits {
	return Limits{
		Header:      cmp.Or(l.Header, 5*time.Second),
		Request:     cmp.Or(l.Request, 30*time.Second),
		Answer:      cmp.Or(l.Answer, 60*time.Second),
		Idle:        cmp.Or(l.Idle, 60*time.Second),
		Drain:       cmp.Or(l.Drain, 5*time.Second),
		HeaderBytes: cmp.Or(l.HeaderBytes, 16<<10),
		Connections: cmp.Or(l.Connections, Connections),
	}
}

// A Server serves one handler behind the rules. HTTP/1.1 only.
type Server struct {
	Rules   Rules
	Handler http.Handler
	Limits  Limits
	Log     *zap.Logger // nil: nothing is logged

	// Before puts a handler before the rules, which then sees every request and
	// every refusal; nil: there is none.
	Before func(http.Handler) http.Handler
}

// Serve serves l until ctx is done, then closes it and lets requests under way,
// and those that connections which have just come are about to send, finish for at most Limits.Drain; the connections of what takes longer are cut
// off, and an error says so. It always closes l. Without a token it refuses an
// address that other machines can reach (ErrNoToken).
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	limits := s.Limits.filled()
	guarded, err := s.Rules.Guard(l.Addr(), s.Handler)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", l.Addr(), errors.Join(err, l.Close()))
	}
	if s.Before != nil {
		guarded = s.Before(guarded)
	}
	bounded := limitConnections(l, limits.Connections)
	server := s.server(guarded, limits)
	server.ConnState = bounded.note
	server.RegisterOnShutdown(bounded.dropWaiting)

	ended := make(chan error, 1)
	go func() { ended <- server.Serve(bounded) }()
	select {
	case err := <-ended:
		return fmt.Errorf("listen on %s: %w", l.Addr(), errors.Join(err, server.Close()))
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Drain)
	defer cancel()
	err = bounded.Close()
	<-ended
	bounded.settle()
	err = errors.Join(err, server.Shutdown(drain))
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("requests were cut off after %s", limits.Drain), server.Close())
	}
	if err != nil {
		return fmt.Errorf("close %s: %w", l.Addr(), err)
	}
	return nil
}

func (s *Server) server(h http.Handler, limits Limits) *http.Server {
	logger := s.Log
	if logger == nil {
		logger = zap.NewNop()
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:                      lingering(recovering(h, logger)),
		ReadHeaderTimeout:            limits.Header,
		ReadTimeout:                  limits.Request,
		WriteTimeout:                 limits.Answer,
		IdleTimeout:                  limits.Idle,
		MaxHeaderBytes:               limits.HeaderBytes,
		DisableGeneralOptionsHandler: true,
		Protocols:                    &protocols,
		ErrorLog:                     log.New(debugLines{logger}, "", 0),
	}
}

const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 32 << 20
)

// lingering reads on for a moment when a client that wants the connection closed
// has been answered and is still sending. To close at once would reset the
// connection, and the client could lose the answer. A connection that may be
// kept is in the care of net/http.
func lingering(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		h.ServeHTTP(w, q)
		if !q.Close || q.ContentLength == 0 {
			return
		}
		if _, err := q.Body.Read(nil); err == io.EOF {
			return
		}
		connection := http.NewResponseController(w)
		if connection.Flush() == nil && connection.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, q.Body, lingerBytes)
		}
	})
}

// recovering logs a panic of the handler and drops the connection: half an
// answer is worse than none.
func recovering(h http.Handler, logger *zap.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				logger.Error("panic while a request was served", zap.Any("panic", v), zap.ByteString("stack", debug.Stack()))
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(w, q)
	})
}

// debugLines takes the server's own complaints about its peers. They go into a
// field, which every encoder escapes: they may quote what a peer sent.
type debugLines struct{ log *zap.Logger }

func (d debugLines) Write(line []byte) (int, error) {
	d.log.Debug("http server", zap.String("text", strings.TrimSpace(string(line))))
	return len(line), nil
}
