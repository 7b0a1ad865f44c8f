// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"grapevine/interop/go/parts"
)

const pubsubModule = "github.com/libp2p/go-libp2p-pubsub"

// node is one libp2p host with its pubsub.
type node struct {
	ctx      context.Context
	cancel   context.CancelFunc
	out      *output
	host     host.Host
	pubsub   *pubsub.PubSub
	observer *observer
	ids      *idWatch
	scores   *scoreboard     // nil without scoring
	exchange *parts.Exchange // nil without partial messages
	flood    bool

	mutex  sync.Mutex
	topics map[string]*topic
}

func startNode(s settings, out *output) (*node, error) {
	key, err := identity(s.seed)
	if err != nil {
		return nil, err
	}
	h, err := newHost(key, s.listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &node{
		ctx:      ctx,
		cancel:   cancel,
		out:      out,
		host:     h,
		observer: newObserver(),
		ids:      newIDWatch(s.config.messageID),
		flood:    s.config.flood,
		topics:   map[string]*topic{},
	}
	if s.config.score != nil {
		n.scores = newScoreboard()
	}
	if s.config.partial {
		n.exchange = n.newExchange()
	}
	if err := n.startPubsub(s.config); err != nil {
		n.close(closeTimeout)
		return nil, err
	}
	h.SetStreamHandler(perfProtocol, servePerf)
	if err := n.watchPeers(); err != nil {
		n.close(closeTimeout)
		return nil, err
	}
	return n, nil
}

// newHost speaks TCP, Noise and yamux and limits nothing. Ports are not shared between listening
// and dialling: bench_dial opens many connections to one address.
func newHost(key crypto.PrivKey, listen []ma.Multiaddr) (host.Host, error) {
	addresses := libp2p.NoListenAddrs
	if len(listen) > 0 {
		addresses = libp2p.ListenAddrs(listen...)
	}
	return libp2p.New(
		libp2p.Identity(key),
		addresses,
		libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		libp2p.UserAgent("grapevine-go-agent"),
	)
}

// watchPeers prints every peer that comes and goes.
func (n *node) watchPeers() error {
	changes, err := n.host.EventBus().Subscribe(new(event.EvtPeerConnectednessChanged))
	if err != nil {
		return err
	}
	go func() {
		defer changes.Close()
		for {
			select {
			case change := <-changes.Out():
				n.tell(change.(event.EvtPeerConnectednessChanged))
			case <-n.ctx.Done():
				return
			}
		}
	}()
	return nil
}

func (n *node) tell(change event.EvtPeerConnectednessChanged) {
	switch change.Connectedness {
	case network.Connected:
		n.out.emit(object{"event": "connected", "peer": change.Peer})
	case network.NotConnected:
		n.out.emit(object{"event": "disconnected", "peer": change.Peer})
	}
}

// ready is the first line of output.
func (n *node) ready() object {
	addresses := []string{}
	// What cannot be listed is not listened on.
	listening, _ := n.host.Network().InterfaceListenAddresses()
	for _, address := range listening {
		addresses = append(addresses, address.String()+"/p2p/"+n.host.ID().String())
	}
	return object{
		"event":   "ready",
		"name":    "go-libp2p-pubsub",
		"version": pubsubVersion(),
		"peer_id": n.host.ID(),
		"addrs":   addresses,
		"pid":     os.Getpid(),
	}
}

func pubsubVersion() string {
	if info, known := debug.ReadBuildInfo(); known {
		for _, module := range info.Deps {
			if module.Path == pubsubModule {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "unknown"
}

// close ends the node, or gives up after the timeout: the process ends anyway.
func (n *node) close(timeout time.Duration) {
	n.cancel()
	closed := make(chan struct{})
	go func() {
		// The process ends next; there is nobody to tell.
		_ = n.host.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(timeout):
	}
}
