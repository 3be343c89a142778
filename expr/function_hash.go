package expr

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
)

// Digests are of the text's bytes in UTF-8, and written in lower-case hex.

func md5Hex(m *meter, s string) (any, error) {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:]), m.read(2 * len(s))
}

func sha256Hex(m *meter, s string) (any, error) {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:]), m.read(2 * len(s))
}

// hmacSHA256 is of a text, by a key.
func hmacSHA256(_ *meter, args []any) (any, error) {
	s, key, err := twoTexts("hmac_sha256", args[0], args[1])
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(s))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// namespaces are those of RFC 9562 by their names.
var namespaces = map[string]string{
	"dns":  "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	"url":  "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
	"oid":  "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
	"x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}

// uuid5 is the UUID of a name within a namespace: always the same one.
func uuid5(_ *meter, args []any) (any, error) {
	name, namespace, err := twoTexts("uuid5", args[0], args[1])
	if err != nil {
		return nil, err
	}
	if known, ok := namespaces[namespace]; ok {
		namespace = known
	}
	space, ok := parseUUID(namespace)
	if !ok {
		return nil, fault(`uuid5 wants a name and a namespace: a UUID, or "dns", "url", "oid" or "x500"`)
	}
	sum := sha1.Sum(append(space, name...))
	sum[6] = sum[6]&0x0f | 0x50 // the version
	sum[8] = sum[8]&0x3f | 0x80 // the variant
	id := hex.EncodeToString(sum[:16])
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:], nil
}

func parseUUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return b, err == nil
}
