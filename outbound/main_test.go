package outbound

import (
	"testing"

	"go.uber.org/goleak"
)

// Every goroutine is waited for, but for those of Go's resolver, which end by
// themselves: a look-up that was given up goes on for the rest of its time.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net.(*Resolver).lookupIPAddr.func2"),
		goleak.IgnoreAnyFunction("net.(*Resolver).goLookupIPCNAMEOrder"),
		goleak.IgnoreAnyFunction("net.(*Resolver).exchange"))
}
