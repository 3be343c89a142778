// Package watch tells when the configuration on disk may have changed, however
// it was saved: in place, in pieces, by rename, by swapped symlinks, as a mounted
// volume.
//
// Contents decide. A [Watcher] keeps a hash of all that it watches and calls back
// when it differs; what leaves the contents alone (an editor's own files, a touch,
// a volume mounted anew with the same files) is no change. A file event is a hint
// to look, and so is a tick of the poll, which finds what no event tells: network
// file systems, a directory whose parent was moved, a machine without inotify
// instances to spare.
//
// Events come from directories, never from files: a file that is replaced by
// rename would take its watch with it. Watched are the directory that the files
// are in and the directory of every symlink on the way to them. Both are worked
// out anew with every look.
//
// After a hint it waits for quiet, so that one save is one call, but not for ever:
// a directory that is never quiet is looked at all the same, and told of once two
// looks in a row find the same. So a file is not taken while it is being written.
package watch
