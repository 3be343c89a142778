package expr

import (
	"regexp"
	"strings"
)

// aGuess is what to do about a token that can't stand where it stands, known by
// what is in front of it and by itself with what follows.
type aGuess struct {
	before, from *regexp.Regexp
	hint         string
}

func guesses(triples ...string) []aGuess {
	var list []aGuess
	for i := 0; i < len(triples); i += 3 {
		list = append(list, aGuess{regexp.MustCompile(`(?:` + triples[i] + `)$`), regexp.MustCompile(`^(?:` + triples[i+1] + `)`), triples[i+2]})
	}
	return list
}

// tokenGuesses know the habits of other languages. The first that fits counts.
var tokenGuesses = guesses(
	`,\s*\{\s*("[^"]*"|'[^']*'|[\pL_$][\pL\pN_$]*)\s*`, `:`, `here { opens the body of a function: put an object into parentheses, ({…})`,
	``, `(AND|And|OR|Or|IN|In)\b`, `write and, or, not and in in small letters`,
	`\b(NOT|Not)\s+`, ``, `write and, or, not and in in small letters`,
	``, `(?i)like\b`, `texts are compared with contains, startsWith, endsWith and matches`,
	``, `(?i)(is|equals|eq)\b`, `== compares, also with nil`,
	``, `&`, `&& or and joins conditions`,
	`[^|]\|\s*[\pL_][\pL\pN_]*`, `\.`, `|| or or joins conditions`,
	`<`, `>`, `!= tells whether values differ`,
	`-`, `>`, `a dot goes to a member; a condition over a list needs no name, as in any(list, # > 1)`,
	``, `=>`, `>= compares; a condition over a list needs no name, as in any(list, # > 1)`,
	``, `=<`, `<= compares`,
	``, `=~`, `a pattern is compared with matches`,
	``, `=`, `== compares`,
	`\bin\s*[^\[\]]*`, `,`, `a list stands in brackets, as in ['DE', 'AT']`,
	`\d`, `,\s*\d`, `write a number with a point, as in 18.5`,
	``, `#`, `a comment begins with //`,
	`\$`, `\{`, `write the path alone, without ${}`,
	`\breturn\s+`, ``, `write the value alone`,
	`\bif\b[^{]*`, ``, `a condition is written like vip ? 'yes' : 'no'`,
	`\bmatches\s+`, `/`, `a pattern stands in quotes`,
	``, `[)\]}]`, `remove it, or add the bracket before it that it closes`,
	`[\pL\pN_'"\])]\s+`, `[\pL_'"]`, `an operator is missing before it, such as ==, and, or`,
)

// adviseToken tells what to do about the token at offset.
func (s source) adviseToken(offset int) string {
	for _, g := range tokenGuesses {
		if g.from.MatchString(string(s[offset:])) && g.before.MatchString(string(s[:offset])) {
			return g.hint
		}
	}
	return ""
}

// adviseEnd tells what is missing at the end.
func (s source) adviseEnd() string {
	if open := s.open(); open != "" {
		return "add the " + closing[open] + " that is missing"
	}
	if strings.Contains(string(s), "? ") && !strings.Contains(string(s), ":") {
		return "a condition is written like vip ? 'yes' : 'no'"
	}
	return "write the value that is missing"
}

var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// open is the last bracket that is not closed; empty if there is none.
func (s source) open() string {
	var open []string
	quote := ""
	for _, sign := range strings.Split(string(s), "") {
		switch {
		case sign == quote:
			quote = ""
		case quote != "":
		case sign == "'" || sign == `"` || sign == "`":
			quote = sign
		case closing[sign] != "":
			open = append(open, sign)
		case len(open) > 0 && sign == closing[open[len(open)-1]]:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return ""
	}
	return open[len(open)-1]
}

// adviseCharacter is for a character that is none of the language.
func adviseCharacter(message string) string {
	switch {
	case strings.ContainsAny(message, "“”„‘’‚«»"):
		return "write straight quotes: '…'"
	case strings.Contains(message, "'~'"):
		return "a pattern is compared with matches"
	}
	return "remove it, or put the text that it belongs to in quotes"
}

// otherNames are functions and methods of other languages, in small letters and
// without underscores, each with what is written here.
var otherNames = map[string]string{
	"length": adviceLen, "size": adviceLen, "strlen": adviceLen,
	"lowercase": adviceLower, "tolower": adviceLower, "tolowercase": adviceLower, "lcase": adviceLower,
	"uppercase": adviceUpper, "toupper": adviceUpper, "touppercase": adviceUpper, "ucase": adviceUpper,
	"contains": adviceContains, "includes": adviceContains, "has": adviceContains, "include": adviceContains,
	"startswith": adviceStarts, "endswith": adviceStarts, "matches": adviceStarts, "match": adviceStarts,
	"isempty": adviceEmpty, "empty": adviceEmpty, "isblank": adviceEmpty, "blank": adviceEmpty,
	"isnull": adviceNil, "exists": adviceNil, "isset": adviceNil, "defined": adviceNil,
	"default": adviceNull, "coalesce": adviceNull, "ifnull": adviceNull, "nvl": adviceNull,
	"substr": advicePart, "substring": advicePart, "slice": advicePart, "left": advicePart,
	"tostring": adviceString, "str": adviceString, "text": adviceString,
	"tonumber": adviceNumber, "number": adviceNumber, "parseint": adviceNumber, "parsefloat": adviceNumber,
	"trimspace": "trim(…) takes spaces off", "strip": "trim(…) takes spaces off",
	"jsonencode": "json(…) writes a value as JSON", "stringify": "json(…) writes a value as JSON",
	"jsondecode": "fromJSON(…) reads JSON", "parsejson": "fromJSON(…) reads JSON",
	"avg": "mean(…) is the average", "average": "mean(…) is the average",
	"strftime": adviceFormat, "formatdate": adviceFormat, "dateformat": adviceFormat,
	"env": adviceOutside, "file": adviceOutside, "credential": adviceOutside,
}

const (
	adviceLen      = "len(…) tells how long it is"
	adviceLower    = "lower(…) makes small letters"
	adviceUpper    = "upper(…) makes capitals"
	adviceContains = "write name contains 'x' of text, and 'x' in tags of a list"
	adviceStarts   = "write it as an operator: name startsWith 'x', name endsWith 'x', name matches '^x'"
	adviceEmpty    = "compare it: == '' for text, len(…) == 0 for a list"
	adviceNil      = "compare it with nil, as in name != nil"
	advicePart     = "[0:3] behind a text or list takes a part of it"
	adviceString   = "string(…) makes text of a value"
	adviceNumber   = "int(…) and float(…) make a number of text"
	adviceFormat   = "date(…).Format('2006-01-02') writes a time"
	adviceOutside  = "an expression sees the event, and nothing else: write it beside expr(…), outside of its quotes"
)

// otherName is advice for a name that other languages have; empty if there is none.
func otherName(name string) string {
	return otherNames[strings.ToLower(strings.ReplaceAll(name, "_", ""))]
}

// adviseKinds is for two kinds that don't go together.
func adviseKinds(kinds kindSet) string {
	switch kinds {
	case textKind | numberKind:
		return "write the number without quotes, or compare string(…)"
	case textKind | boolKind:
		return "write true and false without quotes"
	case textKind | timeKind:
		return "date(…) makes a time of text"
	}
	return ""
}
