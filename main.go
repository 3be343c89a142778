// Postern gets events of a campaign app to the webhooks of its customers.
package main

import (
	"os"

	"github.com/posternhq/postern/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
