package parse

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
)

func TestABillOfMaterialsIsOne(t *testing.T) {
	program := built(t, "./internal/bill")
	raw, err := exec.Command(program, program, "v1.0.0").Output()
	if err != nil {
		t.Fatal(err)
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(raw), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.SpecVersion != cyclonedx.SpecVersion1_6 || bom.Metadata.Component.Type != cyclonedx.ComponentTypeApplication || bom.Metadata.Component.Version != "v1.0.0" {
		t.Errorf("%+v", bom.Metadata)
	}
	known := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, c := range *bom.Components {
		if c.Type != cyclonedx.ComponentTypeLibrary || c.PackageURL == "" || known[c.BOMRef] {
			t.Errorf("%+v", c)
		}
		known[c.BOMRef] = true
	}
	for _, ref := range *(*bom.Dependencies)[0].Dependencies {
		if !known[ref] {
			t.Errorf("it uses %s, which is not listed", ref)
		}
	}
}

// built is a program of ours, such as "." for postern.
func built(t *testing.T, what string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-o", program, what)
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}
