// Package secret has the type in which sensitive values travel. It prints, logs
// and marshals as "(sensitive)", so that a value shows only where Reveal is called.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const mask = "(sensitive)"

// A Text is a sensitive string. The zero value is the empty one.
type Text struct{ v string }

// New makes a Text of v.
func New(v string) Text { return Text{v} }

// Reveal is the value itself, for the one place that needs it.
func (t Text) Reveal() string { return t.v }

// Empty tells whether there is no value.
func (t Text) Empty() bool { return t.v == "" }

// Equal compares in constant time.
func (t Text) Equal(s string) bool {
	return subtle.ConstantTimeCompare([]byte(t.v), []byte(s)) == 1
}

func (t Text) String() string               { return mask }
func (t Text) GoString() string             { return mask }
func (t Text) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(mask)) }
func (t Text) MarshalText() ([]byte, error) { return []byte(mask), nil }
func (t Text) LogValue() slog.Value         { return slog.StringValue(mask) }
