// Package config turns HCL files into one immutable [Generation], or into all
// the problems that they hold, each with its place.
//
// [Load] is pure: bytes, environment and stored secrets come in as arguments,
// and nothing of the outside changes. It either yields a generation that is
// ready to run, with every default filled in and every expression compiled, or
// diagnostics with at least one error and no generation. A problem in one
// webhook does not hide those of another. A file that can't be parsed is left
// out, and what it may declare is not missed in the others.
//
// # Folding
//
// A payload must keep what HCL's own values lose: the order of keys, the place
// of each value, and what is worked out from an event later. So expressions are
// walked here ("fold") into a small tree of literals, objects, lists, texts,
// programs and references to secrets. Objects, tuples, templates, parentheses,
// conditions, local.x, mapping.NAME, expr, merge, concat and jsondecode are
// folded; everything else is evaluated by HCL and its result is taken over.
// Settings such as timeouts are read from the same tree.
//
// # Secrets
//
// What env, credential, and file outside the configuration's directory return
// is sensitive. In payloads, URLs, headers and queries it stays a reference by
// name ("env:PD_KEY"), whose value stands in the plan; in auth and secret it
// becomes a secret.Text. No sensitive value is ever part of a diagnostic:
// messages quote names, snippets have literal secrets masked.
//
// # One table
//
// What blocks hold stands in tables: each attribute with what it takes, its
// default and bounds, and a sentence. Decoding reads them, and [Markdown] and
// [JSONSchema] are made of them, so that they can't disagree.
//
// # Layout
//
// [Format] moves words and adds none but the quotes of labels. Heredocs stay to
// the byte, since they are sent.
//
// # Refused before parsing
//
// More than 1 MiB of files or 300,000 words and signs, text that is not UTF-8,
// NUL bytes, nesting beyond 64, more than 100 operators in one expression, more
// than 2,000 lines in one text, numbers beyond 400 digits. The parser and the
// evaluator recurse, and Go can't recover from a stack overflow.
//
// # Stopped while it is worked out
//
// What is small as written can grow without end: texts that double, lists of
// lists, a for in a for. Every value and every byte of text is counted where it
// is made, also by HCL, and a load ends beyond 32 Mi of them, or after 1,000
// problems. It takes less than 256 MiB at any time.
//
// Stored: nothing. What a generation was made from is named in its Files, and
// its Hash covers every byte of it, but for the environment.
package config
