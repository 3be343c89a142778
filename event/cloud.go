package event

import (
	"crypto/sha256"
	"encoding/hex"
)

// A Cloud is what an event that came as a CloudEvent has beside its type, time,
// source and data.
type Cloud struct {
	// ID is the id that its producer gave it. It is one only together with the
	// source, so the event's own ID is made of both.
	ID string

	// Attributes is one JSON object: subject, dataschema and datacontenttype where
	// they were given, and the extensions, each a text, a boolean or a whole number.
	Attributes []byte
}

// CloudID is the id of an event whose identity is a source and an id that is one
// there: ce_ and the first 32 hexadecimal digits of the SHA-256 of both, with a
// line end between them. Neither holds one, so no two pairs are written alike.
func CloudID(source, id string) string {
	sum := sha256.Sum256([]byte(source + "\n" + id))
	return "ce_" + hex.EncodeToString(sum[:16])
}
