package logline

import (
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/buffer"
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
	if err == nil && text.Len() > maxText {
		// What is kept of it has been masked: a cut can't take the mask off.
		whole := text.String()
		text.Free()
		e.Message = head(mask.text.in(e.Message), cutMessage)
		text, err = encoder.text(e, []zapcore.Field{zap.String("cut", head(whole, cutText)), zap.Int("bytes", len(whole))}, mask)
	}
	if err != nil {
		c.log.lost.add(1)
		return nil
	}
	defer text.Free()
	if !c.log.backlog.put(line(text)) {
		c.log.lost.add(1)
	}
	return nil
}

// line is a text with its line ending, inert.
func line(text *buffer.Buffer) []byte {
	if prints(text.Bytes()) == text.Len() {
		text.AppendByte('\n')
		return text.Bytes()
	}
	return append(inert(text.String()), '\n')
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

var inMilliseconds = zapcore.TimeEncoderOfLayout("2006-01-02T15:04:05.000Z07:00")

func encodeTime(t time.Time, to zapcore.PrimitiveArrayEncoder) { inMilliseconds(t.UTC(), to) }

// text is an entry without its line ending, masked. It is to be freed.
func (e *encoder) text(entry zapcore.Entry, fields []zapcore.Field, m *mask) (*buffer.Buffer, error) {
	text, err := e.EncodeEntry(entry, fields)
	if err != nil {
		return nil, err
	}
	if e.console {
		m.text.hide(text)
	} else {
		m.json.hide(text)
	}
	return text, nil
}
