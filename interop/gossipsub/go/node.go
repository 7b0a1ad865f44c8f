// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"grapevine/interop/go/parts"
)

const (
	queueSize       = 600
	messageSizeMax  = 10 << 20
	idSize          = 8
	connectTimeout  = 20 * time.Second // whoever is dialled may start a little later
	connectInterval = 100 * time.Millisecond
)

// node does what a script says.
type node struct {
	ctx      context.Context
	started  time.Time
	number   int
	log      *slog.Logger
	host     host.Host
	pubsub   *pubsub.PubSub
	exchange *parts.Exchange
	topics   map[string]*pubsub.Topic
}

func newNode(ctx context.Context, started time.Time, number int, log *slog.Logger) (*node, error) {
	h, err := libp2p.New(
		libp2p.Identity(keyOf(number)),
		libp2p.ListenAddrStrings("/ip4/0.0.0.0/tcp/9000"),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
	)
	if err != nil {
		return nil, err
	}
	log.Info("PeerID", "id", h.ID(), "node_id", number)
	n := &node{
		ctx: ctx, started: started, number: number, log: log, host: h,
		topics: map[string]*pubsub.Topic{},
	}
	n.exchange = &parts.Exchange{Grown: func(_ string, group parts.Group, _ peer.ID) {
		n.tellWhole(group)
	}}
	return n, nil
}

// keyOf is the contract's rule: the number as 8 bytes little-endian, then zeros, is the seed.
func keyOf(number int) crypto.PrivKey {
	seed := make([]byte, ed25519.SeedSize)
	binary.LittleEndian.PutUint64(seed, uint64(number))
	key, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		panic(err) // of this length it is a key
	}
	return key
}

func (n *node) start(params pubsub.GossipSubParams) (err error) {
	n.pubsub, err = pubsub.NewGossipSub(n.ctx, n.host,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return string(m.Data[:min(idSize, len(m.Data))]) }),
		pubsub.WithMaxMessageSize(messageSizeMax),
		pubsub.WithPeerOutboundQueueSize(queueSize),
		pubsub.WithValidateQueueSize(queueSize),
		pubsub.WithGossipSubParams(params),
		pubsub.WithRawTracer(copies{n}),
		n.exchange.Option(),
	)
	if err == nil {
		n.exchange.Start(n.pubsub)
	}
	return err
}

func (n *node) connectAll(numbers []int) error {
	for _, number := range numbers {
		if err := n.connect(number); err != nil {
			return fmt.Errorf("node%d: %w", number, err)
		}
	}
	return nil
}

func (n *node) connect(number int) error {
	addresses, err := net.LookupHost("node" + strconv.Itoa(number))
	if err != nil {
		return err
	}
	id, err := peer.IDFromPrivateKey(keyOf(number))
	if err != nil {
		return err
	}
	to, err := peer.AddrInfoFromString(fmt.Sprintf("/ip4/%s/tcp/9000/p2p/%s", addresses[0], id))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(n.ctx, connectTimeout)
	defer cancel()
	ctx = network.WithForceDirectDial(ctx, "no back-off after a dial that was too early")
	for {
		err = n.host.Connect(ctx, *to)
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(connectInterval)
	}
}

func (n *node) topic(name string, options ...pubsub.TopicOpt) (*pubsub.Topic, error) {
	if known := n.topics[name]; known != nil {
		return known, nil
	}
	joined, err := n.pubsub.Join(name, options...)
	if err == nil {
		n.topics[name] = joined
	}
	return joined, err
}

func (n *node) subscribe(name string, partial bool) error {
	var options []pubsub.TopicOpt
	if partial {
		options = append(options, pubsub.RequestPartialMessages())
	}
	t, err := n.topic(name, options...)
	if err != nil {
		return err
	}
	subscription, err := t.Subscribe(pubsub.WithBufferSize(queueSize))
	if err != nil {
		return err
	}
	go func() {
		for {
			if _, err := subscription.Next(n.ctx); err != nil {
				return
			}
		}
	}()
	return nil
}

func (n *node) delayValidation(topic string, delay time.Duration) error {
	return n.pubsub.RegisterTopicValidator(topic,
		func(context.Context, peer.ID, *pubsub.Message) bool {
			time.Sleep(delay)
			return true
		})
}

func (n *node) tellWhole(group parts.Group) {
	if group.Have() == parts.All {
		n.log.Info("All parts received", "group id", binary.BigEndian.Uint64(group.ID[:]))
	}
}
