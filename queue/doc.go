// Package queue is the promise of the line: what waits on disk between the door
// and the messenger. Engines keep it ([github.com/posternhq/postern/queue/embedded]);
// the suite in queue/queuetest holds them to it.
//
// A line consists of lanes, one per webhook that ever had a delivery. Promised:
//
//   - When Accept returns without an error, the events and every delivery that
//     they owe survive a crash of the process and of the machine. All of one
//     call is kept, or nothing of it.
//   - A delivery stays until it has ended (delivered, failed, skipped), and for
//     its retention after that. It has one id for ever.
//   - A delivery is leased to one caller at a time. A lease ends by Settle or
//     Release; if the process ends first, the delivery is due again after the
//     restart. So an attempt may be repeated, and is never lost.
//   - An id that was accepted is remembered for 24 hours.
//   - What waits in one lane can be moved to another, and then waits there as it
//     did. A delivery is in one lane at any time, also after a crash.
//   - Deliveries of a lane that are in the same order (Owed.Order) are leased one
//     at a time, in the order in which Accept took them. The next one's turn comes
//     when the one before it has ended; if that was a failure with Hold, when it
//     has been replayed and has then ended without one. A replayed delivery goes
//     before those that were accepted after it, but for one that is leased. What
//     others wait for is kept, whatever its retention. What has waited for a hold
//     is as old as if it had been accepted when its turn came. What is in no order
//     waits for nothing.
//   - Each lane has a clock that can be stopped. Due times and ages run by it,
//     so a lane that stood still for a week is a week younger. Stopping and
//     starting writes nothing per delivery.
//
// Refused: more than fits (ErrFull), the same id with other content
// (*ConflictError), anything while the storage fails (ErrUnavailable). A refused
// call has changed nothing that a later call could see, but for ErrUnavailable,
// which promises nothing either way.
//
// Not the line's business: how many attempts run at once, how fast, what they
// say, and whether they may run at all.
package queue
