//go:build !profile

package cli

func profiled() (end func()) { return func() {} }
