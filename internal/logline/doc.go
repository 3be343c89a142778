// Package logline makes the process's log, which can't stop the process.
//
// A line goes into a buffer of 4 MiB or 10,000 lines, and whoever logs goes on. One
// goroutine, [Log.Run], writes the buffer out. While nobody reads the other end the
// buffer fills; then further lines are dropped, counted, and told of in a line of
// their own once there is room again. A full disk or a reader that is gone for good
// costs lines, likewise counted, and nothing else. Levels are not sampled.
//
// A line stays one line, whatever events and receivers put in it: control characters,
// line separators, characters that turn the direction of writing and all others that
// don't print are written as \uXXXX, in both formats. A line of more than 16 KiB is
// cut. Errors are logged by what they say, without the stack that some carry.
//
// Known secrets are masked, however a line quotes them. That is a second net: they
// travel as secret.Text, which prints as a mask by itself.
//
// Lines are written to a file, pipe or socket without Go's own handling of a broken
// pipe, which would end the process when standard output or error loses its reader.
// Other writers to these (fmt.Println, a panic) still have it, so that a program that
// must outlive its readers calls signal.Ignore(syscall.SIGPIPE) all the same.
package logline
