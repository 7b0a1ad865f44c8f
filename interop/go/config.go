// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// The library forgets seen messages in a sweep once a minute, so it cannot keep a shorter time.
const seenTTLMin = time.Minute

const messageSizeMax = 4 << 20

// config is what --config says, with the library's defaults where it says nothing.
type config struct {
	signed         bool
	messageID      messageIDRule
	flood          bool // the floodsub router instead of gossipsub
	protocols      []protocol.ID
	mesh           pubsub.GossipSubParams
	floodPublish   bool
	px             bool
	partial        bool
	maxMessageSize int
	seenTTL        time.Duration
	score          *scoring
	direct         []peer.AddrInfo
	verdicts       []verdict
}

// verdict is how messages of a topic that come from others are judged, and after how long.
type verdict struct {
	topic  string
	delay  time.Duration
	result pubsub.ValidationResult
}

func parseConfig(text []byte) (config, error) {
	a, err := parseArguments(text)
	if err != nil {
		return config{}, usageError{fmt.Errorf("config: %w", err)}
	}
	c := config{
		floodPublish:   optional(a, "flood_publish", false),
		px:             optional(a, "px", false),
		partial:        optional(a, "partial", false),
		maxMessageSize: a.atLeast(1, "max_message_size", messageSizeMax),
		seenTTL:        a.duration("seen_ttl_ms", time.Millisecond, pubsub.TimeCacheDuration),
	}
	c.signed = choice(a, "sign", "strict", map[string]bool{"strict": true, "none": false})
	c.messageID = takeMessageID(a, c.signed)
	c.flood = choice(a, "router", "gossipsub", map[string]bool{"gossipsub": false, "floodsub": true})
	for _, id := range optional[[]string](a, "protocols", nil) {
		c.protocols = append(c.protocols, protocol.ID(id))
	}
	c.mesh = takeMesh(a)
	c.score = takeScoring(a)
	c.direct = takeDirectPeers(a)
	c.verdicts = takeVerdicts(a)
	if err := a.done(); err != nil {
		return config{}, usageError{fmt.Errorf("config: %w", err)}
	}
	return c, c.honoured()
}

// honoured refuses what the library would take and not do.
func (c config) honoured() error {
	known := pubsub.GossipSubDefaultProtocols
	if c.flood {
		known = []protocol.ID{pubsub.FloodSubID}
	}
	for _, id := range c.protocols {
		if !slices.Contains(known, id) {
			return unsupported(fmt.Sprintf("protocols: %s", id))
		}
	}
	switch {
	case c.seenTTL < seenTTLMin:
		return unsupported(fmt.Sprintf("seen_ttl_ms: below %d", seenTTLMin.Milliseconds()))
	case !c.signed && c.messageID == idFromSeqno:
		return unsupported("message_id: from_seqno, for messages that have neither")
	case c.flood && c.score != nil:
		return unsupported("score: floodsub has none")
	case c.flood && c.direct != nil:
		return unsupported("direct_peers: floodsub has none")
	case c.flood && c.partial:
		return unsupported("partial: floodsub has none")
	case c.flood && c.px:
		return unsupported("px: floodsub has none")
	}
	return nil
}

// takeMesh takes the parameters of the gossipsub router. Whether they fit together is the
// library's to say; what would make it panic is refused here.
func takeMesh(a *arguments) pubsub.GossipSubParams {
	p := pubsub.DefaultGossipSubParams()
	p.D = a.atLeast(0, "d", p.D)
	p.Dlo = a.atLeast(0, "d_low", p.Dlo)
	p.Dhi = a.atLeast(0, "d_high", p.Dhi)
	p.Dscore = a.atLeast(0, "d_score", p.Dscore)
	p.Dout = a.atLeast(0, "d_out", p.Dout)
	p.Dlazy = a.atLeast(0, "d_lazy", p.Dlazy)
	p.GossipFactor = optional(a, "gossip_factor", p.GossipFactor)
	p.HistoryLength = a.atLeast(1, "history_length", p.HistoryLength)
	p.HistoryGossip = a.atLeast(0, "history_gossip", p.HistoryGossip)
	p.HeartbeatInterval = a.duration("heartbeat_ms", time.Millisecond, p.HeartbeatInterval)
	if p.HeartbeatInterval <= 0 {
		a.fail(fmt.Errorf("heartbeat_ms must be above 0"))
	}
	p.FanoutTTL = a.duration("fanout_ttl_ms", time.Millisecond, p.FanoutTTL)
	p.PruneBackoff = a.duration("prune_backoff_s", time.Second, p.PruneBackoff)
	p.UnsubscribeBackoff = a.duration("unsubscribe_backoff_s", time.Second, p.UnsubscribeBackoff)
	p.IDontWantMessageThreshold = a.atLeast(0, "idontwant_threshold", p.IDontWantMessageThreshold)
	return p
}

func takeDirectPeers(a *arguments) []peer.AddrInfo {
	var direct []peer.AddrInfo
	for _, text := range optional[[]string](a, "direct_peers", nil) {
		info, err := peer.AddrInfoFromString(text)
		if err != nil {
			a.fail(fmt.Errorf("direct_peers: %s: %w", text, err))
			continue
		}
		direct = append(direct, *info)
	}
	return direct
}

func takeVerdicts(a *arguments) []verdict {
	var verdicts []verdict
	for _, inner := range nested(a, "validate") {
		verdicts = append(verdicts, verdict{
			topic: required[string](inner, "topic"),
			delay: inner.duration("delay_ms", time.Millisecond, 0),
			result: choice(inner, "verdict", "accept", map[string]pubsub.ValidationResult{
				"accept": pubsub.ValidationAccept,
				"reject": pubsub.ValidationReject,
				"ignore": pubsub.ValidationIgnore,
			}),
		})
		a.failIn("validate", inner)
	}
	return verdicts
}

// nested takes a list of objects. The caller takes each apart and ends it with failIn.
func nested(a *arguments, name string) []*arguments {
	var list []*arguments
	for _, values := range optional[[]values](a, name, nil) {
		list = append(list, &arguments{values: values})
	}
	return list
}

// failIn ends an inner object and makes its error one of the outer.
func (a *arguments) failIn(name string, inner *arguments) {
	if err := inner.done(); err != nil {
		a.fail(fmt.Errorf("%s: %w", name, err))
	}
}

// choice takes one of a few words.
func choice[T any](a *arguments, name, absent string, meanings map[string]T) T {
	word := optional(a, name, absent)
	meaning, known := meanings[word]
	if !known {
		a.fail(fmt.Errorf("%s: %q is not a choice", name, word))
	}
	return meaning
}
