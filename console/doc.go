// Package console is the door for people and scripts: the page, the API behind
// it, health, metrics, and the client that the command line uses.
//
// It promises:
//
//   - GET and HEAD change nothing.
//   - A request has to name one of our hosts; one that changes something must
//     not come from another site; with a token set, everything but the health
//     checks needs it. Programs send "Authorization: Bearer TOKEN". A browser
//     can't, so "Basic" is taken as well, with any user name and the token as
//     the password: the browser asks for it.
//   - What events and receivers say is shown as text. The page runs no script
//     but its own, loads nothing from elsewhere, and can't be framed. Control
//     characters and those that change the direction of writing are shown as
//     escapes, in JSON as \u escapes that decode to the same text.
//   - No secret is ever answered, not even the one that was just set.
//   - The API answers with JSON, and with problem details (RFC 9457) when it
//     refuses. A parameter that it doesn't know is refused, not passed over.
//
// It stores nothing. What it shows it asks of an [Agent], anew each time.
package console
