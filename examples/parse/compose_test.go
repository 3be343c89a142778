package parse

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

func compose(t *testing.T, file string) *types.Project {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "compose", file))
	if err != nil {
		t.Fatal(err)
	}
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(path),
		ConfigFiles: []types.ConfigFile{{Filename: path}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) { o.SetProjectName("postern", true) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mounts are a service's volumes, by where they are in it.
func mounts(s types.ServiceConfig) map[string]types.ServiceVolumeConfig {
	all := map[string]types.ServiceVolumeConfig{}
	for _, v := range s.Volumes {
		all[v.Target] = v
	}
	return all
}

func TestComposeFiles(t *testing.T) {
	for file, configuration := range map[string]string{"compose.yaml": "postern", "socket.yaml": "socket"} {
		t.Run(file, func(t *testing.T) {
			p := compose(t, file)
			postern, app := p.Services["postern"], p.Services["app"]
			if !postern.ReadOnly || !slices.Equal(postern.CapDrop, []string{"ALL"}) || postern.User != "" || postern.Privileged {
				t.Errorf("what it may: %+v", postern)
			}
			if s := postern.StopGracePeriod; s == nil || time.Duration(*s) <= 10*time.Second { // drain_timeout is 8s
				t.Errorf("stop_grace_period %v", s)
			}
			in := mounts(postern)
			conf := in["/etc/postern"]
			if found, err := os.Stat(conf.Source); err != nil || !found.IsDir() || filepath.Base(conf.Source) != configuration || !conf.ReadOnly {
				t.Errorf("the configuration is %+v, %v", conf, err)
			}
			if data := in["/var/lib/postern"]; data.Type != types.VolumeTypeVolume || p.Volumes[data.Source].Name == "" {
				t.Errorf("the data is %+v", data)
			}
			if on := app.DependsOn["postern"]; on.Condition != types.ServiceConditionHealthy {
				t.Errorf("the app depends on %+v", on)
			}
			if postern.HealthCheck != nil {
				t.Errorf("the image's own check is replaced: %+v", postern.HealthCheck)
			}
			for _, port := range postern.Ports {
				if port.HostIP != "127.0.0.1" {
					t.Errorf("open to other machines: %+v", port)
				}
			}
		})
	}
}

func TestTheSocketIsSharedWithoutAPort(t *testing.T) {
	p := compose(t, "socket.yaml")
	postern, app := p.Services["postern"], p.Services["app"]
	if len(postern.Ports) > 0 {
		t.Errorf("ports: %+v", postern.Ports)
	}
	one, other := mounts(postern)["/run/postern"], mounts(app)["/run/postern"]
	if one.Type != types.VolumeTypeVolume || one.Source != other.Source || one.ReadOnly {
		t.Errorf("%+v and %+v", one, other)
	}
	if !slices.Contains(app.GroupAdd, owner(t)) {
		t.Errorf("the app's groups: %v", app.GroupAdd)
	}
	if at := app.Environment["POSTERN_SOCKET"]; at == nil || *at != "/run/postern/postern.sock" {
		t.Errorf("the app looks for it at %v", at)
	}
}

// owner is the user and group of the image.
func owner(t *testing.T) string {
	t.Helper()
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(dockerfile), "\nUSER ")
	id, group, _ := strings.Cut(strings.SplitN(after, "\n", 2)[0], ":")
	if !found || id != group {
		t.Fatalf("the image's user is %q", after)
	}
	return group
}
