package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/posternhq/postern/internal/secret"
)

// builtins are the functions that HCL may call. expr, merge, concat and
// jsondecode are folded where they stand; these serve within other functions.
func (l *loader) builtins() map[string]function.Function {
	return map[string]function.Function{
		"env":          l.envFunction(),
		"file":         l.sourceFunction("path", l.file),
		"credential":   l.sourceFunction("name", l.credential),
		"plain":        plainFunction,
		"expr":         exprFunction,
		"jsondecode":   bounded(stdlib.JSONDecodeFunc, decodedBytes),
		"jsonencode":   stdlib.JSONEncodeFunc,
		"merge":        stdlib.MergeFunc,
		"concat":       stdlib.ConcatFunc,
		"format":       bounded(stdlib.FormatFunc, formatBytes),
		"lower":        stdlib.LowerFunc,
		"upper":        stdlib.UpperFunc,
		"join":         joinFunction,
		"trimspace":    stdlib.TrimSpaceFunc,
		"base64encode": base64Function,
	}
}

// found is what a source function yields.
type found struct {
	name      string // of the secret, when it is one
	value     string
	sensitive bool
	known     bool
}

// hand registers a secret and gives it to HCL.
func (l *loader) hand(f found) (cty.Value, error) {
	if !f.sensitive {
		return cty.StringVal(f.value), nil
	}
	if !f.known {
		f.value = placeholder
	}
	l.keep(f.name, f.value)
	if !f.known {
		return cty.UnknownVal(cty.String).Mark(sensitive{name: f.name}), nil
	}
	return cty.StringVal(f.value).Mark(sensitive{name: f.name}), nil
}

// keep registers a secret's value under its name.
func (l *loader) keep(name, value string) { l.secrets[name] = secret.New(value) }

// placeholder stands for every secret without the environment.
const placeholder = "placeholder"

func (l *loader) sourceFunction(param string, find func(string) (found, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			f, err := find(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), err
			}
			return l.hand(f)
		},
	})
}

func (l *loader) envFunction() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var def *string
			if len(args) == 2 {
				text := args[1].AsString()
				def = &text
			}
			if len(args) > 2 {
				return cty.UnknownVal(cty.String), fault{"env takes a name and at most one default.", `Write env("NAME") or env("NAME", "default").`}
			}
			f, err := l.env(args[0].AsString(), def)
			if err != nil {
				return cty.UnknownVal(cty.String), err
			}
			return l.hand(f)
		},
	})
}

// env reads a variable. With a default the secret's name tells which default,
// so that one name never has two values in one configuration.
func (l *loader) env(name string, def *string) (found, error) {
	f := found{name: "env:" + name, sensitive: true, known: !l.in.NoEnv}
	if def != nil {
		sum := sha256.Sum256([]byte(*def))
		f.name += "?" + hex.EncodeToString(sum[:4])
	}
	if l.in.NoEnv {
		return f, nil
	}
	value, _ := l.in.Env(name)
	switch {
	case value != "":
		f.value = value
	case def != nil:
		f.value = *def
	case l.in.StandIn != nil:
		f.value = l.in.StandIn("env", name)
	default:
		return found{}, fault{fmt.Sprintf("The environment variable %q is not set, or is empty.", name),
			fmt.Sprintf("Set it, or give a default: env(%q, \"…\").", name)}
	}
	if !utf8.ValidString(f.value) {
		return found{}, fault{fmt.Sprintf("The environment variable %q is not valid UTF-8.", name), "Set it anew; what is not text can be given as base64."}
	}
	return f, nil
}

// plainFunction says that a value is no secret.
var plainFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: true, AllowUnknown: true, AllowDynamicType: true, AllowNull: true}},
	Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, paths := args[0].UnmarkDeepWithPaths()
		for _, p := range paths {
			if _, event := p.Marks[fromEvent{}]; event {
				return v.Mark(fromEvent{}), nil
			}
		}
		return v, nil
	},
})

// exprFunction is here for its name; every call is folded or refused before.
var exprFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "expression", Type: cty.String}},
	Type:   function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
		return cty.DynamicVal.Mark(fromEvent{}), nil
	},
})

var base64Function = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "text", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(args[0].AsString()))), nil
	},
})
