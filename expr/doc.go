// Package expr is expr-lang, tamed: expressions over one event, and the payloads
// and texts put together from them.
//
// # What an expression sees
//
// The members of the event's data by name (contact.email), data (all of it) and
// event (id, type, time, source; of a CloudEvent also ce_id, and its extensions
// as ce.NAME). data and event win over members of those names. There is nothing
// else: no environment, no clock (now() is the event's time), no files. A member
// that isn't there is null, and so is every member of null, of text and of
// numbers, and every index beyond a list.
//
// A [Criterion] is over a receiver's answer instead: status, headers and body,
// and nothing of the event.
//
// # Numbers
//
// An expression that is only a path (names, members, constant indexes) copies
// the received bytes, digit for digit, without decoding the event. All others
// compute on 64-bit integers and floats: a number that fits neither, overflow,
// division by zero, and a mix of floats with integers that floats can't hold are
// errors of the expression that computes with them, never a silent float.
//
// # Limits
//
// A source has at most 4 KiB and 2,000 nodes, is nested at most 256 deep, and its
// functions that go through lists two deep. An evaluation has 1,000,000 steps and
// 50 ms, and makes at most 8 MiB of values, texts of at most 256 KiB and lists of
// at most 100,000 items; see [Budget]. What it writes has at most 256 KiB, unless
// it is a path; a payload has at most 4 MiB. Nothing is stopped from outside:
// whatever loops or grows counts, and fails by itself.
//
// # Samples
//
// [Program.Check] tells what would go wrong for events like a sample. It only
// reports: the same untyped program runs for events with and without one. A
// checker of our own works out the shape of every value in the resolved tree,
// so that a place is that of the very name; see check.go.
//
// # Errors
//
// Compile reports an [*Error] with a place in the source. What fails at run time
// says which operation failed and on what kinds of values, but not the values:
// they belong to the event and may be anything. expr-lang's own words reach
// nobody, and none of its panics leaves the package.
//
// Only this package knows expr-lang. It takes its parser, type checker and
// virtual machine, not its optimizer, and puts its own operations where
// expr-lang's differ from the rules above: see lower.go and functions.go.
package expr
