// Package inbound is the door for events: HTTP on loopback and on Unix sockets.
// It decodes, refuses and answers; an [Accepter] behind it makes events durable.
//
//	POST /v1/events         {"type", "data", "id"?, "time"?, "source"?}, or an array of 1 to 1,000 of them;
//	                        application/x-ndjson: such an event a line; CloudEvents 1.0, structured, in
//	                        batches, and binary
//	POST /v1/events/TYPE    the bare data object; a '/' in TYPE is written %2F
//
// Promised:
//
//   - 202 (and 200 for a duplicate) is said only after the Accepter has said
//     that the events are on disk. A batch is accepted whole or refused whole.
//   - A client that goes away after its last byte does not stop the write.
//   - Data is kept byte for byte as received. What a CloudEvent carries that is no
//     JSON object stands in one, as data or data_base64.
//   - With ?wait the answer says how the deliveries stand, once all have ended or
//     the time is up. Who waits holds no place that others need to get in.
//   - The trace context of a request goes along with its events; that of a
//     CloudEvent does where the request has none.
//
// Refused, each with a problem body (RFC 9457) that says where and what to do:
//
//   - what is not exactly one JSON text in valid UTF-8, with a surrogate that
//     has no other half, or with a name twice in one object (400), with line,
//     column (in characters), offset (in bytes) and a JSON pointer;
//   - an event of more than 1 MiB or a batch of more than 16 MiB (413), as soon
//     as that is known, and before the body is read where the length is declared;
//   - any other media type, any content coding but gzip (415); a body that is no
//     whole gzip though it says so, or is much longer in it than without (400);
//   - data nested more than 64 deep, the data object being the first level; more
//     than 1,000 events; an empty batch; an event that is not as above (422),
//     with a JSON pointer for each fault, and its line in a body of lines; a type
//     in the path, a wait or an Idempotency-Key that is not as below (422);
//   - an id or Idempotency-Key whose first event was another (409);
//   - more than the door can hold at once (429), and what the Accepter can't
//     take now (503), with Retry-After.
//
// An event is counted without the white space around it; beside one of 1 MiB
// there is room for 4 KiB of that. The limits are those of the body as it is once
// it is decompressed, and of a CloudEvent also once its data stands in an object.
//
// An Idempotency-Key is 1 to 255 visible ASCII characters, bare or as a quoted
// string of RFC 9651; both forms are the same key. It does the work of the id
// of a single event without one, is ignored beside an id, and is refused with
// an array, whose items have ids of their own. A wait is a time of at most 30 s
// with its unit; nothing else in a query means anything.
//
// Who may come in, and for how long, is the business of internal/door. Memory
// for bodies is bounded per door (64 MiB beyond the first 64 KiB of each).
// Nothing is stored here.
package inbound
