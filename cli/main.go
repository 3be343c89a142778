package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// postern is the grammar: the verbs in the order in which help shows them.
type postern struct {
	Init        initVerb        `cmd:"" help:"Write a small commented configuration to begin with; asks nothing, overwrites nothing."`
	Run         runVerb         `cmd:"" help:"Run the agent."`
	Demo        demoVerb        `cmd:"" help:"See all of it at once: agent, receiver, events and overview, with nothing to prepare."`
	Validate    validateVerb    `cmd:"" help:"Check a configuration as run would."`
	Fmt         fmtVerb         `cmd:"" help:"Give configuration files their canonical layout."`
	Test        testVerb        `cmd:"" help:"Run the tests of a configuration, without a network."`
	Plan        planVerb        `cmd:"" help:"What a reload would change: webhooks, deliveries that wait, and what events would send."`
	Explain     explainVerb     `cmd:"" help:"Why each webhook gets an event, or not, and the exact request."`
	Send        sendVerb        `cmd:"" help:"Send an event to the agent."`
	Receive     receiveVerb     `cmd:"" help:"A receiver to develop against: prints and verifies requests."`
	Verify      verifyVerb      `cmd:"" help:"Check the signature of a request that was kept, and say why it is not valid."`
	Tail        tailVerb        `cmd:"" help:"Show what becomes of deliveries as it happens."`
	Status      statusVerb      `cmd:"" help:"Show the configuration in force, the webhooks and the queue."`
	Deliveries  deliveriesVerb  `cmd:"" help:"Look at deliveries; move those of a webhook that was renamed."`
	Replay      replayVerb      `cmd:"" help:"Deliver again what has ended: one delivery, or all that match."`
	Resume      resumeVerb      `cmd:"" help:"End the suspension of a webhook."`
	Reload      reloadVerb      `cmd:"" help:"Make the agent read its configuration again."`
	Schema      schemaVerb      `cmd:"" help:"Print the reference of the configuration, or what events hold."`
	Doctor      doctorVerb      `cmd:"" help:"Check a data directory, and rebuild a damaged line of what can be read."`
	Queue       queueVerb       `cmd:"" help:"Back up what is stored."`
	Secret      secretVerb      `cmd:"" help:"The stored secrets of webhooks."`
	Healthcheck healthcheckVerb `cmd:"" help:"For containers: exit 0 when the agent takes events, else 1."`
	Completion  completionVerb  `cmd:"" help:"Print what a shell has to read to complete command lines: bash, zsh or fish."`
	Complete    completeVerb    `cmd:"" hidden:"" help:"What the last word of a command line may become; for the shells."`
	Man         manVerb         `cmd:"" hidden:"" help:"Print the manual page, for man."`
	Version     versionVerb     `cmd:"" help:"Print the version."`
}

// A session is what a verb works with besides its flags.
type session struct {
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	hangups <-chan os.Signal // SIGHUP, from the first moment on, for verbs that stay
}

// Main runs one command line, without the program's name, and returns the exit
// status. It may be called from several goroutines at once, but for run and
// demo, which take the process's signals.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	defer profiled()()
	return run(context.Background(), args, stdin, stdout, stderr)
}

// run is Main until ctx ends, which is to run, demo, receive and tail what Ctrl-C is.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// Before anything else: an early SIGHUP must ask run for a reload, not kill it.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	keepOwner()
	s := &session{ctx: ctx, in: stdin, out: stdout, err: stderr, hangups: hangups}

	if len(args) == 0 {
		_, _, _ = parse([]string{"--help"}, stderr, stderr) // a newcomer's first command line, though a wrong one
		return exitUsage
	}
	verb, helped, err := parse(args, stdout, stderr)
	if helped {
		return exitOK
	}
	if err != nil {
		return s.fail(err)
	}
	switch verb.Command() {
	case "run", "demo", "receive", "tail":
	default:
		signal.Stop(hangups)
	}
	return s.fail(verb.Run(s))
}

// parse finds the verb and fills in its flags; helped tells that help was asked
// for and printed.
func parse(args []string, stdout, stderr io.Writer) (verb *kong.Context, helped bool, err error) {
	parser, err := newParser(stdout, stderr, func(int) { helped = true })
	if err != nil {
		return nil, false, err
	}
	verb, err = parser.Parse(spelled(args))
	if helped || err == nil {
		return verb, helped, nil
	}
	return nil, false, misuse(err)
}

// newParser makes the parser; exit is called once help is printed.
func newParser(stdout, stderr io.Writer, exit func(int)) (*kong.Kong, error) {
	parser, err := kong.New(&postern{},
		kong.Name("postern"),
		kong.Description("Postern delivers events to webhooks: an event that it took is on disk, and goes out until it has arrived."),
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 80}),
		kong.ValueFormatter(helpWithVariable),
		variables(os.LookupEnv),
	)
	if err != nil {
		return nil, err
	}
	addPages(parser.Model)
	return parser, ownVariables(parser)
}

// spelled lets help and --version be given the other way round, too.
func spelled(args []string) []string {
	if len(args) == 0 {
		return args
	}
	switch args[0] {
	case "help":
		return append(args[1:len(args):len(args)], "--help")
	case "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// plainly says of what is missing that it is, which the parser of arguments
// doesn't.
func plainly(message string) string {
	if flag, _, found := strings.Cut(message, ": expected "); found && strings.HasSuffix(message, `got "EOL" (<EOL>)`) {
		return flag + ": a value is missing"
	}
	if name, found := strings.CutPrefix(message, `expected "<`); found {
		return "an argument is missing: " + strings.TrimSuffix(name, `>"`)
	}
	return message
}

// misuse is a mistake in the command line, with the place where help is.
func misuse(err error) error {
	place := "postern"
	var parsing *kong.ParseError
	if errors.As(err, &parsing) && parsing.Context != nil && parsing.Context.Command() != "" {
		words := strings.FieldsFunc(parsing.Context.Command(), func(r rune) bool { return r == ' ' })
		for _, w := range words {
			if !strings.HasPrefix(w, "<") {
				place += " " + w
			}
		}
	}
	return usageError{fmt.Sprintf("%s; see %s --help", plainly(err.Error()), place)}
}
