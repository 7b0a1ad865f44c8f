// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"grapevine/interop/go/parts"
)

var errNotPartial = errors.New("the agent was started without partial messages")

// newExchange tells the driver of each group that grows.
func (n *node) newExchange() *parts.Exchange {
	return &parts.Exchange{Grown: func(topic string, group parts.Group, via peer.ID) {
		n.out.emit(object{
			"event": "partial", "topic": topic, "group": group.ID[:], "parts": group.Parts, "via": via,
		})
	}}
}

// doPartialJoin subscribes and asks for parts. It must be the first thing done with the topic: the
// library takes the wish only then.
func (n *node) doPartialJoin(a *arguments) (object, error) {
	name := required[string](a, "topic")
	if err := a.done(); err != nil {
		return nil, err
	}
	if n.exchange == nil {
		return nil, errNotPartial
	}
	t, err := n.topic(name, pubsub.RequestPartialMessages())
	if err != nil {
		return nil, err
	}
	return nil, n.subscribe(t)
}

func (n *node) doPartialPublish(a *arguments) (object, error) {
	name := required[string](a, "topic")
	id := required[[]byte](a, "group")
	list := required[[][]byte](a, "parts")
	if a.err == nil {
		a.err = checkParts(id, list)
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	if n.exchange == nil {
		return nil, errNotPartial
	}
	group := parts.Group{ID: parts.ID(id), Parts: [parts.Count][]byte(list)}
	n.exchange.Add(name, group)
	return nil, n.exchange.Publish(name, group.ID)
}

func checkParts(id []byte, list [][]byte) error {
	if len(id) != len(parts.ID{}) {
		return fmt.Errorf("group is %d bytes, not %d", len(id), len(parts.ID{}))
	}
	if len(list) != parts.Count {
		return fmt.Errorf("parts are %d, not %d", len(list), parts.Count)
	}
	for _, part := range list {
		if part != nil && len(part) != parts.Size {
			return fmt.Errorf("a part is %d bytes, not %d", len(part), parts.Size)
		}
	}
	return nil
}
