package cli

import (
	"testing"
)

func TestTheConfiguredTokenGoesToTheConfiguredConsoleOnly(t *testing.T) {
	t.Setenv("CONSOLE_TOKEN", "a-token-of-some-length")
	with := configFlag{writeConfig(t, `console {
  address = "0.0.0.0:17481"
  token   = env("CONSOLE_TOKEN")
}`)}
	broken := configFlag{writeConfig(t, "console {")}
	for _, c := range []struct {
		name    string
		flags   consoleFlags
		address string
		token   bool
	}{
		{"by the configuration", consoleFlags{configFlag: with}, "0.0.0.0:17481", true},
		{"the same address by hand", consoleFlags{configFlag: with, Console: "127.0.0.1:17481"}, "127.0.0.1:17481", true},
		{"as the overview shows it", consoleFlags{configFlag: with, Console: "http://127.0.0.1:17481/"}, "127.0.0.1:17481", true},
		{"another address", consoleFlags{configFlag: with, Console: "192.0.2.1:17481"}, "192.0.2.1:17481", false},
		{"a broken configuration", consoleFlags{configFlag: broken}, consoleDefault, false},
		{"a broken configuration and an address", consoleFlags{configFlag: broken, Console: "127.0.0.1:1"}, "127.0.0.1:1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &api{address: bare(c.flags.Console)}
			token := c.flags.configured(t.Context(), a)
			if a.address != c.address || token.Empty() == c.token {
				t.Errorf("address %s, token %t; want %s, %t", a.address, !token.Empty(), c.address, c.token)
			}
		})
	}
}
