// Package door has what both HTTP doors of Postern share, the one for events
// and the console: who may come in, how a refusal is worded, and how long and
// how wide the door stands open.
//
// Localhost is not a trust boundary: any page in a browser on the machine can
// send requests to it, and any user of the machine can connect. So [Rules] refuse
//
//   - a Host that is not ours (421): a page whose name was rebound to 127.0.0.1
//     still sends its own name;
//   - requests that a browser marks as coming from another site or origin, and
//     websockets, which browsers open across origins (403). No CORS header is
//     ever sent, so a preflight gets nothing;
//   - a missing or wrong token, where one is configured (401). A listener that
//     other machines can reach must have one: [Server.Serve] refuses it otherwise.
//     A token counts in the Authorization header only, never in a query.
//
// A Unix socket takes any Host: its file mode says who may connect.
//
// [Server] bounds the time of every phase of a request, the size of its
// headers, and the number of connections. When all connections are taken, the
// one that has waited longest without a whole request on it makes room, so
// slow or idle peers can't keep others out.
//
// [Problem] is the one way in which an error is written (RFC 9457). What is no
// proper HTTP request never gets that far: net/http answers it with a line of text.
//
// Nothing is stored here.
package door
