package expr

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// A signature is what a function wants and yields.
type signature struct {
	wants  []kindSet // of each argument; those that a call leaves out are not looked at
	yields *shape
}

// signatures are those of the functions that yield the same kind whatever they get.
var signatures = map[string]signature{
	"type":     {[]kindSet{anyKind}, some(textKind)},
	"int":      {[]kindSet{numberKind | textKind}, some(numberKind)},
	"float":    {[]kindSet{numberKind | textKind}, some(numberKind)},
	"fromJSON": {[]kindSet{textKind}, anything},

	"abs":   {[]kindSet{numberKind}, some(numberKind)},
	"ceil":  {[]kindSet{numberKind}, some(numberKind)},
	"floor": {[]kindSet{numberKind}, some(numberKind)},
	"round": {[]kindSet{numberKind}, some(numberKind)},

	"fixed": {[]kindSet{numberKind, numberKind}, some(textKind)},

	"bitand":  {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitor":   {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitxor":  {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitnand": {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitnot":  {[]kindSet{numberKind}, some(numberKind)},
	"bitshl":  {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitshr":  {[]kindSet{numberKind, numberKind}, some(numberKind)},
	"bitushr": {[]kindSet{numberKind, numberKind}, some(numberKind)},

	"upper":       {[]kindSet{textKind}, some(textKind)},
	"lower":       {[]kindSet{textKind}, some(textKind)},
	"trim":        {[]kindSet{textKind, textKind}, some(textKind)},
	"trimPrefix":  {[]kindSet{textKind, textKind}, some(textKind)},
	"trimSuffix":  {[]kindSet{textKind, textKind}, some(textKind)},
	"hasPrefix":   {[]kindSet{textKind, textKind}, some(boolKind)},
	"hasSuffix":   {[]kindSet{textKind, textKind}, some(boolKind)},
	"split":       {[]kindSet{textKind, textKind, numberKind}, listOf(some(textKind), 0)},
	"splitAfter":  {[]kindSet{textKind, textKind, numberKind}, listOf(some(textKind), 0)},
	"replace":     {[]kindSet{textKind, textKind, textKind, numberKind}, some(textKind)},
	"repeat":      {[]kindSet{textKind, numberKind}, some(textKind)},
	"indexOf":     {[]kindSet{textKind, textKind}, some(numberKind)},
	"lastIndexOf": {[]kindSet{textKind, textKind}, some(numberKind)},

	"digits":       {[]kindSet{textKind}, some(textKind)},
	"mask_email":   {[]kindSet{textKind}, some(textKind)},
	"slack_escape": {[]kindSet{textKind}, some(textKind)},
	"urlencode":    {[]kindSet{textKind}, some(textKind)},
	"base64":       {[]kindSet{textKind}, some(textKind)},
	"toBase64":     {[]kindSet{textKind}, some(textKind)},
	"fromBase64":   {[]kindSet{textKind}, some(textKind)},

	"md5":         {[]kindSet{textKind}, some(textKind)},
	"sha256":      {[]kindSet{textKind}, some(textKind)},
	"hmac_sha256": {[]kindSet{textKind, textKind}, some(textKind)},
	"uuid5":       {[]kindSet{textKind, textKind}, some(textKind)},

	"len":       {[]kindSet{textKind | listKind | objectKind}, some(numberKind)},
	"keys":      {[]kindSet{objectKind}, listOf(some(textKind), 0)},
	"toPairs":   {[]kindSet{objectKind}, listOf(listOf(anything, 2), 0)},
	"fromPairs": {[]kindSet{listKind}, objectOf(unknown)},

	"date":     {[]kindSet{textKind | numberKind | timeKind, textKind, textKind}, some(timeKind)},
	"duration": {[]kindSet{textKind}, some(durationKind)},
	"timezone": {[]kindSet{textKind}, some(zoneKind)},
	"now":      {nil, some(timeKind)},
}

// function is what a call yields.
func (c *checker) function(n ast.Node, name string, args []ast.Node) *shape {
	if f, ok := ofLists[name]; ok && len(args) > 0 {
		return f(c, name, args)
	}
	shapes := make([]*shape, len(args))
	for i, arg := range args {
		shapes[i] = c.shape(arg)
	}
	sig, ok := signatures[name]
	if !ok {
		return c.special(n, name, args, shapes)
	}
	for i, s := range shapes[:min(len(shapes), len(sig.wants))] {
		c.want(args[i], s, sig.wants[i], name)
	}
	return sig.yields
}

// special is for functions that yield what depends on what they get.
func (c *checker) special(n ast.Node, name string, args []ast.Node, shapes []*shape) *shape {
	switch name {
	case "string", "json", "toJSON":
		c.writable(args[0], shapes[0])
		return some(textKind)
	case "max", "min", "mean", "median":
		return c.extreme(name, args, shapes)
	case "get":
		return c.get(shapes[0], args[1])
	case "values":
		c.want(args[0], shapes[0], objectKind, name)
		return listOf(shapes[0].everyMember(), 0)
	}
	return unknown
}

// extreme is for numbers, also within lists. That of none is null, or 0.
func (c *checker) extreme(name string, args []ast.Node, shapes []*shape) *shape {
	for i, s := range shapes {
		c.want(args[i], s, numberKind|listKind, name)
		for s.items != nil {
			s = s.items
			c.want(args[i], s, numberKind|listKind, name)
		}
	}
	if name == "mean" || name == "median" || slices.ContainsFunc(shapes, func(s *shape) bool { return s.kinds == numberKind || s.least > 0 }) {
		return some(numberKind)
	}
	return some(numberKind | nullKind)
}

// get asks for what may be missing.
func (c *checker) get(from *shape, key ast.Node) *shape {
	if name, ok := key.(*ast.StringNode); ok && from.is(objectKind) {
		if m := from.members[name.Value]; m != nil && !from.nullable() {
			return m
		} else if m != nil {
			return m.orNull()
		}
	}
	if from.is(listKind) {
		return item(from, key)
	}
	return unknown
}

func (c *checker) callNode(n *ast.CallNode) *shape {
	switch callee := n.Callee.(type) {
	case *ast.MemberNode:
		return c.method(n, callee)
	case *ast.IdentifierNode:
		if isOperation(callee.Value) {
			return c.shape(n.Arguments[0]) // the number of a month stays what it is
		}
		return c.function(n, callee.Value, n.Arguments)
	}
	return unknown
}

// method is what a method yields; one of null is null.
func (c *checker) method(n *ast.CallNode, callee *ast.MemberNode) *shape {
	from := c.shape(callee.Node)
	args := make([]*shape, len(n.Arguments))
	for i, arg := range n.Arguments {
		args[i] = c.shape(arg)
	}
	name := callee.Property.(*ast.StringNode).Value
	var yields, without kindSet
	kindsFor(from).each(func(k kindSet) {
		if t := methodsOf[k]; t == nil || !slices.Contains(methods[t], name) {
			without |= k
		} else if m, ok := t.MethodByName(name); ok {
			yields |= c.callMethod(n, m.Type, name, args)
		}
	})
	if without != 0 && from.kinds != nullKind {
		c.complain(callee.Property, without.words()+" has no method "+name, "")
		return unknown
	}
	if yields == 0 {
		return unknown
	}
	return some(yields | from.kinds&nullKind)
}

// methodsOf are the types of the kinds that have methods.
var methodsOf = map[kindSet]reflect.Type{timeKind: timeType, durationKind: durationType}

func (c *checker) callMethod(n *ast.CallNode, m reflect.Type, name string, args []*shape) kindSet {
	if len(args) != m.NumIn()-1 {
		c.complain(n, name+" takes "+strconv.Itoa(m.NumIn()-1)+" arguments, not "+strconv.Itoa(len(args)), "")
	} else {
		for i, s := range args {
			c.want(n.Arguments[i], s, kindOfArgument(m.In(i+1)), name)
		}
	}
	return kindOfArgument(m.Out(0))
}

// kindOfArgument is the kind that a method's type stands for.
func kindOfArgument(t reflect.Type) kindSet {
	switch {
	case t == timeType:
		return timeKind
	case t == durationType:
		return durationKind
	case t == zoneType:
		return zoneKind
	case t.Kind() == reflect.Bool:
		return boolKind
	case t.Kind() == reflect.String:
		return textKind
	}
	return numberKind
}
