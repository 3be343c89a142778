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
		{"another address", consoleFlags{configFlag: with, Console: "192.0.2.1:17481"}, "192.0.2.1:17481", false},
		{"a broken configuration", consoleFlags{configFlag: broken}, consoleDefault, false},
		{"a broken configuration and an address", consoleFlags{configFlag: broken, Console: "127.0.0.1:1"}, "127.0.0.1:1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &api{address: string(c.flags.Console)}
			token := c.flags.configured(t.Context(), a)
			if a.address != c.address || token.Empty() == c.token {
				t.Errorf("address %s, token %t; want %s, %t", a.address, !token.Empty(), c.address, c.token)
			}
		})
	}
}

func TestAConsoleAddressMayBePasted(t *testing.T) {
	for text, want := range map[string]consoleAddress{
		"127.0.0.1:7481": "127.0.0.1:7481", "http://127.0.0.1:7481/": "127.0.0.1:7481",
		"postern:7481": "postern:7481", "[::1]:7481": "[::1]:7481", "": "",
	} {
		var got consoleAddress
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestAConfigurationThatIsNamedMustBeThere(t *testing.T) {
	for _, args := range [][]string{{"status"}, {"send", "t", "--data", "-"}} {
		got := invoke(t, "{}", append(args, "--config", "nowhere")...)
		if got != (ran{2, "", "postern: --config: there is nothing at nowhere\n"}) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
