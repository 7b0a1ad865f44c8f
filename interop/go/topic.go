// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync/atomic"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// topic is what the agent holds of one. The handle stays when the subscription goes.
type topic struct {
	name         string
	handle       *pubsub.Topic
	subscription *pubsub.Subscription // nil while not subscribed; guarded by the node's mutex
	latest       *receiver            // the last bench_receive; guarded by the node's mutex
	armed        atomic.Pointer[receiver]
}

// topic finds or joins one, which announces nothing yet.
func (n *node) topic(name string, options ...pubsub.TopicOpt) (*topic, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if known, found := n.topics[name]; found {
		return known, nil
	}
	handle, err := n.pubsub.Join(name, options...)
	if err != nil {
		return nil, err
	}
	joined := &topic{name: name, handle: handle}
	n.topics[name] = joined
	return joined, nil
}

// subscribe does nothing when it was done before.
func (n *node) subscribe(t *topic) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if t.subscription != nil {
		return nil
	}
	others := func(m *pubsub.Message) bool { return m.ReceivedFrom != n.host.ID() }
	subscription, err := t.handle.Subscribe(
		pubsub.WithBufferSize(subscriptionBuffer), pubsub.WithMessageFilter(others))
	if err != nil {
		return err
	}
	t.subscription = subscription
	go n.deliver(t, subscription)
	return nil
}

func (n *node) unsubscribe(t *topic) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if t.subscription != nil {
		t.subscription.Cancel()
		t.subscription = nil
	}
}

// deliver hands messages to the bench receiver when one is armed, to the driver otherwise.
func (n *node) deliver(t *topic, subscription *pubsub.Subscription) {
	for {
		message, err := subscription.Next(n.ctx)
		if err != nil {
			return
		}
		armed := t.armed.Load()
		if armed == nil {
			n.out.emit(n.messageEvent(t.name, message))
			continue
		}
		if armed.take(message.GetData(), monotonic()) {
			t.armed.CompareAndSwap(armed, nil)
			n.out.emit(armed.report())
		}
	}
}

func (n *node) messageEvent(topic string, message *pubsub.Message) object {
	var author any
	if from := message.GetFrom(); from != "" {
		author = from
	}
	data := message.GetData()
	if data == nil {
		data = []byte{}
	}
	return object{
		"event":      "message",
		"topic":      topic,
		"data":       data,
		"from":       author,
		"via":        message.ReceivedFrom,
		"message_id": []byte(message.ID),
	}
}

// arm starts counting on a topic; what a former run counted is dropped.
func (n *node) arm(t *topic, r *receiver) error {
	if err := n.subscribe(t); err != nil {
		return err
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if t.latest != nil {
		t.latest.acks.close()
	}
	t.latest = r
	t.armed.Store(r)
	return nil
}

// unfinished are the runs that still count.
func (n *node) unfinished() []*receiver {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	var runs []*receiver
	for _, t := range n.topics {
		if r := t.armed.Load(); r != nil {
			runs = append(runs, r)
		}
	}
	return runs
}

// publish returns the message id. The library does not tell whom it sends to.
func (n *node) publish(t *topic, data []byte) (id string, err error) {
	data = n.ids.watch(data)
	err = t.handle.Publish(n.ctx, data)
	return n.ids.take(), err
}
