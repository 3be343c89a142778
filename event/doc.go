// Package event holds the nouns of Postern, the rules for what an event is made
// of, and nothing that does anything:
//
//   - an [Event] happened in the campaign app,
//   - a [Delivery] is one event owed to one webhook,
//   - an [Attempt] is one HTTP request made for a delivery.
//
// The values are plain. Times are UTC. Everything that came from the app or
// from a receiver (types, ids, data, error texts, bodies) is data and may hold
// any text: whoever shows it has to make it inert.
package event
