package cli

import (
	"bytes"
	"strings"

	"github.com/posternhq/postern/config"
)

// A fence is a block of HCL in a Markdown page: a configuration of its own. All
// other lines of the page are blank in it, so that places are those of the page.
type fence struct {
	file     config.File
	fragment bool // a part of a configuration: its info string is "hcl fragment"
}

// fencesOf finds the blocks of a page whose info string is hcl, or hcl and more.
// One that is never closed ends with the page, as Markdown has it.
func fencesOf(page config.File) (found []fence) {
	var open marker
	var content *bytes.Buffer // of the fence that is open, if it is HCL
	var blank strings.Builder // a line for each line of the page so far
	end := func() {
		if content != nil {
			found[len(found)-1].file.Content = content.Bytes()
		}
		open, content = marker{}, nil
	}
	for line := range bytes.Lines(page.Content) {
		blank.WriteByte('\n')
		switch m := markerOf(line); {
		case open.length == 0 && m.length > 0:
			open = m
			if len(m.info) > 0 && m.info[0] == "hcl" {
				found = append(found, fence{
					file:     config.File{Name: page.Name},
					fragment: len(m.info) > 1 && m.info[1] == "fragment",
				})
				content = bytes.NewBufferString(blank.String())
			}
		case open.length > 0 && m.closes(open):
			end()
		case content != nil:
			content.Write(line)
		}
	}
	end()
	return found
}

// A marker is a line that opens or closes a fence; of any other, its length is 0.
type marker struct {
	sign   byte // a backtick or a tilde
	length int
	info   []string
}

func markerOf(line []byte) marker {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '`' && line[0] != '~' {
		return marker{}
	}
	m := marker{sign: line[0]}
	rest := bytes.TrimLeft(line, string(m.sign))
	if m.length = len(line) - len(rest); m.length < 3 || m.sign == '`' && bytes.IndexByte(rest, '`') >= 0 {
		return marker{}
	}
	for _, word := range bytes.Fields(rest) {
		m.info = append(m.info, string(word))
	}
	return m
}

func (m marker) closes(open marker) bool {
	return m.sign == open.sign && m.length >= open.length && len(m.info) == 0
}
