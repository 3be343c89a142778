// Package cli is the command line: one verb a file, each a struct with its flags
// and a Run.
//
// Promised:
//
//   - The exit status is 0 when all is well; 1 for a negative result; 2 for a
//     wrong use of the command line; 3 when fmt --check found work; 69 when the
//     agent is not reachable; 74 when the data directory can't be used; 78 when
//     the agent has no configuration to run with.
//   - Data goes to standard output, everything else to standard error. With
//     --output json the data is the API's JSON.
//   - Every flag can be given as a POSTERN_* variable; the flag wins, and an empty
//     variable is none.
//   - What came from events or receivers reaches a terminal without control or
//     direction characters.
//   - A secret is read from standard input, a file or a variable. The one exception
//     is receive --secret, for throw-away secrets.
//
// Stored: nothing, but for what a verb is asked to write: fmt and test --update
// the configuration's own files, init new ones, test --junit and receive --ca-out
// the named one, queue backup the named directory; secret set, secret rm and doctor
// --repair the data directory when no agent runs on it. The temporary files of demo
// and receive are gone when these end.
package cli
