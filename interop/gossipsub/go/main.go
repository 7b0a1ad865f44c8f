// SPDX-License-Identifier: Apache-2.0

// The go node of gossipsub-interop: go-libp2p-pubsub behind a params.json. Its number is in the
// name of the host. Ends after the last instruction.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"
)

func main() {
	started := time.Now()
	params := flag.String("params", "", "the script, a JSON file")
	flag.Parse()
	if err := run(started, *params); err != nil {
		fmt.Fprintln(os.Stderr, "go-gossipsub:", err)
		os.Exit(1)
	}
}

func run(started time.Time, params string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	var number int
	if _, err := fmt.Sscanf(name, "node%d", &number); err != nil {
		return fmt.Errorf("this host is not named node<number>: %w", err)
	}
	text, err := os.ReadFile(params)
	if err != nil {
		return err
	}
	var script struct {
		Script []instruction `json:"script"`
	}
	if err := json.Unmarshal(text, &script); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, err := newNode(ctx, started, number, slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if err != nil {
		return err
	}
	defer n.host.Close()
	for _, each := range script.Script {
		if err := n.do(each); err != nil {
			return fmt.Errorf("%s: %w", each.Type, err)
		}
	}
	return nil
}
