package parse

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// manifests are the documents of a file, strictly read: an unknown field is an error.
func manifests(t *testing.T, file string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "kubernetes", file))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for text := range strings.SplitSeq(string(raw), "\n---\n") {
		var what struct{ Kind string }
		if err := yaml.Unmarshal([]byte(text), &what); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		into := map[string]any{
			"ConfigMap": &core.ConfigMap{}, "Secret": &core.Secret{}, "Service": &core.Service{},
			"Deployment": &apps.Deployment{}, "StatefulSet": &apps.StatefulSet{},
		}[what.Kind]
		if into == nil {
			t.Fatalf("%s: a %q", file, what.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%s: %s: %v", file, what.Kind, err)
		}
		all[what.Kind] = into
	}
	return all
}

func TestManifests(t *testing.T) {
	shared := manifests(t, "config.yaml")
	conf, secret := shared["ConfigMap"].(*core.ConfigMap), shared["Secret"].(*core.Secret)
	deployment := manifests(t, "emptydir.yaml")["Deployment"].(*apps.Deployment)
	set := manifests(t, "pvc.yaml")["StatefulSet"].(*apps.StatefulSet)
	if v := volume(deployment.Spec.Template.Spec, "data"); v == nil || v.EmptyDir == nil || v.EmptyDir.SizeLimit.Value() <= 1<<30 {
		t.Errorf("the Deployment's data: %+v", v)
	}
	claims := set.Spec.VolumeClaimTemplates
	if len(claims) != 1 || claims[0].Name != "data" || claims[0].Spec.AccessModes[0] != core.ReadWriteOncePod || volume(set.Spec.Template.Spec, "data") != nil {
		t.Errorf("the StatefulSet's data: %+v", claims)
	}
	if set.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled != apps.RetainPersistentVolumeClaimRetentionPolicyType {
		t.Error("scaling down throws the queue away")
	}
	for name, template := range map[string]core.PodTemplateSpec{"emptydir.yaml": deployment.Spec.Template, "pvc.yaml": set.Spec.Template} {
		t.Run(name, func(t *testing.T) { checkPod(t, template.Spec, conf.Name, secret.Name) })
	}
	if !strings.Contains(conf.Data["postern.hcl"], `credential("crm-secret")`) || secret.StringData["crm-secret"] == "" {
		t.Errorf("%v, %v", conf.Data, secret.StringData)
	}
}

// TestTheConfigurationInTheMapIsValid asks Postern itself.
func TestTheConfigurationInTheMapIsValid(t *testing.T) {
	program := built(t, ".")
	dir := t.TempDir()
	for name, text := range manifests(t, "config.yaml")["ConfigMap"].(*core.ConfigMap).Data {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(program, "validate", "--no-env", "--strict", dir).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func checkPod(t *testing.T, pod core.PodSpec, conf, secret string) {
	t.Helper()
	if len(pod.InitContainers) != 1 || *pod.InitContainers[0].RestartPolicy != core.ContainerRestartPolicyAlways {
		t.Fatalf("no native sidecar: %+v", pod.InitContainers)
	}
	c := pod.InitContainers[0]
	s := c.SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || s.Capabilities.Drop[0] != "ALL" ||
		*s.RunAsUser != *pod.SecurityContext.FSGroup || pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("what it may: %+v", s)
	}
	for probe, want := range map[*core.Probe]string{c.StartupProbe: "/postern healthcheck", c.LivenessProbe: "/postern healthcheck --live"} {
		if probe == nil || probe.Exec == nil || strings.Join(probe.Exec.Command, " ") != want || probe.TimeoutSeconds < 3 {
			t.Errorf("probe %+v, want %s", probe, want)
		}
	}
	if c.ReadinessProbe != nil {
		t.Error("a readiness probe of the sidecar takes the app out of its service")
	}
	for _, m := range c.VolumeMounts {
		if m.SubPath != "" || m.ReadOnly != (m.Name != "data") {
			t.Errorf("mount %+v", m)
		}
	}
	if v := volume(pod, "config"); v == nil || v.ConfigMap == nil || v.ConfigMap.Name != conf {
		t.Errorf("the configuration: %+v", v)
	}
	if v := volume(pod, "secrets"); v == nil || v.Secret == nil || v.Secret.SecretName != secret || *v.Secret.DefaultMode != 0o440 {
		t.Errorf("the secrets: %+v", v)
	}
	if *pod.TerminationGracePeriodSeconds < 30 {
		t.Errorf("%d seconds to stop both", *pod.TerminationGracePeriodSeconds)
	}
}

func volume(pod core.PodSpec, name string) *core.Volume {
	for i := range pod.Volumes {
		if pod.Volumes[i].Name == name {
			return &pod.Volumes[i]
		}
	}
	return nil
}
