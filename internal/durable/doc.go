// Package durable writes small files so that a crash or a power cut leaves the
// old content or the new one, whole, and never a mixture or an empty file.
//
// [WriteFile], for a file f in directory d:
//
//	open    d/.f.N.tmp   O_CREAT|O_EXCL, mode 0600
//	write   the content
//	fchown  to the owner that [Replace] keeps
//	fchmod  the mode asked for
//	fsync   the file     content and mode are on disk before the name is
//	close
//	rename  d/.f.N.tmp → d/f
//	fsync   d            the name is on disk
//
// A step that fails ends it, and the temporary file is removed. f is then what
// it was before, with one exception: if the last fsync fails, f has the new
// content now and may have the old one after a power cut. A crash can leave a
// temporary file behind; it is not read by anybody.
//
// [MkdirAll] makes each missing directory, from the top, with mkdir and an fsync
// of its parent. A file in a directory whose own name was never synced is lost
// with it.
//
// Nothing is tried again after a failed fsync: the kernel drops the pages that
// it couldn't write, and a second fsync would report a success that isn't one.
package durable
