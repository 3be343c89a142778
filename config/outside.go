package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	maxFile    = 1 << 20 // bytes of a file that a configuration reads
	runSecrets = "/run/secrets"
)

const relativePaths = "A relative path starts from the directory of the configuration."

// ReadFile reads a file that a configuration asks for, from disk: a regular one
// of at most 1 MiB.
func ReadFile(path string) ([]byte, error) { return ReadRegular(path, maxFile) }

// file reads below the directory of the configuration, /run/secrets or
// $CREDENTIALS_DIRECTORY. Links are followed first: what counts is where the
// file really is. Outside the configuration's directory it is sensitive.
func (l *loader) file(path string) (found, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return found{}, fault{"file needs a path.", `Write it like file("samples/contact.json").`}
	}
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(l.dir, path)
	}
	real := resolved(full)
	sensitive := l.withinSecrets(real)
	if !sensitive && !within(resolved(l.dir), real) {
		return found{}, fault{fmt.Sprintf("The file %q is outside the configuration's directory.", path),
			"file reads below that directory, " + runSecrets + " and $CREDENTIALS_DIRECTORY."}
	}
	return l.readSource("file:"+path, path, full, sensitive)
}

// credential reads a credential of systemd, or else a secret of Docker.
func (l *loader) credential(name string) (found, error) {
	if name == "" || name != filepath.Base(name) || name == "." || name == ".." || strings.ContainsRune(name, 0) {
		return found{}, fault{"The name of a credential is a plain file name.", `Write it without a directory, such as credential("crm_password").`}
	}
	f := found{name: "credential:" + name, sensitive: true}
	if l.in.NoEnv {
		return f, nil
	}
	if l.in.StandIn != nil {
		f.known, f.value = true, l.in.StandIn("credential", name)
		return f, nil
	}
	for _, dir := range l.secretDirs() {
		path := filepath.Join(dir, name)
		f, err := l.readSource(f.name, name, path, true)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return found{}, fault{fmt.Sprintf("There is no credential %q.", name),
		"It is looked for in $CREDENTIALS_DIRECTORY and " + runSecrets + "."}
}

// missing is a fault that also tells that there is no such file.
type missing struct{ fault }

func (m missing) Unwrap() []error { return []error{m.fault, fs.ErrNotExist} }

func (l *loader) readSource(name, shown, path string, sensitive bool) (found, error) {
	f := found{name: name, sensitive: sensitive, known: !sensitive || !l.in.NoEnv}
	if !f.known {
		return f, nil
	}
	if sensitive && l.in.StandIn != nil {
		f.value = l.in.StandIn("file", shown)
		return f, nil
	}
	content, err := l.readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return found{}, missing{fault{fmt.Sprintf("There is no file %q.", shown), relativePaths}}
	case err != nil:
		return found{}, fault{fmt.Sprintf("The file %q can't be read: %s.", shown, bare(err)), "Name a regular file of at most 1 MiB that the user of Postern may read."}
	case !utf8.Valid(content):
		return found{}, fault{fmt.Sprintf("The file %q is not valid UTF-8.", shown), saveAsUTF8}
	}
	f.value = string(content)
	if text, cut := strings.CutSuffix(f.value, "\n"); cut {
		f.value = strings.TrimSuffix(text, "\r")
	}
	return f, nil
}

// readFile reads a file once in a load, and notes that the generation was made from it.
func (l *loader) readFile(path string) ([]byte, error) {
	if content, again := l.contents[path]; again {
		return content, nil
	}
	l.touched[path] = true
	content, err := l.in.ReadFile(path)
	if err == nil && len(content) > maxFile {
		err = tooLarge(maxFile)
	}
	if err != nil {
		return nil, err
	}
	l.contents[path] = content
	return content, nil
}

func (l *loader) secretDirs() []string {
	if dir, ok := l.in.Env("CREDENTIALS_DIRECTORY"); ok && filepath.IsAbs(dir) {
		return []string{dir, runSecrets}
	}
	return []string{runSecrets}
}

func (l *loader) withinSecrets(path string) bool {
	for _, dir := range l.secretDirs() {
		if within(resolved(dir), path) {
			return true
		}
	}
	return false
}

// within tells whether path lies below dir; both are absolute and resolved.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel) && rel != "."
}

// resolved follows links, as far as a path exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir, base := filepath.Split(filepath.Clean(path))
	if dir = filepath.Clean(dir); dir == filepath.Clean(path) || base == "" {
		return filepath.Clean(path)
	}
	return filepath.Join(resolved(dir), base)
}
