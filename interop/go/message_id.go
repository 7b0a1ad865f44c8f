// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"sync/atomic"
	"unsafe"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p-pubsub/pb"
)

// messageIDRule is how the id of a message is made.
type messageIDRule int

const (
	idFromSeqno messageIDRule = iota
	idSha256
	idPrefix8
	idPrefix16
)

// takeMessageID takes the rule. The library's own default is author and sequence number, which
// unsigned messages lack.
func takeMessageID(a *arguments, signed bool) messageIDRule {
	byDefault := idSha256
	if signed {
		byDefault = idFromSeqno
	}
	return choice(a, "message_id", "default", map[string]messageIDRule{
		"default":    byDefault,
		"from_seqno": idFromSeqno,
		"sha256":     idSha256,
		"prefix8":    idPrefix8,
		"prefix16":   idPrefix16,
	})
}

func (rule messageIDRule) function() pubsub.MsgIdFunction {
	switch rule {
	case idSha256:
		return func(m *pubsub_pb.Message) string {
			hash := sha256.Sum256(m.GetData())
			return string(hash[:])
		}
	case idPrefix8:
		return prefixID(8)
	case idPrefix16:
		return prefixID(16)
	default:
		return pubsub.DefaultMsgIdFn
	}
}

func prefixID(length int) pubsub.MsgIdFunction {
	return func(m *pubsub_pb.Message) string {
		data := m.GetData()
		return string(data[:min(length, len(data))])
	}
}

// idWatch makes message ids and remembers the one of a message being published: the library
// returns no id from there. One publication at a time is watched.
type idWatch struct {
	rule    pubsub.MsgIdFunction
	watched atomic.Pointer[byte] // where its data is; nil while none is watched
	made    atomic.Pointer[string]
}

func newIDWatch(rule messageIDRule) *idWatch { return &idWatch{rule: rule.function()} }

// watch returns a copy of the data that can be told from all other data, even when empty.
func (w *idWatch) watch(data []byte) []byte {
	own := append(make([]byte, 0, len(data)+1), data...)
	w.made.Store(nil)
	w.watched.Store(unsafe.SliceData(own))
	return own
}

// id is the library's message id function; it may be called from several goroutines.
func (w *idWatch) id(m *pubsub_pb.Message) string {
	id := w.rule(m)
	if watched := w.watched.Load(); watched != nil && watched == unsafe.SliceData(m.Data) {
		w.made.Store(&id)
	}
	return id
}

// take ends the watch; the id is empty when none was made.
func (w *idWatch) take() string {
	w.watched.Store(nil)
	if made := w.made.Load(); made != nil {
		return *made
	}
	return ""
}
