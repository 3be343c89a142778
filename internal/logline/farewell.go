package logline

import "io"

// Farewell writes what a process says at its end, which nobody may keep it from:
// it gives up once nothing was taken for a second. Text for a pipe or file goes
// the way of the log; any other writer has to see to its own end.
func Farewell(w io.Writer, text []byte) error {
	for to := newSink(w); len(text) > 0; {
		n, err := to(text[:piece(text)], within(grace))
		if err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}
