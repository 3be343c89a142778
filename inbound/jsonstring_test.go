package inbound

import "testing"

// Eight bytes are passed over only if each of them may be; if each may, they are.
func TestEightBytesAtOnce(t *testing.T) {
	for c := range 256 {
		for at := range 8 {
			word := uint64('a') * ones
			word ^= uint64('a'^c) << (8 * at)
			if got, want := allPlain(word), inString[c] == plain; got != want {
				t.Errorf("%#02x at %d: %t", c, at, got)
			}
		}
	}
}
