package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
)

type sendVerb struct {
	output
	Type   string        `arg:"" optional:"" help:"Type of the event, such as contact.subscribed. Not with --events."`
	Events string        `help:"File with several events in place of one: one a line, or an array; - is standard input." env:"POSTERN_SEND_EVENTS" placeholder:"FILE"`
	Wait   time.Duration `help:"Wait so long, at most 30s, for what becomes of each delivery; exit 1 unless all were delivered." env:"POSTERN_SEND_WAIT" placeholder:"TIME"`
	Data   string        `help:"File with the event's data, a JSON object; - is standard input. Default: the sample that the configuration declares." env:"POSTERN_SEND_DATA" placeholder:"FILE"`
	ID     string        `name:"id" help:"Id of the event. Default: one is made up." env:"POSTERN_SEND_ID" placeholder:"ID"`

	URL    string `name:"url" help:"The agent's event door. Default: the first listen block of the configuration, else http://127.0.0.1:7480." env:"POSTERN_URL" placeholder:"URL"`
	Socket string `help:"The agent's event door, as a Unix socket; goes before --url." type:"path" env:"POSTERN_SOCKET" placeholder:"PATH"`
	tokenFlag
	configFlag
}

// maxSent bounds what is read of --data. The door's own limit is lower, and says
// so itself.
const maxSent = 16 << 20

func (v *sendVerb) Run(s *session) error {
	body, media, err := v.body(s)
	if err != nil {
		return err
	}
	d, err := v.door(s.ctx)
	if err != nil {
		return err
	}
	if v.Wait > 0 {
		d.url += "?wait=" + v.Wait.String()
		d.client.Timeout += v.Wait
	}
	if v.Events == "" {
		answer, err := d.post(s.ctx, body)
		if err != nil {
			return err
		}
		return errors.Join(v.print(s, answer, func() { v.told(s, answer) }), v.negative(answer))
	}
	var answers []receipt
	if err := d.ask(s.ctx, media, body, &answers); err != nil {
		return err
	}
	return errors.Join(v.print(s, answers, func() {
		for _, a := range answers {
			v.told(s, a)
		}
	}), v.negative(answers...))
}

// body is what is sent, and its media type.
func (v *sendVerb) body(s *session) (body []byte, media string, err error) {
	switch {
	case v.Wait < 0 || v.Wait > 30*time.Second:
		return nil, "", usageError{"--wait is at most 30s"}
	case v.Events != "" && (v.Type != "" || v.Data != "" || v.ID != ""):
		return nil, "", usageError{"--events holds whole events: leave out TYPE, --data and --id"}
	case v.Events == "" && v.Type == "":
		return nil, "", usageError{"give the TYPE of an event, or --events FILE; see postern send --help"}
	case v.Events == "":
		data, err := v.data(s)
		return envelope(v.Type, v.ID, data), "application/json", err
	}
	body, err = readInput(s, v.Events, maxSent)
	if err != nil {
		return nil, "", fmt.Errorf("--events: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		return body, "application/json", nil
	}
	return body, "application/x-ndjson", nil
}

// told tells of one event, and how its deliveries stand if that was asked for.
func (v *sendVerb) told(s *session, a receipt) {
	if a.Duplicate {
		fmt.Fprintf(s.out, "%s was accepted before; nothing is sent again\n", inert.Text(a.ID))
	} else {
		fmt.Fprintf(s.out, "%s accepted, %s\n", inert.Text(a.ID), deliveries(a.Deliveries))
	}
	for _, o := range a.Outcomes {
		fmt.Fprintf(s.out, "  %s %s%s\n", inert.Text(o.Webhook), inert.Text(o.State), o.why())
	}
}

// negative is the result of a wait at whose end something is not delivered.
func (v *sendVerb) negative(answers ...receipt) error {
	for _, a := range answers {
		for _, o := range a.Outcomes {
			if o.State != string(event.Delivered) && o.State != string(event.Skipped) {
				return errNegative
			}
		}
	}
	return nil
}

func deliveries(n int) string { return english.Plural(n, "delivery", "") }

// data reads what is to be sent: one JSON object.
func (v *sendVerb) data(s *session) ([]byte, error) {
	if v.Data == "" {
		return v.sample(s.ctx)
	}
	raw, err := readInput(s, v.Data, maxSent)
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if raw = bytes.TrimSpace(raw); !bytes.HasPrefix(raw, []byte("{")) || !json.Valid(raw) {
		return nil, fmt.Errorf("--data: %s is not one JSON object", v.Data)
	}
	return raw, nil
}

// sample is the declared sample of the type.
func (v *sendVerb) sample(ctx context.Context) ([]byte, error) {
	files, ds := config.Read(ctx, v.path())
	var g *config.Generation
	if !ds.HasErrors() {
		g, ds = config.Load(files, config.Inputs{NoEnv: true})
	}
	if ds.HasErrors() {
		return nil, fmt.Errorf("without --data the configuration's sample is sent, and there is none to be had: %s", ds.Error())
	}
	var declared []string
	for _, e := range g.Events {
		if e.Name == v.Type && e.Sample != nil {
			return e.Sample, nil
		}
		if e.Sample != nil {
			declared = append(declared, e.Name)
		}
	}
	advice := "give --data FILE, or --data - for standard input"
	if len(declared) > 0 {
		advice += "; there are samples of " + strings.Join(declared, ", ")
	}
	return nil, fmt.Errorf("%s declares no sample of %q: %s", v.path(), v.Type, advice)
}

// envelope is the body of a request, with data byte for byte.
func envelope(typ, id string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":`)
	b.Write(text(typ))
	if id != "" {
		b.WriteString(`,"id":`)
		b.Write(text(id))
	}
	b.WriteString(`,"data":`)
	b.Write(data)
	b.WriteByte('}')
	return b.Bytes()
}

func text(s string) []byte {
	raw, _ := json.Marshal(s) // a string always can
	return raw
}

// door finds the event door: as told, as configured, or where it is by default.
func (v *sendVerb) door(ctx context.Context) (*eventDoor, error) {
	d := &eventDoor{}
	var configured secret.Text
	switch {
	case v.Socket != "":
		d.at("unix", v.Socket)
	case v.URL != "":
		if !strings.HasPrefix(v.URL, "http://") && !strings.HasPrefix(v.URL, "https://") {
			return nil, usageError{"--url begins with http:// or https://"}
		}
		d.place, d.client, d.url = v.URL, newClient(nil), strings.TrimSuffix(v.URL, "/")
	default:
		if err := v.exists(); err != nil {
			return nil, err
		}
		d.at("http", "127.0.0.1:7480")
		if g := v.peek(ctx); g != nil && len(g.Listen) > 0 {
			configured = d.configured(g.Listen[0])
		}
	}
	if !strings.HasSuffix(d.url, "/v1/events") {
		d.url += "/v1/events"
	}
	var err error
	d.token, err = v.token(configured)
	return d, err
}
