// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// observer learns from the library's trace what no other call tells: the mesh, the negotiated
// protocols and counts. The library calls it from its own loop, so nothing here may block, and not
// at all for our own messages.
type observer struct {
	duplicates atomic.Uint64
	delivered  atomic.Uint64
	rpcDropped atomic.Uint64

	mutex     sync.Mutex
	protocols map[peer.ID]protocol.ID
	meshes    map[string]map[peer.ID]struct{}
}

func newObserver() *observer {
	return &observer{
		protocols: map[peer.ID]protocol.ID{},
		meshes:    map[string]map[peer.ID]struct{}{},
	}
}

func (o *observer) mesh(topic string) []peer.ID {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	members := slices.Sorted(maps.Keys(o.meshes[topic]))
	return append([]peer.ID{}, members...)
}

// protocol is the one our outbound stream negotiated, empty while there is none.
func (o *observer) protocol(id peer.ID) protocol.ID {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.protocols[id]
}

func (o *observer) OnNewOutboundStream(id peer.ID, negotiated protocol.ID) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.protocols[id] = negotiated
}

func (o *observer) OnClosedOutboundStream(id peer.ID) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	delete(o.protocols, id)
	for _, members := range o.meshes {
		delete(members, id)
	}
}

func (o *observer) Join(topic string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.meshes[topic] = map[peer.ID]struct{}{}
}

func (o *observer) Leave(topic string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	delete(o.meshes, topic)
}

func (o *observer) Graft(id peer.ID, topic string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if members, joined := o.meshes[topic]; joined {
		members[id] = struct{}{}
	}
}

func (o *observer) Prune(id peer.ID, topic string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	delete(o.meshes[topic], id)
}

// The messages.

func (o *observer) DeliverMessage(*pubsub.Message)   { o.delivered.Add(1) }
func (o *observer) DuplicateMessage(*pubsub.Message) { o.duplicates.Add(1) }
func (o *observer) DropRPC(*pubsub.RPC, peer.ID)     { o.rpcDropped.Add(1) }

// What is not looked at.

func (o *observer) ValidateMessage(*pubsub.Message)       {}
func (o *observer) RejectMessage(*pubsub.Message, string) {}
func (o *observer) UndeliverableMessage(*pubsub.Message)  {}
func (o *observer) ThrottlePeer(peer.ID)                  {}
func (o *observer) RecvRPC(*pubsub.RPC)                   {}
func (o *observer) SendRPC(*pubsub.RPC, peer.ID)          {}
