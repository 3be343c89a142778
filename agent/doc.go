// Package agent joins the rooms: an event that the door decoded is matched by
// the configuration in force, put into the line, and delivered from there.
//
// Promised:
//
//   - [Run] returns when everything that it started has ended. SIGTERM, in the
//     form of a cancelled context, first keeps the doors open for
//     shutdown_delay, then refuses new events, lets attempts under way end
//     within drain_timeout, and leaves the rest on disk.
//   - A reload has two halves. The first reads, checks and builds everything
//     that can fail, on the side; the second swaps it in and can't fail. A
//     rejected configuration changes nothing, and is shown in the log, the
//     status and a metric until what is on disk is in force again.
//   - [Agent.Alive] fails while a loop that carries events is stuck: one that
//     has been in a call of the line for longer than that ever takes.
//   - One configuration at a time: each event is matched by one generation,
//     each attempt is made by one.
//   - A storage that fails is waited for: the doors answer 503, and the line is
//     opened anew when it is back. Run gives up with a *StorageError after five
//     minutes, unless the disk is full, or at once when waiting can't mend it.
//
// Refused: a second agent on the same data directory, a reload that changes
// what needs a restart, and one that goes from some webhooks to none unless
// agent.allow_empty says so.
//
// Stored in the data directory: the line (package queue/embedded), the secrets
// of webhooks (secrets.json), the last configuration that worked
// (last-good.json), from which --last-good starts, and which attempts are under
// way (attempts; package internal/underway).
package agent
