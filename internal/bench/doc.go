// Bench measures Postern beside a yardstick on the same machine: the smallest
// relay that keeps the promise of a 202 and no other. net/http in, a log with
// group commit and a sync before each answer, 64 workers, net/http out, HMAC; no
// retries, limits, metrics or configuration.
//
// Everything runs on loopback: the load and the receiver here, which cost little,
// relay and Postern each as a process of its own. Runs of the two alternate, and
// what counts is the ratio of two runs that stand side by side: rates of different
// minutes have nothing to do with each other.
//
//	make bench
//	go run ./internal/bench -postern ./postern -pairs 5 -for 4s
package main
