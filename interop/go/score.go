// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// scoring is the `score` object: what is absent is zero, which switches that part off.
type scoring struct {
	params     *pubsub.PeerScoreParams
	thresholds *pubsub.PeerScoreThresholds
}

func takeScoring(a *arguments) *scoring {
	given, found := take[values](a, "score")
	if !found {
		return nil
	}
	inner := &arguments{values: given}
	number := func(name string) float64 { return optional(inner, name, 0.0) }
	s := &scoring{
		thresholds: &pubsub.PeerScoreThresholds{
			SkipAtomicValidation:        true,
			GossipThreshold:             number("gossip_threshold"),
			PublishThreshold:            number("publish_threshold"),
			GraylistThreshold:           number("graylist_threshold"),
			AcceptPXThreshold:           number("accept_px_threshold"),
			OpportunisticGraftThreshold: number("opportunistic_graft_threshold"),
		},
		params: &pubsub.PeerScoreParams{
			SkipAtomicValidation:        true,
			Topics:                      takeTopicScores(inner),
			AppSpecificScore:            func(peer.ID) float64 { return 0 },
			TopicScoreCap:               number("topic_score_cap"),
			AppSpecificWeight:           number("app_specific_weight"),
			IPColocationFactorWeight:    number("ip_colocation_factor_weight"),
			IPColocationFactorThreshold: optional(inner, "ip_colocation_factor_threshold", 0),
			BehaviourPenaltyWeight:      number("behaviour_penalty_weight"),
			BehaviourPenaltyThreshold:   number("behaviour_penalty_threshold"),
			BehaviourPenaltyDecay:       number("behaviour_penalty_decay"),
			DecayToZero:                 optional(inner, "decay_to_zero", pubsub.DefaultDecayToZero),
			DecayInterval: inner.duration(
				"decay_interval_ms", time.Millisecond, pubsub.DefaultDecayInterval),
			RetainScore: inner.duration("retain_score_ms", time.Millisecond, 0),
			SeenMsgTTL:  inner.duration("seen_msg_ttl_ms", time.Millisecond, 0),
		},
	}
	a.failIn("score", inner)
	return s
}

func takeTopicScores(score *arguments) map[string]*pubsub.TopicScoreParams {
	topics := map[string]*pubsub.TopicScoreParams{}
	for topic, given := range optional[map[string]values](score, "topics", nil) {
		inner := &arguments{values: given}
		topics[topic] = takeTopicScore(inner)
		score.failIn(fmt.Sprintf("topics: %s", topic), inner)
	}
	return topics
}

func takeTopicScore(a *arguments) *pubsub.TopicScoreParams {
	number := func(name string) float64 { return optional(a, name, 0.0) }
	length := func(name string) time.Duration { return a.duration(name, time.Millisecond, 0) }
	p := &pubsub.TopicScoreParams{
		SkipAtomicValidation:            true,
		TopicWeight:                     number("topic_weight"),
		TimeInMeshWeight:                number("time_in_mesh_weight"),
		TimeInMeshQuantum:               length("time_in_mesh_quantum_ms"),
		TimeInMeshCap:                   number("time_in_mesh_cap"),
		FirstMessageDeliveriesWeight:    number("first_message_deliveries_weight"),
		FirstMessageDeliveriesDecay:     number("first_message_deliveries_decay"),
		FirstMessageDeliveriesCap:       number("first_message_deliveries_cap"),
		MeshMessageDeliveriesWeight:     number("mesh_message_deliveries_weight"),
		MeshMessageDeliveriesDecay:      number("mesh_message_deliveries_decay"),
		MeshMessageDeliveriesCap:        number("mesh_message_deliveries_cap"),
		MeshMessageDeliveriesThreshold:  number("mesh_message_deliveries_threshold"),
		MeshMessageDeliveriesWindow:     length("mesh_message_deliveries_window_ms"),
		MeshMessageDeliveriesActivation: length("mesh_message_deliveries_activation_ms"),
		MeshFailurePenaltyWeight:        number("mesh_failure_penalty_weight"),
		MeshFailurePenaltyDecay:         number("mesh_failure_penalty_decay"),
		InvalidMessageDeliveriesWeight:  number("invalid_message_deliveries_weight"),
		InvalidMessageDeliveriesDecay:   number("invalid_message_deliveries_decay"),
	}
	if p.TimeInMeshWeight == 0 && p.TimeInMeshQuantum == 0 {
		p.TimeInMeshQuantum = time.Second // the library divides by it whatever the weight
	}
	return p
}

// The library shows scores only from time to time, to a function of ours.
const inspectInterval = 50 * time.Millisecond

// scoreboard holds the scores last shown.
type scoreboard struct {
	mutex  sync.Mutex
	scores map[peer.ID]float64
	next   chan struct{} // closed when newer scores come
}

func newScoreboard() *scoreboard { return &scoreboard{next: make(chan struct{})} }

func (s *scoreboard) show(scores map[peer.ID]float64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.scores = scores
	close(s.next)
	s.next = make(chan struct{})
}

// of waits for scores that are newer than the question: the first ones to come may have been
// computed just before it. A peer the library keeps no score of has zero.
func (s *scoreboard) of(ctx context.Context, id peer.ID) (float64, error) {
	for range 2 {
		s.mutex.Lock()
		next := s.next
		s.mutex.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.scores[id], nil
}
