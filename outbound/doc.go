// Package outbound is the messenger: it takes from the line what is due and
// delivers it by the plan in force.
//
//	lane: Take → deliver (say, fill, prepare, send, judge) → Settle
//
// First attempt and retry are one path. An attempt reads its plan once.
//
// # Promised
//
//   - One lane per webhook. A slow, dead or hostile receiver costs its own lane
//     only: the places of all lanes (Egress.MaxInFlight) are given in the order
//     of asking, none is held while a lane waits for anything, one is kept for
//     each lane that holds none, and lanes whose attempts take long leave a part
//     to the others (places.go, rank.go).
//   - A receiver that fails again and again is left alone but for probes, one at
//     a time (circuit.go). Waiting for them charges nothing; a probe is an
//     attempt like any other.
//   - A delivery whose attempts end the process three times is parked (crash.go).
//   - A request is sent at most once per attempt: no redirects, no repeats on a
//     connection that turns out to be closed (pool.go). Only a 401 of a receiver
//     that takes OAuth tokens is answered with a second one, with a new token.
//   - What is said (method, content type, payload) is the same in every attempt
//     of a delivery; where it goes (URL, headers, query, credentials, signature)
//     is worked out at each attempt from the event and the plan in force.
//   - A delivery ends delivered, failed or skipped, with a class. A panic while
//     one is made fails that one.
//   - Reading a body is bounded, in bytes and in time, and decides nothing: the
//     status line does, unless success_when asks for the body.
//
// # Refused
//
// Every address is checked in the dialer, after the name is resolved: see
// guard.go, address.go and embedded.go. A proxy of the policy is asked for an
// address that passed (proxy.go), and tokens come the same way (oauth.go).
// Connections belong to one policy and one TLS (client.go). Proxies of the
// environment, cookies, compression and HTTP/2 are not used. Answers have at most
// 16 KiB of headers. A request has at most 4 MiB. A header value with a control
// character, or a path segment that an event would empty or climb out of, is a
// mapping failure.
//
// # Stored
//
// In the line, with a delivery: its attempts (error texts of at most 300 bytes,
// inert and without URLs; bodies of at most 16 KiB where the webhook asks for
// them, with the plan's secrets masked in every encoding (scrub.go); when each had
// come how far, and over which connection (timeline.go)) and, from the first failed
// attempt on, what it says. Secrets in that are holes. The standard payload is not
// stored: a hole of a reserved name, beginning with "standard ", stands for it and
// says how it is written, so retries splice the same bytes from the event. With a
// lane, as JSON: its suspension (reason, since, salt, and the salted hash of the
// webhook's fingerprint), and under "circuit" the same of an open circuit. That
// is written when a circuit opens or closes, not at each probe.
//
// In memory alone: a Retry-After, which holds the whole webhook, OAuth tokens, how
// many failures a closed circuit has counted and how long an open one waits, the
// ranks of lanes, and their states, which are worked out when they are asked for.
//
// # On the wire
//
// webhook-id, webhook-timestamp and webhook-event are always sent. webhook-event
// is the event's type; in it every byte but visible ASCII and inner spaces, and
// "%" itself, is percent-encoded. A signature is made over the bytes of the
// body, for GET over the whole query as sent, without the "?"; scheme.go says
// how each scheme writes it.
package outbound
