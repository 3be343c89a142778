package config

// maxSigns bounds what the scanner makes of all files together: each word, sign
// and line costs it some hundred bytes.
const maxSigns = 400_000

// signs counts words, signs and ends of lines: at least as many as there are
// tokens. It is cheap, and needs no memory.
func signs(text []byte) (n int) {
	within := false // a word
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_':
			if !within {
				n++
			}
			within = true
			continue
		case c == ' ' || c == '\t' || 0x80 <= c && c < 0xc0: // also what goes on a character
		default:
			n++
		}
		within = false
	}
	return n
}
