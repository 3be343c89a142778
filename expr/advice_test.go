package expr

import (
	"errors"
	"testing"
)

// What people bring along from elsewhere is told how it is written here.
func TestHabitsOfOtherLanguagesAreAnswered(t *testing.T) {
	s := mustSample(t, `{"contact": {"email": "a", "country": "DE", "age": 1, "vip": true, "tags": ["a"], "since": "2026-01-01T00:00:00Z", "first-name": "a"}, "campaign": {"id": 1}}`)
	small := "write and, or, not and in in small letters"
	for src, want := range map[string]string{
		"contact.vip OR contact.vip":          small,
		"NOT contact.vip":                     small,
		"contact.country IN ['DE']":           small,
		"contact.country LIKE 'D%'":           "texts are compared with contains, startsWith, endsWith and matches",
		"contact.country is null":             "== compares, also with nil",
		"contact.country eq 'DE'":             "== compares, also with nil",
		"contact.country = 'DE'":              "== compares",
		"contact.country === 'DE'":            "== compares",
		"contact.country <> 'DE'":             "!= tells whether values differ",
		"contact.country =~ 'D'":              "a pattern is compared with matches",
		"contact.country ~ 'D'":               "a pattern is compared with matches",
		"contact.country matches /D/":         "a pattern stands in quotes",
		"contact.vip & contact.vip":           "&& or and joins conditions",
		"contact.vip | contact.vip":           "|| or or joins conditions",
		"contact.age => 18":                   ">= compares; a condition over a list needs no name, as in any(list, # > 1)",
		"contact.age =< 18":                   "<= compares",
		"contact.age > 18,5":                  "write a number with a point, as in 18.5",
		"contact.country in ('DE', 'AT')":     "a list stands in brackets, as in ['DE', 'AT']",
		"any(contact.tags, x -> x == 'a')":    "a dot goes to a member; a condition over a list needs no name, as in any(list, # > 1)",
		"if contact.vip then true else false": "a condition is written like vip ? 'yes' : 'no'",
		"contact.vip ? true":                  "a condition is written like vip ? 'yes' : 'no'",
		"return contact.vip":                  "write the value alone",
		"lower contact.email":                 "an operator is missing before it, such as ==, and, or",
		"{{contact.email}}":                   "an object is written like {name: value}; a path stands alone, without braces",
		"${contact.email}":                    "write the path alone, without ${}",
		"contact.vip # yes":                   "a comment begins with //",
		"contact.vip)":                        "remove it, or add the bracket before it that it closes",
		"lower(contact['a)'":                  "add the ] that is missing",
		"{a: [1":                              "add the ] that is missing",
		"'open":                               "add the one that is missing",
		"contact.country == “DE”":             "write straight quotes: '…'",
		"contact.country == §":                "remove it, or put the text that it belongs to in quotes",
		"contact.vip == True":                 "write true; a member of that name is data.True",
		"FALSE":                               "write false; a member of that name is data.FALSE",
		"contact.email.toLowerCase()":         adviceLower,
		"to_upper(contact.email)":             adviceUpper,
		"contact.email.contains('a')":         adviceContains,
		"contact.email.startsWith('a')":       adviceStarts,
		"isEmpty(contact.email)":              adviceEmpty,
		"coalesce(contact.email, 'a')":        adviceNull,
		"env('X')":                            adviceOutside,
		"contact.email.length":                adviceLen,
		"contact.tags.size":                   adviceLen,
		"contact.country == null":             "write nil for null",
		"contact.country == DE":               "text stands in quotes: 'DE'; data?.DE says that it may be missing",
		"email == 'a'":                        "did you mean contact.email?",
		"payload.contact.email":               "leave out payload: paths begin like contact",
		"prize.name":                          "data?.prize says that it may be missing",
		"contact.first-name":                  `a name with a - in it stands in brackets: contact["first-name"]`,
		"contact.since > now()":               "date(…) makes a time of text",
		"date(contact.since) > '2026-01-01'":  "date(…) makes a time of text",
		"now() - contact.since":               "date(…) makes a time of text",
		"contact.vip == 'true'":               "write true and false without quotes",
		"contact.age > '18'":                  "write the number without quotes, or compare string(…)",
		"contact.tags contains 'a'":           "write 'new' in tags of a list; join(…) makes text of one",
		"!contact.email":                      adviceBool,
		"contact.age and contact.vip":         adviceBool,
		"upper(contact.age)":                  adviceString,
		"sum(contact.tags)":                   adviceNumber,
	} {
		p, err := Compile(src, Value)
		if err == nil {
			mistakes := p.Check(s, Value)
			if len(mistakes) == 0 {
				t.Errorf("%s is taken", src)
				continue
			}
			err = mistakes[0]
		}
		var e *Error
		if !errors.As(err, &e) || e.Hint != want {
			t.Errorf("%s: got %q, want %q", src, e.Hint, want)
		}
	}
}

// A name that is one here needs no other.
func TestNoFunctionOfOursIsTakenForAnother(t *testing.T) {
	for _, name := range functionNames() {
		if advice := otherName(name); advice != "" {
			t.Errorf("%s is a function, and %q is told of it", name, advice)
		}
	}
}
