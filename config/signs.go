package config

// maxSigns bounds what the scanner makes of all files together: each word, sign
// and line costs it some hundred bytes.
const maxSigns = 300_000

// signs counts words, signs and ends of lines: at least as many as there are
// tokens. It is cheap, and needs no memory.
func signs(text []byte) (n int) {
	within := false // a word
	for _, c := range text {
		word := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
		blank := c == ' ' || c == '\t' || 0x80 <= c && c < 0xc0 // or what goes on a character
		if !blank && !(word && within) {
			n++
			if '0' <= c && c <= '9' {
				n++ // 1x is a number and a word
			}
		}
		within = word
	}
	return n
}
