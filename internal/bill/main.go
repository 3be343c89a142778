// Command bill writes the bill of materials of a program of ours to standard
// output: `bill BINARY VERSION`. What it lists is what the Go linker put into the program,
// read from the program itself, in the format CycloneDX 1.6. The same program gives
// the same bytes: no time and no random number is in it.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bill BINARY VERSION")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bill:", err)
		os.Exit(1)
	}
}

func run(path, version string, out io.Writer) error {
	binary, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(billOf(info, filepath.Base(path), version, sha256.Sum256(binary)))
}

func hexOf(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:]) }
