package queue

import "crypto/sha256"

// An Order is what deliveries of one lane have in common that are to go one after
// the other. The zero value is none.
type Order [16]byte

// OrderOf makes an order of any text, which can't be read from it. Of an empty
// one it makes none.
func OrderOf(text string) Order {
	if text == "" {
		return Order{}
	}
	sum := sha256.Sum256([]byte(text))
	return Order(sum[:16])
}
