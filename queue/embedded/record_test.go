package embedded

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var (
	someRef  = ref{seq: 1_772_000_000_000 << 20, lane: 7}
	someTime = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	someKey  = hashText("key")
	someRow  = rowKey{7, queue.OrderOf("contact 7")}
	unexport = cmp.Options{cmpopts.EquateComparable(netip.AddrPort{}), cmp.AllowUnexported(delivery{}, attempt{}, ref{}, accepted{}, laneRecord{}, mark{}, counts{})}
)

// codecs reads a value of each kind, and writes what it read.
var codecs = []struct {
	name  string
	key   []byte
	again func(key, v []byte) ([]byte, error)
	seed  func(key []byte) []byte
}{
	{"event", eventKey(someRef.seq), againEvent,
		func(key []byte) []byte {
			return encodeEvent(nil, key, &event.Event{ID: "e1", Type: "x", Time: "2026", Source: "s", Data: []byte("{}"), Accepted: someTime})
		}},
	{"event with a trace", eventKey(someRef.seq), againEvent,
		func(key []byte) []byte {
			return encodeEvent(nil, key, &event.Event{ID: "e1", Type: "x", Trace: someTrace, Data: []byte("{}"), Accepted: someTime})
		}},
	{"CloudEvent", eventKey(someRef.seq), againEvent,
		func(key []byte) []byte { return encodeEvent(nil, key, someCloudEvent()) }},
	{"delivery", someRef.key(inDeliveries),
		func(key, v []byte) ([]byte, error) {
			d, err := decodeDelivery(key, v)
			if err != nil {
				return nil, err
			}
			return d.encode(nil, key), nil
		},
		func(key []byte) []byte { d := someDelivery(); return d.encode(nil, key) }},
	{"moved delivery", someRef.key(inDeliveries),
		func(key, v []byte) ([]byte, error) {
			d, err := decodeDelivery(key, v)
			return d.encode(nil, key), err
		},
		func(key []byte) []byte {
			d := someDelivery()
			d.moveTo(9)
			return d.encode(nil, key)
		}},
	{"delivery in order", someRef.key(inDeliveries),
		func(key, v []byte) ([]byte, error) {
			d, err := decodeDelivery(key, v)
			return d.encode(nil, key), err
		},
		func(key []byte) []byte {
			d := someDelivery()
			d.order, d.holds = queue.OrderOf("contact 7"), true
			return d.encode(nil, key)
		}},
	{"turn", someRow.key(inTurns),
		func(key, v []byte) ([]byte, error) {
			t, err := decodeTurn(key, v)
			return t.encode(key), err
		},
		func(key []byte) []byte {
			return turn{first: someRef, now: ref{seq: someRef.seq + 1, lane: 9}, members: 300, stood: true}.encode(key)
		}},
	{"said", someRef.key(inSaid),
		func(key, v []byte) ([]byte, error) {
			s, err := decodeSaid(key, v)
			if err != nil {
				return nil, err
			}
			return encodeSaid(key, s), nil
		},
		func(key []byte) []byte {
			return encodeSaid(key, &event.Said{Method: "GET", ContentType: "t", Payload: []byte("a=b"),
				Holes: []event.Hole{{Offset: 2, Secret: "env:X", Escape: event.QueryValue}}})
		}},
	{"body", someRef.bodyKey(3),
		func(key, v []byte) ([]byte, error) {
			b, err := decodeBody(key, v)
			return encodeBody(key, b), err
		},
		func(key []byte) []byte { return encodeBody(key, []byte("oops")) }},
	{"accepted", nameOfKey(someKey).key(),
		func(key, v []byte) ([]byte, error) {
			a, err := decodeAccepted(key, v)
			return a.encode(nil, key), err
		},
		func(key []byte) []byte {
			return (&accepted{seq: 9, at: 5, digest: someKey, id: "evt_1"}).encode(nil, key)
		}},
	{"lane", laneKey(inLanes, 7),
		func(key, v []byte) ([]byte, error) {
			n, err := decodeLane(key, v)
			return n.encode(key), err
		},
		func(key []byte) []byte {
			return (&laneRecord{name: "crm", stood: 5, since: 6, note: []byte("n")}).encode(key)
		}},
	{"mark", markKey,
		func(_, v []byte) ([]byte, error) {
			m, err := decodeMark(v)
			return m.encode(), err
		},
		func([]byte) []byte { return mark{seq: 4, clock: 5, wall: 6}.encode() }},
	{"counts", laneKey(inCounts, 7),
		func(key, v []byte) ([]byte, error) {
			c, err := decodeCounts(key, v)
			return c.encode(key), err
		},
		func(key []byte) []byte {
			return (&counts{bytes: -7, of: [states]int64{pending: 1, failed: -2}}).encode(key)
		}},
}

var someTrace = event.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=1"}

func someCloudEvent() *event.Event {
	return &event.Event{
		ID: "ce_1", Type: "x", Source: "/s", Data: []byte(`{"a":1}`), Accepted: someTime, Trace: someTrace,
		Cloud: &event.Cloud{ID: "1", Attributes: []byte(`{"subject":"s","n":5}`)},
	}
}

func againEvent(key, v []byte) ([]byte, error) {
	e, err := decodeEvent(key, v)
	if err != nil {
		return nil, err
	}
	return encodeEvent(nil, key, e), nil
}

func someDelivery() delivery {
	return delivery{
		ref: someRef, state: failed, created: someTime, at: 1, due: -2, aged: 3, ended: 4, charged: 5, number: 6,
		eventSize: 7, saidSize: 8, class: "timeout", typ: "contact.subscribed", eventID: "e1", key: &someKey,
		attempts: []attempt{
			{Attempt: event.Attempt{Number: 5, At: someTime, Duration: time.Second, Status: 500, Class: event.Status, Error: "\x00\xff"}, bodySize: 3},
			{Attempt: event.Attempt{Number: 6, Truncated: true}},
			{Attempt: event.Attempt{Number: 7, Connection: event.Connection{Remote: netip.MustParseAddrPort("192.0.2.7:443"), TLS: tls.VersionTLS13, Proxied: true},
				Timeline: event.Timeline{DNS: 1, Connect: 2, TLS: time.Millisecond, Sent: time.Second, FirstByte: time.Minute, Done: time.Hour}}},
			{Attempt: event.Attempt{Number: 8, Connection: event.Connection{Remote: netip.MustParseAddrPort("[2001:db8::7]:8443"), Reused: true}}},
		},
	}
}

func TestADeliveryComesBackAsItWas(t *testing.T) {
	d := someDelivery()
	key := d.ref.key(inDeliveries)
	v := d.encode(nil, key)
	got, err := decodeDelivery(key, v)
	if diff := cmp.Diff(d, got, unexport); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
	if d.stored != len(key)+len(v) {
		t.Errorf("stored %d", d.stored)
	}
}

func TestAnEventComesBackAsItWas(t *testing.T) {
	key := eventKey(someRef.seq)
	for _, e := range []*event.Event{
		someCloudEvent(),
		{ID: "e1", Type: "x", Trace: someTrace, Data: []byte("{}"), Accepted: someTime},
		{ID: "e1", Type: "x", Cloud: &event.Cloud{}, Data: []byte("{}"), Accepted: someTime},
	} {
		v := encodeEvent(nil, key, e)
		got, err := decodeEvent(key, v)
		if diff := cmp.Diff(e, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if size := sizeOf(&queue.Entry{Event: *e}); size < int64(len(key)+len(v)) {
			t.Errorf("%d bytes were expected, %d written", size, len(key)+len(v))
		}
	}
}

// What was written once is read for ever. The bytes are never written anew from
// the code.
func TestEventsOfEveryVersionAreRead(t *testing.T) {
	key := eventKey(someRef.seq)
	for golden, want := range map[string]*event.Event{
		"012f3ee072aab492b3b7f6da98310265310178043230323601737b7d": {ID: "e1", Type: "x", Time: "2026", Source: "s", Data: []byte("{}"), Accepted: someTime},
		"02f69d128daab492b3b7f6da98310463655f31017800022f733730302d30616637363531393136636434336464383434386562323131633830333139632d623761643662373136393230333333312d303103613d31010131157b227375626a656374223a2273222c226e223a357d7b2261223a317d": someCloudEvent(),
	} {
		v, err := hex.DecodeString(golden)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeEvent(key, v)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if now := encodeEvent(nil, key, want); !bytes.Equal(now, v) {
			t.Errorf("now it is written as %x", now)
		}
	}
}

// A record as it was written before attempts had a timeline.
const oldDelivery = "0187a0fc430301aab492b3b7f6da983102030608050607080774696d656f757412636f6e746163742e737562736372696265640265312c70e12b7a0646f92279f427c7b38e73" +
	"0005aab492b3b7f6da983180a8d6b907f40303067374617475730200ff0106000000000000"

func TestRecordsOfOldAreRead(t *testing.T) {
	want := someDelivery()
	want.attempts = want.attempts[:2] // those without
	key := want.ref.key(inDeliveries)
	old, err := hex.DecodeString(oldDelivery)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeDelivery(key, old)
	want.stored = len(key) + len(old)
	if diff := cmp.Diff(want, got, unexport); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
	if again := got.encode(nil, key); !bytes.Equal(again, old) {
		t.Errorf("written anew, it is\n%x", again)
	}
}

// Whatever an attempt has to tell, its times and its connection take few bytes.
func TestATimelineIsSmall(t *testing.T) {
	const day = 24 * time.Hour
	bare := event.Attempt{Number: 1}
	full := bare
	full.Timeline = event.Timeline{DNS: day, Connect: day, TLS: day, Sent: day, FirstByte: day, Done: day}
	full.Connection = event.Connection{Remote: netip.MustParseAddrPort("[2001:db8:1:2:3:4:5:6]:65535"), Proxied: true, TLS: 65535}
	size := func(a event.Attempt) int { return len((&attempt{Attempt: a}).append(nil)) }
	if more := size(full) - size(bare); more > 72 {
		t.Errorf("%d bytes more", more)
	}
}

func TestEveryRecordIsCheckedByteByByte(t *testing.T) {
	for _, c := range codecs {
		v := c.seed(c.key)
		again, err := c.again(c.key, v)
		if err != nil || !bytes.Equal(again, v) {
			t.Errorf("%s: %v\n%x\n%x", c.name, err, v, again)
		}
		for i := range v {
			bad := bytes.Clone(v)
			bad[i] ^= 0x10
			if _, err := c.again(c.key, bad); err == nil {
				t.Errorf("%s: byte %d was changed, and nobody noticed", c.name, i)
			}
			if _, err := c.again(c.key, v[:i]); err == nil {
				t.Errorf("%s: cut off at %d, and nobody noticed", c.name, i)
			}
		}
		if c.name == "mark" {
			continue // there is only one
		}
		other := append(bytes.Clone(c.key[:len(c.key)-1]), c.key[len(c.key)-1]+1)
		if _, err := c.again(other, v); err == nil {
			t.Errorf("%s: read under another's key", c.name)
		}
	}
}

// Bytes that pass the checksum are decoded to something that stays the same, or
// refused; nothing panics.
func FuzzRecord(f *testing.F) {
	for i, c := range codecs {
		f.Add(byte(i), c.seed(c.key)[envelope:])
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		c := codecs[int(kind)%len(codecs)]
		if _, err := c.again(c.key, body); err == nil {
			t.Log("a checksum was guessed")
		}
		first, err := c.again(c.key, seal(c.key, append(make([]byte, envelope), body...)))
		if err != nil {
			return
		}
		second, err := c.again(c.key, first)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s: %v\n%x\n%x", c.name, err, first, second)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add(someRef.key(inDeliveries))
	f.Add(waitingKey(7, place{due: -1, seq: 2}))
	f.Add(waitingKey(7, place{due: -1, seq: 2, from: 3}))
	f.Add(forgetKey(5, nameOfKey(someKey)))
	f.Fuzz(func(t *testing.T, key []byte) {
		if r, ok := parseRef(key); ok && !bytes.Equal(r.key(key[0]), key) {
			t.Errorf("ref %+v of %x", r, key)
		}
		if n, p, ok := parseWaiting(key); ok && !bytes.Equal(waitingKey(n, p)[1:], key[1:]) {
			t.Errorf("place %+v of %x", p, key)
		}
		if at, n, ok := parseForget(key); ok && !bytes.Equal(forgetKey(at, n)[1:], key[1:]) {
			t.Errorf("name %+v of %x", n, key)
		}
	})
}

func FuzzID(f *testing.F) {
	f.Add(someRef.id())
	f.Add("dlv_00000000000000000001")
	f.Fuzz(func(t *testing.T, id string) {
		if r, ok := parseID(id); ok && r.id() != id {
			t.Errorf("%q is read as %q", id, r.id())
		}
	})
}

func TestIDsSortAsTheyWereGivenOut(t *testing.T) {
	refs := []ref{{1, 1}, {1, 2}, {2, 1}, {255, 1}, {256, 1}, {1 << 40, 9}, {1<<64 - 1, 1}, {1<<64 - 1, 1<<32 - 1}}
	for i, r := range refs {
		if got, ok := parseID(r.id()); !ok || got != r {
			t.Errorf("%v comes back as %v", r, got)
		}
		if i > 0 && refs[i-1].id() >= r.id() {
			t.Errorf("%s is not below %s", refs[i-1].id(), r.id())
		}
	}
	for _, bad := range []string{"", "dlv_", "dlv_0000000000000000000g1", "DLV_" + someRef.text(), "dlv_" + ref{5, nobody}.text(), "dlv_00000000000000000001"} {
		if _, ok := parseID(bad); ok {
			t.Errorf("%q is taken for an id", bad)
		}
	}
}

func TestSums(t *testing.T) {
	key := laneKey(inCounts, 1)
	a, b := counts{bytes: 5, of: [states]int64{pending: 1}}, counts{bytes: -2, of: [states]int64{pending: -1, delivered: 1}}
	for name, c := range map[string]struct {
		operands [][]byte
		want     counts
	}{
		"exact":      {[][]byte{a.encode(key), b.encode(key)}, counts{bytes: 3, of: [states]int64{delivered: 1}}},
		"unreadable": {[][]byte{a.encode(key), []byte("junk"), b.encode(key)}, counts{bytes: 3, of: [states]int64{delivered: 1}, inexact: true}},
	} {
		m, err := merger.Merge(key, c.operands[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range c.operands[1:] {
			if err := m.MergeOlder(v); err != nil {
				t.Fatal(err)
			}
		}
		v, _, err := m.Finish(true)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeCounts(key, v)
		if d := cmp.Diff(c.want, got, unexport); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}
