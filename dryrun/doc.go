// Package dryrun tells what would happen, without doing it: what an event would
// send to each webhook and why, whether the tests of a configuration hold, and
// what another configuration would change.
//
// It matches, renders, signs and judges with the code that does so for real,
// and opens no connection. It holds no state and stores nothing.
//
// What it returns is for people: secrets are named by their source or shown as
// "(sensitive)", never by value. Tests know no secret of the machine: they give
// what they need, and the rest is made up.
package dryrun
