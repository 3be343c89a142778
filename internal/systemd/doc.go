// Package systemd speaks with the service manager that started the process, in
// the protocol of systemd's sd_notify and of its socket activation.
//
// Promised:
//
//   - [Take] reads the protocol's variables once and removes them, so that
//     nothing that the process starts takes them for its own.
//   - A message that belongs together is one datagram: that a reload begins, and
//     when (which Type=notify-reload compares with the time of its signal).
//   - A manager that doesn't listen holds nobody up for longer than a second.
//
// Without a service manager everything here does nothing. Nothing is stored.
package systemd
