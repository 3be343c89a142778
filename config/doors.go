package config

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/internal/secret"
)

const (
	defaultListen  = "127.0.0.1:7480"
	defaultConsole = "127.0.0.1:7481"
	maxSocketPath  = 107 // bytes that the system takes

	defaultRuntimeDir = "/run/postern"
	socketName        = "postern.sock"
)

// doors reads where events come in and people look in.
func (l *loader) doors(listens []*hclsyntax.Block, console *hclsyntax.Block) {
	taken := map[string]hcl.Range{}
	for _, b := range listens {
		if door, at, ok := l.listen(b); ok {
			l.take(taken, door.Address+door.Path, at)
			if door.Kind == "http" {
				door.Address = cmp.Or(door.Address, defaultListen)
			}
			l.gen.Listen = append(l.gen.Listen, door)
		}
	}
	if len(listens) == 0 {
		l.gen.Listen = []Listen{{Kind: "http", Address: defaultListen}}
	}
	if console == nil {
		console = none("console")
	}
	s := l.section(console.Body, console, consoleBody)
	c := &l.gen.Console
	c.Address, c.Token, c.Hosts = l.httpDoor(s)
	if !s.has("address") {
		if before, clash := taken[defaultConsole]; clash && !l.partial {
			l.fail(before, `Take another one, or give the console another: console { address = "…" }.`, "This is the console's address.")
		}
	} else {
		l.take(taken, c.Address, s.at("address"))
	}
	c.Address = cmp.Or(c.Address, defaultConsole)
}

// take reports an address that is asked for twice; port 0 is a new one each time.
func (l *loader) take(taken map[string]hcl.Range, address string, at hcl.Range) {
	if address == "" || strings.HasSuffix(address, ":0") {
		return
	}
	if before, twice := taken[address]; twice {
		l.fail(at, "It is taken at "+place(before)+": choose another one.", "This address is listened on already.")
		return
	}
	taken[address] = at
}

func (l *loader) listen(b *hclsyntax.Block) (door Listen, at hcl.Range, ok bool) {
	switch kind := b.Labels[0]; kind {
	case "http":
		s := l.section(b.Body, b, listenHTTPBody)
		door.Kind = kind
		door.Address, door.Token, door.Hosts = l.httpDoor(s)
		return door, s.at("address"), true
	case "unix":
		s := l.section(b.Body, b, listenUnixBody)
		door.Kind = kind
		door.Path = parsed(s, "path", "", parseSocketPath)
		if !s.has("path") {
			door.Path = l.runtimeSocket()
		}
		door.Mode = chosen(s, "mode", parseMode)
		return door, s.at("path"), true
	default:
		l.fail(b.LabelRanges[0], suggestOr(kind, []string{"http", "unix"}, "There are"), "There is no listen %q.", kind)
		return door, at, false
	}
}

// runtimeSocket is where systemd has room for a socket, or else where our own unit
// has it.
func (l *loader) runtimeSocket() string {
	dirs, _ := l.in.Env("RUNTIME_DIRECTORY")
	if dir, _, _ := strings.Cut(dirs, ":"); filepath.IsAbs(dir) {
		return filepath.Join(dir, socketName)
	}
	return filepath.Join(defaultRuntimeDir, socketName)
}

// httpDoor reads address, token and hosts; outside of loopback the token is
// what keeps strangers out. No address is the default one.
func (l *loader) httpDoor(s *section) (address string, token secret.Text, hosts []string) {
	address = parsed(s, "address", "", parseListen)
	hosts = s.hosts()
	token, literal := s.secret("token")
	switch given := s.node("token") != nil; {
	case given && !l.in.NoEnv && !validToken(token.Reveal()):
		l.fail(s.at("token"), "Make one with: openssl rand -hex 32.", "A token is text of visible ASCII characters without spaces.")
	case given && literal:
		l.warnLiteral(s.at("token"), "token", token.Reveal())
	case !given && (!s.has("token") || s.isNull("token")) && address != "" && !onLoopback(address):
		l.fail(s.at("address"), `Add token = env("…"), or listen on 127.0.0.1.`, "An address that others can reach needs a token.")
	}
	return address, token, hosts
}

func validToken(text string) bool {
	return text != "" && !slices.ContainsFunc([]byte(text), func(c byte) bool { return c <= ' ' || c >= 0x7f })
}

func parseSocketPath(text string) (string, error) {
	switch {
	case text == "" || strings.ContainsRune(text, 0) || strings.HasPrefix(text, "@"):
		return "", fault{`path is the path of a socket file, such as "/run/postern/postern.sock".`, ""}
	case len(text) > maxSocketPath:
		return "", fault{"The path of a socket has at most 107 bytes.", "Choose a shorter directory, such as /run/postern."}
	}
	return text, nil
}
