package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/sstable/colblk"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A version of a record is what one write made of it.
type version struct {
	key, value []byte
	seq        uint64 // Pebble's: of two, the higher one is newer
	kind       pebble.InternalKeyKind
}

// A cover is a range of keys that were removed: what is older than seq.
type cover struct {
	from, to []byte
	seq      uint64
}

// An extent is where a block of a table is.
type extent struct{ at, length uint64 }

// A table is a file of sorted records, whatever is damaged in it. It is open only
// while a block is read: a line may have more tables than a process may have files.
type table struct {
	name   string
	open   func() (vfs.File, error)
	blocks []extent // of records
	covers []cover
	bad    []string // parts that are unreadable

	// The part of the file that counts; nil: all of it.
	smallest, largest []byte
}

// openTable reads where the blocks of a table are from its index, or, if that is
// damaged, from the blocks themselves.
func openTable(files vfs.FS, name string) (*table, error) {
	t := &table{name: files.PathBase(name), open: func() (vfs.File, error) { return openFile(files, name) }}
	if err := t.readIndex(); err == nil || errors.Is(err, errShut) {
		return t, err
	}
	t.bad = append(t.bad, "its index")
	whole, err := readAll(files, name)
	if err != nil {
		return nil, err
	}
	t.blocks, t.covers = carve(whole), nil
	return t, nil
}

// readIndex finds the blocks by the index.
func (t *table) readIndex() (err error) {
	defer recovered(&err)
	own, err := t.open()
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(own)
	if err != nil {
		return errors.Join(err, own.Close())
	}
	o := tableOptions()
	r, err := sstable.NewReader(context.Background(), readable, o.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, readable.Close())
	}
	defer r.Close()
	layout, err := r.Layout()
	if err != nil {
		return err
	}
	for _, b := range layout.Data {
		t.blocks = append(t.blocks, extent{b.Offset, b.Length})
	}
	if err := t.readCovers(r); err != nil {
		t.bad = append(t.bad, "what it says of removed records")
	}
	for _, f := range layout.Filter {
		_, err := t.raw(extent{f.Offset, f.Length})
		if errors.Is(err, errShut) {
			return err
		}
		if err != nil {
			t.bad = append(t.bad, "its filter")
		}
	}
	return nil
}

func tableOptions() *pebble.Options {
	o := &pebble.Options{Merger: merger, Logger: quiet{}}
	o.EnsureDefaults()
	return o
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf panics; whoever reads what may be damaged recovers it.
func (quiet) Fatalf(format string, args ...any) { panic(fatal{fmt.Errorf(format, args...)}) }

func (t *table) readCovers(r *sstable.Reader) (err error) {
	defer recovered(&err)
	it, err := r.NewRawRangeDelIter(context.Background(), sstable.NoFragmentTransforms, sstable.NoReadEnv)
	if err != nil || it == nil {
		return err
	}
	defer it.Close()
	span, err := it.First()
	for ; err == nil && span != nil; span, err = it.Next() {
		for _, k := range span.Keys {
			t.covers = append(t.covers, cover{bytes.Clone(span.Start), bytes.Clone(span.End), uint64(k.SeqNum())})
		}
	}
	return err
}

// recovered turns a panic of whoever reads what is damaged into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errUnreadable, p)
	}
}

const largestBlock = 64 << 20 // unpacked; an event has at most 1 MiB, a payload 4

// read reads the records of a block.
func (t *table) read(e extent) ([]version, error) {
	raw, err := t.raw(e)
	if err != nil {
		return nil, err
	}
	return decodeBlock(raw)
}

// raw reads a block with its trailer: how it is packed, and its checksum.
func (t *table) raw(e extent) ([]byte, error) {
	if e.length > largestBlock {
		return nil, errUnreadable
	}
	file, err := t.open()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, e.length+block.TrailerLen)
	_, err = file.ReadAt(raw, int64(e.at))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	n := e.length + 1
	if binary.LittleEndian.Uint32(raw[n:]) != masked(crc32.Checksum(raw[:n], castagnoli)) {
		return nil, errUnreadable
	}
	return raw, nil
}

// decodeBlock reads a block whose checksum is right.
func decodeBlock(raw []byte) (out []version, err error) {
	defer recovered(&err)
	n := len(raw) - block.TrailerLen
	data, err := unpack(block.CompressionIndicator(raw[n]), raw[:n])
	if err != nil {
		return nil, err
	}
	schema := colblk.DefaultKeySchema(pebble.DefaultComparer, 16)
	var d colblk.DataBlockDecoder
	d.Init(&schema, data)
	var it colblk.DataBlockIter
	it.InitOnce(&schema, pebble.DefaultComparer, nil)
	if err := it.Init(&d, block.NoTransforms); err != nil {
		return nil, err
	}
	for kv := it.First(); kv != nil; kv = it.Next() {
		out = append(out, version{
			key: bytes.Clone(kv.K.UserKey), value: bytes.Clone(kv.InPlaceValue()), seq: uint64(kv.SeqNum()), kind: kv.Kind(),
		})
	}
	return out, it.Error()
}

// unpack copies to where the decoder wants it.
func unpack(how block.CompressionIndicator, packed []byte) ([]byte, error) {
	if how == block.NoCompressionIndicator {
		return append(make([]byte, 0, len(packed)+8), packed...), nil
	}
	n, err := block.DecompressedLen(how, packed)
	if err != nil {
		return nil, err
	}
	if n > largestBlock {
		return nil, errUnreadable
	}
	data := make([]byte, n, n+8)
	return data, block.DecompressInto(how, packed, data)
}

// isRecords tells blocks of records from others: their keys rise, and are ours.
func isRecords(all []version) bool {
	for i := range all {
		if !isOurs(all[i].key) || i > 0 && bytes.Compare(all[i-1].key, all[i].key) > 0 {
			return false
		}
	}
	return len(all) > 0
}

// isOurs tells whether a key may be one of a line.
func isOurs(key []byte) bool {
	if len(key) == 0 {
		return false
	}
	n := len(key) - 1
	switch key[0] {
	case inEvents:
		return n == 8
	case inDeliveries, inSaid:
		return n == 12
	case inBodies, inKeys:
		return n == 16
	case inIDs:
		return n >= 1
	case inWaiting:
		return n == 20 || n == 24
	case inMembers, inHolds:
		return n == 32
	case inTurns:
		return n == 20
	case inForget:
		return n >= 10
	case inLanes, inCounts, inNames:
		return n == 4
	case inMark, inRecount:
		return n == 0
	case inAside:
		return n >= 9
	}
	return false
}

// counts tells whether a key is in the part of the file that counts.
func (t *table) counts(key []byte) bool {
	return t.smallest == nil || bytes.Compare(key, t.smallest) >= 0 && bytes.Compare(key, t.largest) <= 0
}

// carve finds the blocks of a table without its index. Where one begins is known,
// since they follow one another; it ends where its checksum is right.
func carve(file []byte) (found []extent) {
	for at := 0; at < len(file); {
		n, records := blockAt(file[at:], len(file))
		if n == 0 {
			if n = skipDamaged(file[at:]); n == 0 {
				break
			}
			at += n
			continue
		}
		if records {
			found = append(found, extent{uint64(at), uint64(n)})
		}
		at += n + block.TrailerLen
	}
	return slices.Clip(found)
}

// blockAt finds the length of the block that b begins with, within so many bytes;
// 0: none.
func blockAt(b []byte, most int) (n int, records bool) {
	sum := ^uint32(0)
	most = min(most, len(b)-block.TrailerLen)
	for i := 0; i <= most; i++ {
		// i bytes, their type, and their checksum
		whole := ^(castagnoli[byte(sum)^b[i]] ^ sum>>8)
		if i > 0 && binary.LittleEndian.Uint32(b[i+1:]) == masked(whole) {
			all, err := decodeBlock(b[:i+block.TrailerLen])
			return i, err == nil && isRecords(all)
		}
		sum = castagnoli[byte(sum)^b[i]] ^ sum>>8
	}
	return 0, false
}

const (
	widestDamage = 32 << 10 // how far the next block is looked for
	likelyBlock  = 8 << 10  // how long it is at most, to be found
)

// skipDamaged finds where a block begins behind one that is damaged; 0: nowhere.
func skipDamaged(b []byte) int {
	for at := 1; at < min(len(b), widestDamage); at++ {
		if n, records := blockAt(b[at:], likelyBlock); n > 0 && records {
			return at
		}
	}
	return 0
}
