package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/outbound"
)

type verifyVerb struct {
	output
	File       string        `arg:"" optional:"" help:"The request: as it came over the wire, or a line of receive --output json, or what explain --output json wrote; - is standard input."`
	Headers    string        `help:"In place of FILE: its headers, a line each, with or without the request line before them." type:"path" env:"POSTERN_VERIFY_HEADERS" placeholder:"FILE"`
	Body       string        `help:"With --headers: its body, byte for byte. Default: none." type:"path" env:"POSTERN_VERIFY_BODY" placeholder:"FILE"`
	Method     string        `help:"Its method, where the headers have no request line. Default: POST." env:"POSTERN_VERIFY_METHOD" placeholder:"METHOD"`
	URL        string        `name:"url" help:"Its URL, where {url} is signed, or for a GET." env:"POSTERN_VERIFY_URL" placeholder:"URL"`
	SecretFile []string      `help:"File with a secret that may have signed, or a public key (whpk_); - is standard input. May repeat. A secret can stand in the variable POSTERN_VERIFY_SECRET, too." sep:"none" env:"POSTERN_VERIFY_SECRET_FILE" placeholder:"FILE"`
	Webhook    string        `help:"Check as this webhook of the configuration signs, with its secrets." env:"POSTERN_VERIFY_WEBHOOK" placeholder:"NAME"`
	Scheme     string        `help:"How it is signed: standard, github, stripe, shopify, or hmac with the flags below. Default: as its headers say." enum:",standard,github,stripe,shopify,hmac" default:"" env:"POSTERN_VERIFY_SCHEME" placeholder:"SCHEME"`
	Tolerance  time.Duration `help:"How old a timestamp may be (${default})." default:"5m" env:"POSTERN_VERIFY_TOLERANCE" placeholder:"DURATION"`
	At         string        `help:"When it arrived, in RFC 3339. Default: as receive noted it, else now." env:"POSTERN_VERIFY_AT" placeholder:"TIME"`
	hmacFlags
	configFlag
	dataDirFlag
}

// Validate is called by kong once the flags are read.
func (v *verifyVerb) Validate() error {
	switch {
	case v.File == "" && v.Headers == "":
		return errors.New("a request is wanted: FILE, or --headers FILE with --body FILE")
	case v.File != "" && (v.Headers != "" || v.Body != ""):
		return errors.New("FILE holds the whole request: leave out --headers and --body")
	case v.Webhook != "" && (v.Scheme != "" || len(v.SecretFile) > 0):
		return errors.New("--webhook brings its scheme and its secrets: leave out --scheme and --secret-file")
	case v.Tolerance < 0:
		return errors.New("--tolerance can't be negative")
	case v.Scheme == "hmac" && v.Header == "":
		return errors.New("--scheme hmac goes with --hmac-header, the header that has the signature")
	case v.Scheme != "hmac" && v.hmacFlags.given():
		return errors.New("the flags that begin with --hmac go with --scheme hmac")
	case v.fromInput() > 1:
		return errors.New("- can stand for one file only")
	}
	return nil
}

// fromInput is how many files are standard input.
func (v *verifyVerb) fromInput() (n int) {
	for _, name := range append([]string{v.File, v.Headers, v.Body}, v.SecretFile...) {
		if name == "-" {
			n++
		}
	}
	return n
}

// A verification is the answer of verify as JSON.
type verification struct {
	Valid     bool       `json:"valid"`
	Scheme    string     `json:"scheme"` // empty: none that is known
	Header    string     `json:"header"`
	Signed    string     `json:"signed"` // the text under the signature
	Encoding  string     `json:"signed_encoding,omitempty"`
	Timestamp *time.Time `json:"timestamp"`
	Secret    int        `json:"secret"` // place of the one that signed, from 1; 0: none did
	Secrets   int        `json:"secrets"`
	Fault     string     `json:"fault,omitempty"`
	Error     string     `json:"error,omitempty"`
	Hints     []string   `json:"hints"`

	at time.Time
}

func (v *verifyVerb) Run(s *session) error {
	c, err := v.capture(s)
	if err != nil {
		return unchecked(err)
	}
	signing, texts, err := v.signing(s, c)
	if err != nil {
		return unchecked(err)
	}
	r := v.judge(c, signing, texts)
	if err := v.print(s, r, func() { s.printVerification(r) }); err != nil {
		return err
	}
	if !r.Valid {
		return errNegative
	}
	return nil
}

// unchecked makes of what keeps a request from being checked a wrong use: exit
// status 1 is that of a signature that isn't valid.
func unchecked(err error) error {
	var usage usageError
	if errors.As(err, &usage) || errors.Is(err, errNegative) {
		return err
	}
	return usageError{err.Error()}
}

// signing is how the request should be signed; texts are the secrets as they
// were given, none with --webhook.
func (v *verifyVerb) signing(s *session, c *capture) (signing outbound.Signing, texts []string, err error) {
	if v.Webhook != "" {
		signing, err := v.declared(s)
		return signing, nil, err
	}
	if texts, err = v.secrets(s); err != nil {
		return signing, nil, err
	}
	if signing.Scheme, err = v.scheme(); err != nil {
		return signing, nil, err
	}
	if signing.Scheme == nil {
		signing.Scheme = outbound.SchemeOf(c.message.Header)
	}
	for i, text := range texts {
		key, err := cmp.Or(signing.Scheme, outbound.Standard).ReceiverKey(text)
		if err != nil {
			return signing, nil, usageError{fmt.Sprintf("secret %d: %v", i+1, err)}
		}
		signing.Keys = append(signing.Keys, key)
	}
	return signing, texts, nil
}

// declared is how a webhook of the configuration signs.
func (v *verifyVerb) declared(s *session) (outbound.Signing, error) {
	k, err := (&receiveVerb{Webhook: v.Webhook, configFlag: v.configFlag, dataDirFlag: v.dataDirFlag}).keyring(s)
	switch {
	case errors.Is(err, errNegative):
		return outbound.Signing{}, usageError{"--webhook: the configuration at " + v.path() + " has errors"}
	case err != nil:
		return outbound.Signing{}, err
	}
	signing := *k.only
	signing.Scheme = signing.By()
	return signing, nil
}

func (v *verifyVerb) secrets(s *session) (texts []string, err error) {
	if text := os.Getenv("POSTERN_VERIFY_SECRET"); text != "" {
		texts = append(texts, text)
	}
	for _, name := range v.SecretFile {
		raw, err := readInput(s, name, maxSecret)
		if err != nil {
			return nil, fmt.Errorf("--secret-file: %w", err)
		}
		texts = append(texts, trimLine(string(raw)))
	}
	if len(texts) == 0 {
		return nil, usageError{"there is no secret to check with: give --secret-file, POSTERN_VERIFY_SECRET, or --webhook"}
	}
	return texts, nil
}

// scheme is the one that was asked for; nil: the headers say.
func (v *verifyVerb) scheme() (*outbound.Scheme, error) {
	if v.Scheme == "hmac" {
		return v.hmacFlags.scheme()
	}
	return outbound.SchemeNamed(v.Scheme), nil
}

// judge checks the signature.
func (v *verifyVerb) judge(c *capture, signing outbound.Signing, texts []string) *verification {
	r := &verification{Secrets: len(signing.Keys), Hints: []string{}, at: c.at}
	if signing.Scheme == nil {
		r.Fault, r.Error = string(outbound.Unsigned), "there is no header of a signature that is known"
		r.Hints = append(r.Hints, unknownHeaders(c.message.Header)...)
		return r
	}
	f := signing.Inspect(c.message, c.at, v.Tolerance)
	r.Valid, r.Scheme, r.Header, r.Secret = f.Err == nil, signing.Scheme.Name, signing.Scheme.Header, f.Key+1
	r.Signed = string(f.Signed)
	if !utf8.Valid(f.Signed) {
		r.Signed, r.Encoding = encoded(f.Signed), "base64"
	}
	if !f.Timestamp.IsZero() {
		at := f.Timestamp.UTC()
		r.Timestamp = &at
	}
	if f.Err != nil {
		r.Fault, r.Error = string(f.Fault), f.Err.Error()
		d := doubt{signing: signing, texts: texts, capture: c, tolerance: v.Tolerance}
		r.Hints = append(r.Hints, d.hints(f)...)
	}
	return r
}

// shownSigned is how much of a signed text people are shown.
const shownSigned = 4 << 10

func (s *session) printVerification(r *verification) {
	t := newTable(s.out)
	t.row("signature", verdictOf(r))
	if r.Scheme != "" {
		t.row("scheme", r.Scheme+", in the header "+r.Header)
	}
	if r.Timestamp != nil {
		t.row("timestamp", r.Timestamp.Format(time.RFC3339)+" ("+ago(*r.Timestamp, r.at)+")")
	}
	if r.Secret > 0 && !r.Valid {
		t.row("secret", fmt.Sprintf("that of secret %d of %d: what was signed is unchanged", r.Secret, r.Secrets))
	}
	switch n := len(r.Signed); {
	case r.Scheme == "" || r.Fault == string(outbound.Unsigned) || r.Fault == string(outbound.Malformed):
	case n > shownSigned:
		t.row("signed", inert.Text(r.Signed[:shownSigned])+"… ("+humanize.Comma(int64(n))+" bytes; --output json has all)")
	case r.Encoding != "":
		t.row("signed", r.Signed+" (base64: it is not UTF-8)")
	default:
		t.row("signed", r.Signed)
	}
	for i, hint := range r.Hints {
		t.row([]string{"hint", ""}[min(i, 1)], hint)
	}
	t.flush()
}

func verdictOf(r *verification) string {
	if r.Valid {
		return fmt.Sprintf("valid, by secret %d of %d", r.Secret, r.Secrets)
	}
	return "INVALID: " + r.Error
}

// hmacFlags put a scheme together, as signature "hmac" does.
type hmacFlags struct {
	Header    string `name:"hmac-header" help:"With --scheme hmac: the header that has the signature." env:"POSTERN_VERIFY_HMAC_HEADER" placeholder:"HEADER"`
	Timestamp string `name:"hmac-timestamp-header" help:"The header that has the timestamp. Default: webhook-timestamp." env:"POSTERN_VERIFY_HMAC_TIMESTAMP_HEADER" placeholder:"HEADER"`
	Algorithm string `name:"hmac-algorithm" help:"The hash: sha256 (default), sha512 or sha1." enum:"sha256,sha512,sha1" default:"sha256" env:"POSTERN_VERIFY_HMAC_ALGORITHM" placeholder:"HASH"`
	Encoding  string `name:"hmac-encoding" help:"How its bytes are written: hex (default) or base64." enum:"hex,base64" default:"hex" env:"POSTERN_VERIFY_HMAC_ENCODING" placeholder:"ENCODING"`
	Prefix    string `name:"hmac-prefix" help:"What stands before it in its header, such as v0=." env:"POSTERN_VERIFY_HMAC_PREFIX" placeholder:"TEXT"`
	Content   string `name:"hmac-content" help:"What it is made over, with {id}, {timestamp}, {method}, {url} and {body} in it (${default})." default:"{body}" env:"POSTERN_VERIFY_HMAC_CONTENT" placeholder:"TEXT"`
}

func (f hmacFlags) given() bool {
	return f.Header != "" || f.Timestamp != "" || f.Algorithm != "sha256" || f.Encoding != "hex" || f.Prefix != "" || f.Content != "{body}"
}

func (f hmacFlags) scheme() (*outbound.Scheme, error) {
	s := &outbound.Scheme{Name: "hmac", Header: f.Header, TimestampHeader: f.Timestamp, Base64: f.Encoding == "base64"}
	s.Hash = config.HashNamed(f.Algorithm)
	var err error
	if s.Prefix, err = outbound.NewPrefix(f.Prefix); err != nil {
		return nil, usageError{fmt.Sprintf("--hmac-prefix: %v", err)}
	}
	if s.Content, err = outbound.NewContent(f.Content); err != nil {
		return nil, usageError{fmt.Sprintf("--hmac-content: %v", err)}
	}
	return s, nil
}

// unknownHeaders names the headers that look as if they had a signature.
func unknownHeaders(h map[string][]string) (hints []string) {
	for name := range h {
		if looksSigned(name) {
			hints = append(hints, fmt.Sprintf("%s may be one: check it with --scheme hmac --hmac-header %s, and what its sender's page says of it", name, name))
		}
	}
	slices.Sort(hints)
	if len(hints) == 0 {
		hints = append(hints, "is it the whole request? A proxy may have removed headers, or the sender signs none of its requests")
	}
	return hints
}
