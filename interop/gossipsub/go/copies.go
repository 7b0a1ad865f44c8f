// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"strconv"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// copies logs each copy of a message that comes from another, before it is validated.
type copies struct{ node *node }

func (c copies) log(m *pubsub.Message) {
	if m.ReceivedFrom == c.node.host.ID() || len(m.Data) < idSize {
		return
	}
	id := strconv.FormatUint(binary.BigEndian.Uint64(m.Data), 10)
	c.node.log.Info("Received Message", "id", id, "topic", m.GetTopic(), "from", m.ReceivedFrom)
}

func (c copies) ValidateMessage(m *pubsub.Message)  { c.log(m) }
func (c copies) DuplicateMessage(m *pubsub.Message) { c.log(m) }

// What is not looked at.

func (c copies) OnNewOutboundStream(peer.ID, protocol.ID) {}
func (c copies) OnClosedOutboundStream(peer.ID)           {}
func (c copies) Join(string)                              {}
func (c copies) Leave(string)                             {}
func (c copies) Graft(peer.ID, string)                    {}
func (c copies) Prune(peer.ID, string)                    {}
func (c copies) DeliverMessage(*pubsub.Message)           {}
func (c copies) RejectMessage(*pubsub.Message, string)    {}
func (c copies) UndeliverableMessage(*pubsub.Message)     {}
func (c copies) ThrottlePeer(peer.ID)                     {}
func (c copies) RecvRPC(*pubsub.RPC)                      {}
func (c copies) SendRPC(*pubsub.RPC, peer.ID)             {}
func (c copies) DropRPC(*pubsub.RPC, peer.ID)             {}
