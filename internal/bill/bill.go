package main

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"
)

// A bill is the part of CycloneDX that we fill in.
type bill struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref  string   `json:"ref"`
	Uses []string `json:"dependsOn"`
}

// billOf lists a program's modules and the standard library. Which of them uses
// which the program doesn't know, so the program is said to use all.
func billOf(info *debug.BuildInfo, name, version string, sum [sha256.Size]byte) bill {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	program := component{
		Type: "application", Ref: "program", Name: name, Version: version,
		Hashes: []hash{{"SHA-256", hexOf(sum)}},
	}
	program.PURL = purl(info.Main.Path, program.Version)
	for _, key := range []string{"GOOS", "GOARCH", "CGO_ENABLED"} {
		program.Properties = append(program.Properties, property{"postern:build:" + key, settings[key]})
	}
	b := bill{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Serial: serial(sum), Metadata: metadata{program},
		Components: []component{library("std", strings.TrimPrefix(info.GoVersion, "go"), "")},
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b.Components = append(b.Components, library(m.Path, m.Version, m.Sum))
	}
	uses := dependency{Ref: program.Ref}
	for _, c := range b.Components {
		uses.Uses = append(uses.Uses, c.Ref)
	}
	b.Dependencies = []dependency{uses}
	return b
}

// library is a module; sum is its line of go.sum.
func library(path, version, sum string) component {
	c := component{Type: "library", Name: path, Version: version, PURL: purl(path, version)}
	c.Ref = c.PURL
	if sum != "" {
		c.Properties = []property{{"postern:go:sum", sum}}
	}
	return c
}

// purl is a module's address among packages, whose rules want small letters.
func purl(path, version string) string {
	parts := strings.Split(strings.ToLower(path), "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	p := "pkg:golang/" + strings.Join(parts, "/")
	if version != "" {
		p += "@" + url.QueryEscape(version)
	}
	return p
}

// serial names a bill as long as the program is the same: a UUID of version 8,
// made of its checksum.
func serial(sum [sha256.Size]byte) string {
	u := sum
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
