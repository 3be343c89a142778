package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/outbound"
)

// newPair makes a certificate and its key, in PEM form.
func newPair(name string) (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// pemFiles are those that testInputs has below /run/secrets.
var pemFiles = sync.OnceValue(func() map[string][]byte {
	cert, key := newPair("client")
	other, _ := newPair("other")
	return map[string][]byte{
		"client.pem": cert, "client.key": key, "other.pem": other,
		"locked.key": []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"),
	}
})

func TestTLSIsRead(t *testing.T) {
	files := pemFiles()
	want, err := outbound.NewTLS(outbound.TLSSettings{
		Cert: files["client.pem"], Key: files["client.key"], CA: files["other.pem"], ServerName: "api.example.com", MinVersion: tls.VersionTLS13,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string]string{
		"as secrets": `cert = file("/run/secrets/client.pem")
key = credential("client.key")`,
		"as paths": `cert = "/run/secrets/client.pem"
key = "/run/secrets/client.key"`,
		"as texts": "cert = <<EOT\n" + string(files["client.pem"]) + "EOT\nkey = <<EOT\n" + string(files["client.key"]) + "EOT",
	} {
		g := mustLoad(t, hook("w", `["*"]`, "tls {\n"+pair+`
ca_file     = "/run/secrets/other.pem"
server_name = "api.example.com."
min_version = 1.3
}`))
		if got := g.Plan.Webhooks["w"].TLS; !got.Equal(want) {
			t.Errorf("%s: it is another", name)
		}
	}
	g := mustLoad(t, "defaults {\n tls { min_version = \"1.3\" }\n}\n"+hook("w", `["*"]`, `tls { server_name = "a" }`)+hook("x", `["*"]`, ""))
	own, err := outbound.NewTLS(outbound.TLSSettings{ServerName: "a", MinVersion: tls.VersionTLS13})
	if err != nil || !g.Plan.Webhooks["w"].TLS.Equal(own) || g.Plan.Webhooks["x"].TLS == nil || g.Plan.Webhooks["x"].TLS.Equal(own) {
		t.Errorf("defaults: got %v, %v", g.Plan.Webhooks, err)
	}
}

// A file that changes changes the generation, the webhook, and its connections.
func TestTLSFilesBelongToTheGeneration(t *testing.T) {
	dir := t.TempDir()
	load := func() *Generation {
		files := fileOf(hook("w", `["*"]`, "tls {\ncert = \"c.pem\"\nkey = file(\"c.key\")\nca_file = \"ca.pem\"\n}"))
		files.Dir = dir
		g, ds := Load(files, Inputs{})
		if ds.HasErrors() {
			t.Fatal(printed(ds))
		}
		return g
	}
	renew := func(names ...string) {
		cert, key := newPair("x")
		for i, name := range names {
			write(t, filepath.Join(dir, name), string([][]byte{cert, key}[i]))
		}
	}
	renew("ca.pem")
	renew("c.pem", "c.key")
	first := load()
	if again := load(); again.Hash != first.Hash || !again.Plan.Webhooks["w"].TLS.Equal(first.Plan.Webhooks["w"].TLS) {
		t.Error("the same files make another generation")
	}
	if len(first.Files) != 3 {
		t.Errorf("made from %q", first.Files)
	}
	for _, names := range [][]string{{"ca.pem"}, {"c.pem", "c.key"}} {
		renew(names...)
		now := load()
		d, _ := Compare(first, now)
		if now.Hash == first.Hash || len(d.Changed) != 1 || now.Plan.Webhooks["w"].TLS.Equal(first.Plan.Webhooks["w"].TLS) {
			t.Errorf("%s: nothing changes", names)
		}
		if now.Plan.Webhooks["w"].Fingerprint != first.Plan.Webhooks["w"].Fingerprint {
			t.Errorf("%s: it would end a suspension", names)
		}
		first = now
	}
}

func TestNoKeyIsPrinted(t *testing.T) {
	key := string(pemFiles()["client.key"])
	secretive := strings.Split(key, "\n")[1]
	text := hook("w", `["*"]`, "tls {\n  cert = \"/run/secrets/other.pem\"\n  key = <<EOT\n"+key+"EOT\n}")
	_, ds := load(fileOf(text), testInputs())
	if !ds.HasErrors() || strings.Contains(printed(ds), secretive) {
		t.Errorf("got %s", printed(ds))
	}
	g := mustLoad(t, strings.Replace(text, "other.pem", "client.pem", 1))
	for _, told := range []any{*g.Plan.Webhooks["w"], g.Settings("w"), g.Plan.Webhooks["w"].TLS} {
		if strings.Contains(fmt.Sprintf("%+v %#v", told, told), secretive) {
			t.Errorf("%T tells the key", told)
		}
	}
}
