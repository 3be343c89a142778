// Package parse reads the files of the examples that other programs read with the
// parsers of those programs: Compose's own, the types of the Kubernetes API, and
// CycloneDX's. It is a module of its own, so that none of these is a dependency of
// Postern: `cd examples/parse && go test ./...`.
package parse
