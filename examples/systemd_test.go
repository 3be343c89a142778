package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// analyze is systemd-analyze and its version.
func analyze(t *testing.T) (program string, version int) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze on this machine")
	}
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Skipf("systemd-analyze does not run here: %v", err)
	}
	number := regexp.MustCompile(`\d+`).FindString(string(out))
	if version, err = strconv.Atoi(number); err != nil {
		t.Fatal(err)
	}
	return program, version
}

// units copies the units, with a program that is there.
func units(t *testing.T, version int) (service string, all []string) {
	t.Helper()
	found, err := filepath.Glob("systemd/postern*")
	if err != nil || len(found) < 3 {
		t.Fatalf("%v, %v", found, err)
	}
	dir := t.TempDir()
	for _, file := range found {
		if kind := filepath.Ext(file); kind != ".service" && kind != ".socket" {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(raw), "ExecStart=/usr/local/bin/postern run", "ExecStart=/bin/true", 1)
		if version < 253 {
			t.Logf("systemd %d does not know notify-reload: the rest is looked at", version)
			text = strings.Replace(text, "Type=notify-reload", "Type=notify", 1)
		}
		copied := filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, copied)
	}
	return filepath.Join(dir, "postern.service"), all
}

func TestSystemdHasNothingToSayAboutTheUnits(t *testing.T) {
	program, version := analyze(t)
	_, all := units(t, version)
	out, err := exec.Command(program, append([]string{"verify"}, all...)...).CombinedOutput()
	if said := ours(string(out)); err != nil || said != "" {
		t.Errorf("%v\n%s", err, out)
	}
}

// ours is what is said of our units: verify looks at others that they need, too.
func ours(said string) string {
	var b strings.Builder
	for line := range strings.Lines(said) {
		if strings.Contains(line, "postern") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestTheServiceIsHardened(t *testing.T) {
	program, version := analyze(t)
	if version < 250 {
		t.Skipf("systemd %d can't look at a unit that is not loaded", version)
	}
	service, _ := units(t, version)
	out, err := exec.Command(program, "security", "--offline=true", "--no-pager", "--threshold=20", service).CombinedOutput()
	if err != nil {
		t.Errorf("more exposed than 2.0 of 10: %v\n%s", err, out)
	}
}
