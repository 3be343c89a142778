package logline

import (
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	maxText    = 16 << 10 // bytes of a line, as encoded; more is cut
	cutText    = 8 << 10  // to so much of it
	cutMessage = 1 << 10  // and so much of its message
)

// A core is the end of zap's pipe that belongs to a Log. It keeps the fields of
// With unencoded, so that a change of format holds for every logger.
type core struct {
	log    *Log
	fields []zapcore.Field
}

func (c *core) Enabled(level zapcore.Level) bool { return c.log.Level.Enabled(level) }

func (c *core) With(fields []zapcore.Field) zapcore.Core {
	return &core{log: c.log, fields: slices.Concat(c.fields, fields)}
}

func (c *core) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

// Write never blocks.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	encoder, mask := c.log.encoder.Load(), c.log.mask.Load()
	if len(c.fields) > 0 {
		fields = slices.Concat(c.fields, fields)
	}
	text, err := encoder.text(e, plain(fields), mask)
	if err == nil && len(text) > maxText {
		// What is kept of it has been masked: a cut can't take the mask off.
		e.Message = head(mask.text.Replace(e.Message), cutMessage)
		text, err = encoder.text(e, []zapcore.Field{zap.String("cut", head(text, cutText)), zap.Int("bytes", len(text))}, mask)
	}
	if err != nil || !c.log.backlog.put(append(inert(text), '\n')) {
		c.log.lost.add(1)
	}
	return nil
}

// Sync has nothing to do: the lines are on their way, and Log.Close waits for them.
func (c *core) Sync() error { return nil }

// plain takes from errors all but their text: zap would add the stacks and causes
// that some print when asked. The fields may be used again by who gave them.
func plain(fields []zapcore.Field) []zapcore.Field {
	own := false
	for i, f := range fields {
		err, ok := f.Interface.(error)
		if !ok || f.Type != zapcore.ErrorType {
			continue
		}
		if !own {
			fields, own = slices.Clone(fields), true
		}
		fields[i].Interface = struct{ error }{err}
	}
	return fields
}

func head(s string, n int) string { return s[:min(n, len(s))] }

// An encoder makes lines of one format.
type encoder struct {
	zapcore.Encoder
	console bool
}

func newEncoder(format string) *encoder {
	config := zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "logger", MessageKey: "msg",
		SkipLineEnding: true,
		EncodeTime:     encodeTime,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	}
	if format != "console" {
		return &encoder{zapcore.NewJSONEncoder(config), false}
	}
	config.EncodeLevel = zapcore.CapitalLevelEncoder
	config.ConsoleSeparator = "  " // not a tab, which is written as \u0009 where a message has one
	return &encoder{zapcore.NewConsoleEncoder(config), true}
}

func encodeTime(t time.Time, to zapcore.PrimitiveArrayEncoder) {
	to.AppendString(t.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// text is an entry without its line ending, masked.
func (e *encoder) text(entry zapcore.Entry, fields []zapcore.Field, m *mask) (string, error) {
	buf, err := e.EncodeEntry(entry, fields)
	if err != nil {
		return "", err
	}
	defer buf.Free()
	if e.console {
		return m.text.Replace(buf.String()), nil
	}
	return m.json.Replace(buf.String()), nil
}
