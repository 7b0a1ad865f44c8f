// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// Every queue is raised, so that a closed loop never drops.
const (
	outboundQueueSize   = 8192
	validateQueueSize   = 8192
	validateConcurrency = 8192
	subscriptionBuffer  = 16384
)

// startPubsub starts the router. What the library refuses is unsupported, in its own words.
func (n *node) startPubsub(c config) error {
	router, err := n.newRouter(c)
	if err != nil {
		return unsupported(err.Error())
	}
	n.pubsub = router
	if n.exchange != nil {
		n.exchange.Start(router)
	}
	for _, v := range c.verdicts {
		err := router.RegisterTopicValidator(v.topic, n.judge(v),
			pubsub.WithValidatorConcurrency(validateConcurrency))
		if err != nil {
			return unsupported("validate: " + err.Error())
		}
	}
	return nil
}

func (n *node) newRouter(c config) (*pubsub.PubSub, error) {
	options := append(n.commonOptions(c), signingOptions(c)...)
	if c.flood {
		protocols := c.protocols
		if protocols == nil {
			protocols = []protocol.ID{pubsub.FloodSubID}
		}
		return pubsub.NewFloodsubWithProtocols(n.ctx, n.host, protocols, options...)
	}
	return pubsub.NewGossipSub(n.ctx, n.host, append(options, n.gossipOptions(c)...)...)
}

func (n *node) commonOptions(c config) []pubsub.Option {
	return []pubsub.Option{
		pubsub.WithRawTracer(n.observer),
		pubsub.WithMessageIdFn(n.ids.id),
		pubsub.WithMaxMessageSize(c.maxMessageSize),
		pubsub.WithSeenMessagesTTL(c.seenTTL),
		pubsub.WithPeerOutboundQueueSize(outboundQueueSize),
		pubsub.WithValidateQueueSize(validateQueueSize),
	}
}

func signingOptions(c config) []pubsub.Option {
	if c.signed {
		return []pubsub.Option{pubsub.WithMessageSignaturePolicy(pubsub.StrictSign)}
	}
	return []pubsub.Option{
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
	}
}

func (n *node) gossipOptions(c config) []pubsub.Option {
	options := []pubsub.Option{
		pubsub.WithGossipSubParams(c.mesh),
		pubsub.WithFloodPublish(c.floodPublish),
		pubsub.WithPeerExchange(c.px),
	}
	if c.protocols != nil {
		options = append(options,
			pubsub.WithGossipSubProtocols(c.protocols, pubsub.GossipSubDefaultFeatures))
	}
	if c.direct != nil {
		options = append(options, pubsub.WithDirectPeers(c.direct))
	}
	if n.exchange != nil {
		options = append(options, n.exchange.Option())
	}
	if c.score != nil {
		options = append(options,
			pubsub.WithPeerScore(c.score.params, c.score.thresholds),
			pubsub.WithPeerScoreInspect(n.scores.show, inspectInterval))
	}
	return options
}

// judge gives the verdict on what others send; our own messages pass.
func (n *node) judge(v verdict) pubsub.ValidatorEx {
	return func(ctx context.Context, from peer.ID, _ *pubsub.Message) pubsub.ValidationResult {
		if from == n.host.ID() {
			return pubsub.ValidationAccept
		}
		if v.delay > 0 {
			select {
			case <-time.After(v.delay):
			case <-ctx.Done():
				return pubsub.ValidationIgnore
			}
		}
		return v.result
	}
}
