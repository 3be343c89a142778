// Package process runs the program itself for tests: it builds it, starts it, learns
// from its log where its doors are, and ends it.
package process
