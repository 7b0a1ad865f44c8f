// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"grapevine/interop/go/parts"
)

// instruction has the fields of all kinds; the type says which count.
type instruction struct {
	Type             string          `json:"type"`
	GossipSubParams  json.RawMessage `json:"gossipSubParams"`
	ConnectTo        []int           `json:"connectTo"`
	NodeID           int             `json:"nodeID"`
	Instruction      *instruction    `json:"instruction"`
	ElapsedSeconds   float64         `json:"elapsedSeconds"`
	MessageID        uint64          `json:"messageID"`
	MessageSizeBytes int             `json:"messageSizeBytes"`
	TopicID          string          `json:"topicID"`
	Partial          bool            `json:"partial"`
	DelaySeconds     float64         `json:"delaySeconds"`
	GroupID          uint64          `json:"groupID"`
	Parts            byte            `json:"parts"`
	PublishToNodeIDs []int           `json:"publishToNodeIDs"`
}

func (n *node) do(i instruction) error {
	switch i.Type {
	case "initGossipSub":
		params := pubsub.DefaultGossipSubParams()
		if err := json.Unmarshal(i.GossipSubParams, &params); err != nil {
			return err
		}
		return n.start(params)
	case "connect":
		return n.connectAll(i.ConnectTo)
	case "ifNodeIDEquals":
		if i.NodeID != n.number {
			return nil
		}
		return n.do(*i.Instruction)
	case "waitUntil":
		time.Sleep(time.Until(n.started.Add(seconds(i.ElapsedSeconds))))
		return nil
	case "setTopicValidationDelay":
		return n.delayValidation(i.TopicID, seconds(i.DelaySeconds))
	case "subscribeToTopic":
		return n.subscribe(i.TopicID, i.Partial)
	case "publish":
		return n.publish(i)
	case "addPartialMessage":
		return n.addPartial(i)
	case "publishPartial":
		return n.publishPartial(i)
	default:
		return fmt.Errorf("unknown instruction")
	}
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

func (n *node) publish(i instruction) error {
	t, err := n.topic(i.TopicID)
	if err != nil {
		return err
	}
	data := make([]byte, i.MessageSizeBytes)
	binary.BigEndian.PutUint64(data, i.MessageID)
	return t.Publish(n.ctx, data)
}

func (n *node) addPartial(i instruction) error {
	group := parts.Group{ID: parts.NumberID(i.GroupID)}
	group.Fill(i.Parts)
	if grown := n.exchange.Add(i.TopicID, group); grown != nil {
		n.tellWhole(*grown)
	}
	return nil
}

func (n *node) publishPartial(i instruction) error {
	var named []peer.ID
	for _, number := range i.PublishToNodeIDs {
		id, err := peer.IDFromPrivateKey(keyOf(number))
		if err != nil {
			return err
		}
		named = append(named, id)
	}
	return n.exchange.Publish(i.TopicID, parts.NumberID(i.GroupID), named...)
}
