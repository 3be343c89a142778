package pages

import "strings"

// A Block is a fenced block of a page, or one that is indented.
type Block struct {
	Line     int    // of its first line of content, from 1
	Language string // the first word of the info string; indented: "indented"
	Words    []string
	Lines    []string
}

// Has says whether the info string has the word.
func (b Block) Has(word string) bool {
	for _, w := range b.Words {
		if w == word {
			return true
		}
	}
	return false
}

// Commands says whether it is for a reader to type.
func (b Block) Commands() bool { return b.Language == "sh" || b.Language == "console" }

// File is the name under which a reader keeps it; "" if it is no file.
func (b Block) File() string {
	if b.Commands() || len(b.Words) != 1 || !strings.Contains(b.Words[0], ".") {
		return ""
	}
	return b.Words[0]
}

// Of is the verb whose output it is; "" if it has commands of its own.
func (b Block) Of() string {
	if len(b.Words) == 2 && b.Words[0] == "of" {
		return b.Words[1]
	}
	return ""
}

// Blocks finds the blocks of a page, in order.
func Blocks(page string) (found []Block) {
	fence, blank, indented := "", true, false
	for i, line := range strings.Split(page, "\n") {
		line = strings.TrimRight(line, "\r")
		text := strings.TrimSpace(line)
		last := len(found) - 1
		switch {
		case fence != "":
			if text == fence {
				fence = ""
				break
			}
			found[last].Lines = append(found[last].Lines, line)
		case strings.HasPrefix(text, "```"), strings.HasPrefix(text, "<!-- sh"), strings.HasPrefix(text, "<!-- console"):
			info := strings.TrimLeft(text, "`")
			fence = text[:len(text)-len(info)]
			if fence == "" {
				info, fence = strings.TrimPrefix(text, "<!--"), "-->"
			}
			b := Block{Line: i + 2}
			if words := strings.Fields(info); len(words) > 0 {
				b.Language, b.Words = words[0], words[1:]
			}
			found = append(found, b)
		case blank && strings.HasPrefix(line, "    "):
			found = append(found, Block{Line: i + 1, Language: "indented", Lines: []string{text}})
			indented = true
		case indented && strings.HasPrefix(line, "    "):
			found[last].Lines = append(found[last].Lines, text)
		case text != "":
			indented = false
		}
		blank = fence == "" && text == ""
	}
	return found
}

// A command is one that is typed, and what it prints.
type command struct {
	line    int
	typed   string
	printed []string
}

// commands are those of a block. A line that ends in a backslash, or
// within single quotes, goes on.
func (b Block) commands() (all []command) {
	if b.Language == "sh" {
		return []command{{line: b.Line, typed: strings.Join(b.Lines, "\n")}}
	}
	goesOn := false
	for i, line := range b.Lines {
		last := len(all) - 1
		typed, starts := strings.CutPrefix(line, "$ ")
		switch {
		case goesOn:
			all[last].typed += "\n" + line
		case starts:
			all = append(all, command{line: b.Line + i, typed: typed})
		case last >= 0:
			all[last].printed = append(all[last].printed, line)
			continue
		default: // nothing was typed: the block has a fault, which Run tells
			continue
		}
		goesOn = strings.HasSuffix(line, `\`) || strings.Count(all[len(all)-1].typed, "'")%2 != 0
	}
	return all
}
