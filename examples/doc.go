// Package examples has one folder a story: a configuration, an event, and the
// requests that are wanted for it. Every one is run as a test, so that none can
// lie:
//
//	NAME/*.hcl        the configuration
//	NAME/event.json   one event, as posted to /v1/events
//	NAME/want.http    the requests that go out, in the order of the webhooks
//
// Those in receivers have a README.md each: limits, answers, and the vendor's page
// that says so.
package examples
