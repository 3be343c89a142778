package config

// CheckSyntax finds what is wrong with the text of files, whatever they may
// mean: for parts of a configuration, which can't be loaded.
func CheckSyntax(files Files) Diagnostics {
	l := newLoader(files, Inputs{NoEnv: true})
	attempt(func() { l.parse(files.Files) })
	return l.diagnostics(l.sources, l.secrets)
}
