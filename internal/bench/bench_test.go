package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnEventIsJSONOfItsSizeAndTellsItsNumber(t *testing.T) {
	for _, n := range []int{0, 7, 123456} {
		e := appendEvent(nil, n)
		if data := appendData(nil, n); !json.Valid(e) || len(data) != payloadBytes {
			t.Errorf("event %d: %d bytes of data, %s", n, len(data), e)
		}
		m, err := mapped(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range [][]byte{e, m} {
			if got, ok := numberIn(body); !ok || got != n {
				t.Errorf("event %d: found %d in %s", n, got, body)
			}
		}
	}
}

func TestMessagesAreReadOneAfterTheOther(t *testing.T) {
	text := appendRequest(nil, "host", "/3", []byte("{}"))
	text = append(text, thanks...)
	text = append(text, "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nhi"...)
	r := newReader(bytes.NewReader(text))
	for i, want := range []string{"/3 0 {}", " 200 ", " 202 hi"} {
		m, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		path := ""
		if m.status() == 0 {
			path = string(m.path())
		}
		if got := fmt.Sprint(path, " ", m.status(), " ", string(m.body)); got != want {
			t.Errorf("message %d: %q, want %q", i, got, want)
		}
	}
}

func TestTheYardstickKeepsWhatItAccepts(t *testing.T) {
	for _, mode := range []string{"disk", "map", "direct"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			s, err := newSink()
			if err != nil {
				t.Fatal(err)
			}
			r, err := newRelay(mode, "http://"+s.address()+"/0", dir)
			if err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			var serving sync.WaitGroup
			serving.Go(func() {
				if err := r.serve(ctx, l); err != nil {
					t.Error(err)
				}
			})
			sent := load{address: l.Addr().String(), path: "/", connections: 4, lasts: 100 * time.Millisecond}
			got, err := sent.send(s)
			if err != nil {
				t.Fatal(err)
			}
			stop()
			serving.Wait()
			if err := s.close(); err != nil {
				t.Error(err)
			}
			if got.accepted == 0 || got.lost != 0 || got.again != 0 || got.refused != 0 {
				t.Errorf("%+v", got)
			}
			if mode == "direct" {
				return
			}
			kept, err := os.ReadFile(filepath.Join(dir, "journal"))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(kept, evid); n != got.accepted {
				t.Errorf("%d events are on disk, %d were accepted", n, got.accepted)
			}
		})
	}
}

func TestTheTableHasEveryFigure(t *testing.T) {
	all := takes{}
	for _, c := range scenes("", time.Second) {
		all[c.name] = []take{{}, {}}
	}
	var out strings.Builder
	all.write(&out, 1<<20)
	for _, f := range figures {
		if !strings.Contains(out.String(), "| "+f.name+" |") {
			t.Errorf("%q is missing", f.name)
		}
	}
}
