package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// ownVariables takes the variables of flags out of kong's hands, for which an
// empty one is a value, and a wrong one of another verb's flag an error.
func ownVariables(k *kong.Kong) error {
	return kong.Visit(k.Model, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			f.Envs, f.Tag.Envs = f.Tag.Envs, nil
		}
		return next(nil)
	})
}

// variables gives the flags of the chosen verb the values of their variables.
func variables(lookup func(string) (string, bool)) kong.Option {
	return kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		for _, name := range f.Envs {
			if value, ok := lookup(name); ok && value != "" {
				return value, nil
			}
		}
		return nil, nil
	}))
}

// helpWithVariable is a flag's line in help.
func helpWithVariable(v *kong.Value) string {
	if v.Flag == nil || len(v.Flag.Envs) == 0 {
		return v.Help
	}
	return fmt.Sprintf("%s ($%s).", strings.TrimSuffix(v.Help, "."), strings.Join(v.Flag.Envs, ", $"))
}
