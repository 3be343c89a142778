package outbound

import (
	"crypto"
	"crypto/hmac"
	stdhash "hash"
)

// A mac makes the codes of one key by one hash, one after the other. It is used
// again, as the key needs no further work then.
type mac struct {
	by   crypto.Hash
	hash stdhash.Hash
	text []byte // the content but its body; space that is used again
	sum  []byte
}

// mac finds one that is free, or makes one. It is to be put back.
func (k Key) mac(by crypto.Hash) *mac {
	if m, ok := k.macs.Get().(*mac); ok && m.by == by {
		m.hash.Reset()
		return m
	}
	return &mac{by: by, hash: hmac.New(by.New, []byte(k.bytes))}
}

// of is the code of a message, until the next one is made.
func (c *mac) of(s *Scheme, m *Message, timestamp string) []byte {
	c.text = s.Content.write(c.hash, c.text[:0], m, timestamp)
	c.sum = c.hash.Sum(c.sum[:0])
	return c.sum
}
