// Package docs has our pages. Its tests do what the pages tell a reader to type,
// in the order of each page, and compare what comes with what is shown; how, package
// internal/pages says.
package docs
