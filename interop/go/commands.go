// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

const (
	connectTimeoutDefault = 5000 // milliseconds
	pingTimeout           = 10 * time.Second
)

var errNotConnected = errors.New("not connected")

// command is one operation. A slow one waits for others and runs beside the commands after it.
type command struct {
	run  func(*node, *arguments) (object, error)
	slow bool
}

var commands = map[string]command{
	"connect":         {(*node).doConnect, true},
	"disconnect":      {(*node).doDisconnect, false},
	"subscribe":       {(*node).doSubscribe, false},
	"unsubscribe":     {(*node).doUnsubscribe, false},
	"publish":         {(*node).doPublish, false},
	"peers":           {(*node).doPeers, false},
	"mesh":            {(*node).doMesh, false},
	"score":           {(*node).doScore, true},
	"partial_join":    {(*node).doPartialJoin, false},
	"partial_publish": {(*node).doPartialPublish, false},
	"ping":            {(*node).doPing, true},
	"stats":           {(*node).doStats, false},
	"bench_receive":   {(*node).doBenchReceive, false},
	"bench_publish":   {(*node).doBenchPublish, true},
	"bench_dial":      {(*node).doBenchDial, true},
	"perf":            {(*node).doPerf, true},
	"quit":            {(*node).doQuit, false},
}

// serve answers commands until the input ends or one says quit.
func (n *node) serve(input io.Reader) {
	lines := bufio.NewReader(input)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 && n.answer(line) {
			return
		}
		if err != nil {
			return
		}
	}
}

// answer takes one line and tells whether it was the last.
func (n *node) answer(line []byte) (quit bool) {
	a, err := parseArguments(line)
	if err != nil {
		n.reply(nil, nil, err)
		return false
	}
	id := optional[json.RawMessage](a, "id", nil)
	name := required[string](a, "op")
	chosen, known := commands[name]
	if !known {
		a.fail(fmt.Errorf("unknown op %q", name))
	}
	if a.err != nil {
		n.reply(id, nil, a.err)
		return false
	}
	if chosen.slow {
		go n.execute(id, chosen, a)
		return false
	}
	return n.execute(id, chosen, a) && name == "quit"
}

func (n *node) execute(id json.RawMessage, c command, a *arguments) (ok bool) {
	result, err := c.run(n, a)
	n.reply(id, result, err)
	return err == nil
}

func (n *node) reply(id json.RawMessage, result object, err error) {
	reply := object{"reply": id, "ok": err == nil}
	for name, value := range result {
		reply[name] = value
	}
	if err != nil {
		reply["error"] = err.Error()
	}
	n.out.emit(reply)
}

func (n *node) doConnect(a *arguments) (object, error) {
	address := required[string](a, "addr")
	timeout := a.duration("timeout_ms", time.Millisecond, connectTimeoutDefault*time.Millisecond)
	if err := a.done(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(n.ctx, timeout)
	defer cancel()
	id, err := n.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return object{"peer_id": id}, nil
}

func (n *node) doDisconnect(a *arguments) (object, error) {
	id := takePeer(a, "peer")
	if err := a.done(); err != nil {
		return nil, err
	}
	return nil, n.host.Network().ClosePeer(id)
}

func (n *node) doSubscribe(a *arguments) (object, error) {
	t, err := n.takeTopic(a)
	if err != nil {
		return nil, err
	}
	return nil, n.subscribe(t)
}

func (n *node) doUnsubscribe(a *arguments) (object, error) {
	t, err := n.takeTopic(a)
	if err != nil {
		return nil, err
	}
	n.unsubscribe(t)
	return nil, nil
}

func (n *node) doPublish(a *arguments) (object, error) {
	data := required[[]byte](a, "data")
	t, err := n.takeTopic(a)
	if err != nil {
		return nil, err
	}
	id, err := n.publish(t, data)
	if err != nil {
		return nil, err
	}
	return object{"message_id": []byte(id)}, nil
}

func (n *node) doPeers(a *arguments) (object, error) {
	topic, narrowed := take[string](a, "topic")
	if err := a.done(); err != nil {
		return nil, err
	}
	ids := n.host.Network().Peers()
	if narrowed {
		ids = n.pubsub.ListPeers(topic)
	}
	slices.Sort(ids)
	peers := []object{}
	for _, id := range ids {
		entry := object{"peer_id": id}
		if negotiated := n.observer.protocol(id); negotiated != "" {
			entry["protocol"] = negotiated
		}
		peers = append(peers, entry)
	}
	return object{"peers": peers}, nil
}

func (n *node) doMesh(a *arguments) (object, error) {
	topic := required[string](a, "topic")
	if err := a.done(); err != nil {
		return nil, err
	}
	if n.flood {
		return nil, unsupported("mesh: floodsub has none")
	}
	return object{"peers": n.observer.mesh(topic)}, nil
}

func (n *node) doScore(a *arguments) (object, error) {
	id := takePeer(a, "peer")
	if err := a.done(); err != nil {
		return nil, err
	}
	if n.scores == nil {
		return object{"score": 0}, nil // what the router itself takes it to be
	}
	score, err := n.scores.of(n.ctx, id)
	if err != nil {
		return nil, err
	}
	return object{"score": score}, nil
}

func (n *node) doPing(a *arguments) (object, error) {
	id := takePeer(a, "peer")
	if err := a.done(); err != nil {
		return nil, err
	}
	if !n.connected(id) {
		return nil, errNotConnected
	}
	ctx, cancel := context.WithTimeout(n.ctx, pingTimeout)
	defer cancel()
	select {
	case result, open := <-ping.Ping(ctx, n.host, id):
		if !open {
			return nil, errors.New("the ping ended without an answer")
		}
		return object{"rtt_us": float64(result.RTT) / 1e3}, result.Error
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *node) doStats(a *arguments) (object, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	for _, r := range n.unfinished() {
		n.out.emit(r.report())
	}
	resident, err := residentKB()
	if err != nil {
		return nil, err
	}
	return object{
		"cpu_us":      processorTime().Microseconds(),
		"rss_kb":      resident,
		"duplicates":  n.observer.duplicates.Load(),
		"delivered":   n.observer.delivered.Load(),
		"rpc_dropped": n.observer.rpcDropped.Load(),
	}, nil
}

func (n *node) doBenchReceive(a *arguments) (object, error) {
	size := a.atLeast(headerSize, "size", -1)
	count := a.atLeast(1, "count", -1)
	ackEvery := a.atLeast(1, "ack_every", -1)
	t, err := n.takeTopic(a)
	if err != nil {
		return nil, err
	}
	r, err := newReceiver(t.name, size, uint64(count), uint64(ackEvery))
	if err != nil {
		return nil, err
	}
	if err := n.arm(t, r); err != nil {
		r.acks.close()
		return nil, err
	}
	return object{"ack_addr": r.acks.address()}, nil
}

func (n *node) doBenchPublish(a *arguments) (object, error) {
	c := takeCampaign(a)
	if a.err == nil {
		a.err = c.check()
	}
	t, err := n.takeTopic(a)
	if err != nil {
		return nil, err
	}
	return c.run(n, t)
}

func (n *node) doBenchDial(a *arguments) (object, error) {
	address := required[string](a, "addr")
	count := a.atLeast(1, "count", -1)
	concurrency := a.atLeast(1, "concurrency", -1)
	if err := a.done(); err != nil {
		return nil, err
	}
	return n.benchDial(address, count, concurrency)
}

func (n *node) doPerf(a *arguments) (object, error) {
	peerText := optional(a, "peer", "")
	address := optional(a, "addr", "")
	upload := required[uint64](a, "upload")
	download := required[uint64](a, "download")
	if (peerText == "") == (address == "") {
		a.fail(errors.New("one of peer and addr is needed"))
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	id, err := n.perfPeer(peerText, address)
	if err != nil {
		return nil, err
	}
	wall, err := n.requestPerf(id, upload, download)
	if err != nil {
		return nil, err
	}
	return object{"wall_ns": wall}, nil
}

// perfPeer connects first where an address is given; that is not measured.
func (n *node) perfPeer(text, address string) (peer.ID, error) {
	if address == "" {
		return peer.Decode(text)
	}
	ctx, cancel := context.WithTimeout(n.ctx, connectTimeoutDefault*time.Millisecond)
	defer cancel()
	return n.connect(ctx, address)
}

func (n *node) doQuit(a *arguments) (object, error) { return nil, a.done() }

func takePeer(a *arguments, name string) peer.ID {
	text := required[string](a, name)
	id, err := peer.Decode(text)
	if err != nil {
		a.fail(fmt.Errorf("%s: %w", name, err))
	}
	return id
}

// takeTopic takes the topic, the last of the arguments: nothing is joined when any is wrong.
func (n *node) takeTopic(a *arguments) (*topic, error) {
	name := required[string](a, "topic")
	if err := a.done(); err != nil {
		return nil, err
	}
	return n.topic(name)
}

func (n *node) connected(id peer.ID) bool {
	return n.host.Network().Connectedness(id) == network.Connected
}

// residentKB is the resident size of the process in KiB.
func residentKB() (int, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, errors.New("/proc/self/statm is not understood")
	}
	pages, err := strconv.Atoi(fields[1])
	return pages * (os.Getpagesize() / 1024), err
}
