package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// Inputs are what a configuration may ask for from outside.
type Inputs struct {
	Env      func(name string) (string, bool)  // nil: os.LookupEnv
	ReadFile func(path string) ([]byte, error) // nil: ReadFile; Load checks the path first

	// Stored finds the secret that a webhook has in a data directory, and is empty
	// if it has none; nil: there are none. dataDir is the one that this
	// configuration names.
	Stored func(dataDir, webhook string) (secret.Text, error)

	// StandIn gives what stands for a secret that is not at hand: a variable
	// (source "env") that is not set and has no default, a credential, or a
	// sensitive file. Neither of these two is looked for then, and ca_file is
	// not read. nil: what is not at hand is a problem.
	StandIn func(source, name string) string

	// NoEnv tells that neither environment nor secrets are at hand: what env,
	// credential and sensitive files yield is unknown, and the rest is checked.
	// Such a generation is for looking at, not for running.
	NoEnv bool
}

// Load makes a generation of files. It returns all problems at once; the
// generation is nil if one of them is an error. Warnings may come with one.
func Load(files Files, in Inputs) (g *Generation, ds Diagnostics) {
	// HCL and its values panic where they find themselves wrong. A reload must
	// survive that too: the configuration in force stays.
	defer func() {
		if r := recover(); r != nil {
			g, ds = nil, broken(r)
		}
	}()
	return load(files, in)
}

// broken reports a panic.
func broken(r any) Diagnostics {
	return Diagnostics{{
		Summary: "Postern failed to read this configuration.",
		Detail:  inert(fmt.Sprintf("This is a mistake in Postern, please report it: %T at %s.", r, origin(debug.Stack()))),
	}}
}

func load(files Files, in Inputs) (*Generation, Diagnostics) {
	l := newLoader(files, in)
	if len(files.Files) == 0 && files.Dir != "" {
		l.warn(hcl.Range{Filename: files.Dir}, "Is it the right directory? Name another one, or one file, with --config or POSTERN_CONFIG.",
			"No file here ends in .hcl: nothing is configured.")
	}
	whole := attempt(func() {
		bodies := l.parse(files.Files)
		if l.partial = l.errors > 0; len(bodies) > 0 || !l.partial {
			l.readAll(bodies)
		}
	})
	ds := l.diagnostics(l.sources, l.secrets)
	if !whole || l.errors > 0 {
		return nil, ds
	}
	l.gen.Files = slices.Sorted(maps.Keys(l.touched))
	l.gen.Hash = l.fingerprintAll(files)
	return l.gen, ds
}

// A loader turns one set of files into one generation.
type loader struct {
	problems
	in  Inputs
	dir string // absolute
	gen *Generation

	// partial tells that a file could not be parsed: what is not there may stand
	// in it, and is not missed.
	partial bool

	sources   map[string]*source
	functions map[string]function.Function

	declared  map[string]map[string]*declaration // by kind and name
	resolving []*declaration
	folded    map[*hclsyntax.Attribute]node

	work int // done so far

	secrets  map[string]secret.Text // by name
	touched  map[string]bool        // files asked for
	contents map[string][]byte      // of files read

	types    map[string]*eventType // that are declared
	names    []string              // of them, sorted
	paths    map[string]bool       // of values in events, as expressions have them
	typed    typing
	hooks    map[string]hcl.Range // where each webhook is named, right or wrong
	fallback *section             // the defaults block

	// allowsHTTP tells that allow_http lists something, right or wrong.
	allowsHTTP bool
}

func newLoader(files Files, in Inputs) *loader {
	if in.Env == nil {
		in.Env = os.LookupEnv
	}
	if in.ReadFile == nil {
		in.ReadFile = ReadFile
	}
	if in.Stored == nil {
		in.Stored = func(string, string) (secret.Text, error) { return secret.Text{}, nil }
	}
	dir, err := filepath.Abs(cmp.Or(files.Dir, "."))
	if err != nil {
		dir = files.Dir
	}
	l := &loader{
		in:  in,
		dir: dir,
		gen: &Generation{
			Literal:  map[string]secret.Text{},
			settings: map[string][]Setting{},
			Plan:     &outbound.Plan{Webhooks: map[string]*outbound.Webhook{}},
		},
		sources:  map[string]*source{},
		declared: map[string]map[string]*declaration{"local": {}, "mapping": {}},
		folded:   map[*hclsyntax.Attribute]node{},
		types:    map[string]*eventType{},
		paths:    map[string]bool{},
		secrets:  map[string]secret.Text{},
		touched:  map[string]bool{},
		contents: map[string][]byte{},
	}
	for _, path := range eventPaths {
		l.paths[path] = true
	}
	l.gen.Plan.Secrets = l.secrets
	l.functions = l.builtins()
	return l
}

// readAll reads all blocks: what others refer to comes first.
func (l *loader) readAll(bodies []*hclsyntax.Body) {
	blocks := l.sort(bodies)
	for _, b := range blocks["locals"] {
		l.locals(b)
	}
	for _, b := range blocks["mapping"] {
		l.mapping(b)
	}
	l.agent(first(blocks["agent"]))
	l.queue(first(blocks["queue"]))
	l.egress(first(blocks["egress"]))
	l.doors(blocks["listen"], first(blocks["console"]))
	l.events(blocks["event"])
	l.defaults(first(blocks["defaults"]))
	l.webhooks(blocks["webhook"])
	l.tests(blocks["test"])
	l.resolveAll()
}

func first(blocks []*hclsyntax.Block) *hclsyntax.Block {
	if len(blocks) == 0 {
		return nil
	}
	return blocks[0]
}

// sort gathers the blocks of all files by type, in order.
func (l *loader) sort(bodies []*hclsyntax.Body) map[string][]*hclsyntax.Block {
	shape := fileBody
	out := map[string][]*hclsyntax.Block{}
	for _, body := range bodies {
		for _, a := range inOrder(body.Attributes) {
			l.fail(a.NameRange, adviseOutside(a.Name, shape), "There is no setting %q outside of blocks.", a.Name)
		}
		for _, b := range body.Blocks {
			want, known := labelsOf[b.Type]
			if !known {
				l.fail(b.TypeRange, suggestOr(b.Type, shape.blocks, "There are"), "There is no block %q.", b.Type)
				continue
			}
			if !l.labels(b, want) {
				continue
			}
			if before := out[b.Type]; len(before) > 0 && slices.Contains(once, b.Type) {
				l.fail(b.DefRange(), standsAt(before[0].DefRange()), "The block %s stands twice.", b.Type)
				continue
			}
			out[b.Type] = append(out[b.Type], b)
		}
	}
	return out
}

// none stands in for a block that is not written, so that its defaults are
// filled in by the code that reads it.
func none(kind string) *hclsyntax.Block {
	return &hclsyntax.Block{Type: kind, Body: &hclsyntax.Body{}, TypeRange: hcl.Range{}}
}

// fingerprintAll is a hash of every byte that the generation was made from.
func (l *loader) fingerprintAll(files Files) string {
	h := sha256.New()
	for _, f := range files.Files {
		fmt.Fprintf(h, "%q %d\n", filepath.Base(f.Name), len(f.Content))
		h.Write(f.Content)
	}
	for _, path := range l.gen.Files {
		fmt.Fprintf(h, "%q %d\n", path, len(l.contents[path]))
		h.Write(l.contents[path])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// origin is where in this program a panic came from: the first frame below the
// runtime, and below where it was panicked with again. What was panicked with is
// not told, since it may hold a secret.
func origin(stack []byte) string {
	after := stack[max(0, bytes.LastIndex(stack, []byte("panic("))):]
	for line := range bytes.Lines(after) {
		text := strings.TrimSpace(string(line))
		if file, _, ok := strings.Cut(text, " +0x"); ok && !strings.Contains(file, "/runtime/") {
			return filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		}
	}
	return "an unknown place"
}

// Peek reads where an agent of this configuration is to be found, as far as the
// files can be read: for whoever has to find it though the configuration is bad.
// What can't be read is at its default.
func Peek(files Files, in Inputs) (dataDir string, c Console) {
	l := newLoader(files, in)
	defer func() {
		if r := recover(); r != nil { // as Load; Load will tell
			dataDir, c = l.stateDir(), Console{Address: defaultConsole}
		}
	}()
	var bodies []*hclsyntax.Body
	for _, f := range files.Files {
		l.problems = problems{} // a file that can't be parsed costs itself alone
		bodies = append(bodies, l.parse([]File{f})...)
	}
	blocks := l.sort(bodies)
	for _, b := range blocks["locals"] {
		l.locals(b)
	}
	l.agent(first(blocks["agent"]))
	l.doors(blocks["listen"], first(blocks["console"]))
	return cmp.Or(l.gen.Agent.DataDir, l.stateDir()), l.gen.Console
}
