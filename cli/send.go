package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
)

type sendVerb struct {
	output
	Type string `arg:"" help:"Type of the event, such as contact.subscribed."`
	Data string `help:"File with the event's data, a JSON object; - is standard input. Default: the sample that the configuration declares." env:"POSTERN_SEND_DATA" placeholder:"FILE"`
	ID   string `name:"id" help:"Id of the event. Default: one is made up." env:"POSTERN_SEND_ID" placeholder:"ID"`

	URL    string `name:"url" help:"The agent's event door. Default: the first listen block of the configuration, else http://127.0.0.1:7480." env:"POSTERN_URL" placeholder:"URL"`
	Socket string `help:"The agent's event door, as a Unix socket; goes before --url." type:"path" env:"POSTERN_SOCKET" placeholder:"PATH"`
	tokenFlag
	configFlag
}

// maxSent bounds what is read of --data. The door's own limit is lower, and says
// so itself.
const maxSent = 16 << 20

func (v *sendVerb) Run(s *session) error {
	data, err := v.data(s)
	if err != nil {
		return err
	}
	d, err := v.door(s.ctx)
	if err != nil {
		return err
	}
	answer, err := d.post(s.ctx, envelope(v.Type, v.ID, data))
	if err != nil {
		return err
	}
	return v.print(s, answer, func() {
		if answer.Duplicate {
			fmt.Fprintf(s.out, "%s was accepted before; nothing is sent again\n", inert.Text(answer.ID))
			return
		}
		fmt.Fprintf(s.out, "%s accepted, %s\n", inert.Text(answer.ID), deliveries(answer.Deliveries))
	})
}

func deliveries(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}

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
