// Package underway keeps on record what a process is doing, so that the next one
// knows what was under way when it ended without a word: killed, out of memory,
// or by a panic that nobody contained.
//
// # Promised
//
// A job is on record from Begin to End. Open counts a crash for each that was on
// record, and remembers it until the job is begun again and ends, or for 30
// days. An orderly stop, in which every job ends, leaves nothing.
//
// # Cheap
//
// Nothing is synced: what was written outlives the process in the system's page
// cache, and a crash of the whole machine is no job's fault. Begin writes 64
// bytes in place, End one. After a crash of the machine the file may tell of jobs
// that had ended, or of none.
//
// # Stored
//
// One file of records of 64 bytes, the first of them the header
// "postern-attempts 1\n", filled up with zeros. A record is
//
//	 0      state: 0 free, 'a' under way, 's' was under way at a crash
//	 1      crashes so far
//	 2      length of the id
//	 3..50  the id
//	52..59  Unix seconds of the last crash, little-endian
//	60..63  CRC-32C of what stands before
//
// One with a wrong checksum counts as free. A file with another header is set
// aside, under the same name with ".unreadable" behind it.
package underway
