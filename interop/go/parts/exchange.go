// SPDX-License-Identifier: Apache-2.0

package parts

import (
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p-pubsub/partialmessages"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

// state is what the library keeps of one peer in one group for us.
type state struct {
	said bool // it told what it has
	has  byte // by its own word, or because it sent them, or we did
	told bool
	last byte // what we told it last
}

type key struct {
	topic string
	id    ID
}

// Exchange takes the parts that come, and publishes again whatever was spoken of, until everybody
// who asks has all.
type Exchange struct {
	// Grown is told of a group that has more than before, and by whom.
	Grown func(topic string, group Group, via peer.ID)

	router *pubsub.PubSub
	mutex  sync.Mutex
	groups map[key]*Group
}

// Option is what the router has to be started with.
func (e *Exchange) Option() pubsub.Option {
	e.groups = map[key]*Group{}
	return pubsub.WithPartialMessagesExtension(&partialmessages.PartialMessagesExtension[state]{
		Logger:        slog.New(slog.DiscardHandler),
		OnIncomingRPC: e.onRPC,
		OnEmitGossip: func(topic string, id []byte, _ []peer.ID, _ map[peer.ID]state) {
			e.later(topic, ID(id))
		},
	})
}

// Start hands over the router, which has started with the option.
func (e *Exchange) Start(router *pubsub.PubSub) { e.router = router }

// Add has parts of our own. It returns all of the group, which may be known already, where it has
// grown.
func (e *Exchange) Add(topic string, group Group) *Group {
	grown, _, _ := e.extend(key{topic, group.ID}, group.Encode(All)) // made so, it fits
	return grown
}

// Publish tells peers, or those named, of the group, and sends what they lack.
func (e *Exchange) Publish(topic string, id ID, to ...peer.ID) error {
	e.mutex.Lock()
	group := *e.group(key{topic, id})
	e.mutex.Unlock()
	actions := func(states map[peer.ID]state, asks func(peer.ID) bool) iter.Seq2[peer.ID, partialmessages.PublishAction] {
		return func(yield func(peer.ID, partialmessages.PublishAction) bool) {
			whom := to
			if len(whom) == 0 {
				whom = slices.Collect(maps.Keys(states))
			}
			for _, id := range whom {
				known := states[id]
				action := known.next(&group, asks(id))
				states[id] = known
				if !yield(id, action) {
					return
				}
			}
		}
	}
	return pubsub.PublishPartial(e.router, topic, id[:], actions)
}

// next is what the peer is to be sent now; it counts as sent.
func (s *state) next(group *Group, asks bool) (action partialmessages.PublishAction) {
	have := group.Have()
	if lacks := have &^ s.has; asks && s.said && lacks != 0 {
		action.EncodedPartialMessage = group.Encode(lacks)
		s.has |= lacks
	}
	if !s.told || s.last != have {
		action.EncodedPartsMetadata = []byte{have}
		s.told, s.last = true, have
	}
	return action
}

func (e *Exchange) group(k key) *Group {
	if e.groups[k] == nil {
		e.groups[k] = &Group{ID: k.id}
	}
	return e.groups[k]
}

// onRPC runs in the library's loop, which it must not hold up.
func (e *Exchange) onRPC(from peer.ID, states map[peer.ID]state, rpc *pb.PartialMessagesExtension) error {
	if len(rpc.GroupID) != len(ID{}) {
		return fmt.Errorf("group id of %d bytes", len(rpc.GroupID))
	}
	known := states[from]
	if metadata := rpc.GetPartsMetadata(); len(metadata) > 0 {
		known.said = true
		known.has |= metadata[0]
	}
	grown, which, err := e.extend(key{rpc.GetTopicID(), ID(rpc.GroupID)}, rpc.GetPartialMessage())
	if err != nil {
		return err
	}
	known.has |= which
	states[from] = known
	if grown != nil {
		e.Grown(rpc.GetTopicID(), *grown, from)
	}
	e.later(rpc.GetTopicID(), ID(rpc.GroupID))
	return nil
}

// extend returns the group when it has more than before, and which parts came.
func (e *Exchange) extend(k key, encoded []byte) (grown *Group, which byte, err error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	group := e.group(k)
	before := group.Have()
	which, err = group.Extend(encoded)
	if err == nil && group.Have() != before {
		now := *group
		grown = &now
	}
	return grown, which, err
}

// later publishes when the library's loop is free again.
func (e *Exchange) later(topic string, id ID) {
	go func() {
		if err := e.Publish(topic, id); err != nil {
			fmt.Fprintln(os.Stderr, "partial message:", err)
		}
	}()
}
