package config

import (
	"strings"

	"github.com/posternhq/postern/expr"
)

// A URLRole is what a part of a URL has to be, by what it stands behind.
type URLRole int

const (
	AnyText   URLRole = iota
	IsScheme          // without ://
	IsAddress         // with its scheme
	IsIPv6            // in brackets
	IsPort
	IsPath // from its / on, right behind a port
)

// RoleInURL is the role of part i of a URL. Whatever stands before it is fixed
// text.
func RoleInURL(parts []expr.Part, i int) URLRole {
	if i == 0 {
		if len(parts) > 1 && strings.HasPrefix(parts[1].Literal, "://") {
			return IsScheme
		}
		return IsAddress
	}
	var before strings.Builder
	for _, p := range parts[:i] {
		before.WriteString(p.Literal)
	}
	_, authority, _ := strings.Cut(before.String(), "://")
	if strings.ContainsAny(authority, "/?#") {
		return AnyText
	}
	if inside, found := strings.CutPrefix(authority, "["); found {
		if inside == "" {
			return IsIPv6
		}
		_, authority, _ = strings.Cut(inside, "]")
	}
	switch _, port, colon := strings.Cut(authority, ":"); {
	case !colon:
		return AnyText
	case port == "":
		return IsPort
	}
	return IsPath
}
