// SPDX-License-Identifier: Apache-2.0

// The go agent: go-libp2p with go-libp2p-pubsub behind JSON lines, so that a driver can put it
// against any other implementation. Commands come on standard input, replies and events go to
// standard output, logs to standard error.
package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"time"
)

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnsupported = 3
)

// Together they stay below the five seconds an agent has to end.
const (
	closeTimeout = 2 * time.Second
	flushTimeout = time.Second
)

// unsupported says what the implementation cannot do, or refuses.
type unsupported string

func (u unsupported) Error() string { return "unsupported: " + string(u) }

// usageError is a command line or configuration that is wrong for every implementation.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, newOutput(os.Stdout)))
}

// run lives until the end of input or `quit` and returns the exit status.
func run(line []string, input io.Reader, out *output) int {
	defer out.flush(flushTimeout)
	settings, err := parseFlags(line)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return failed(out, err)
	}
	n, err := startNode(settings, out)
	if err != nil {
		return failed(out, err)
	}
	out.emit(n.ready())
	n.serve(input)
	n.close(closeTimeout)
	return exitOK
}

// failed announces why the agent does not start and returns its exit status.
func failed(out *output, err error) int {
	out.emit(object{"event": "failed", "error": err.Error()})
	var refused unsupported
	var usage usageError
	switch {
	case errors.As(err, &refused):
		return exitUnsupported
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFailed
	}
}
