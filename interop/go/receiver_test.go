// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"testing"
)

const receiverSize = 24

func newTestReceiver(t *testing.T, count, ackEvery uint64) *receiver {
	t.Helper()
	r, err := newReceiver("t", receiverSize, count, ackEvery)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.acks.close)
	return r
}

func TestARunEndsWithItsLastDistinctSequence(t *testing.T) {
	r := newTestReceiver(t, 3, 1)
	body := payloadBody(receiverSize)

	for _, c := range []struct {
		sequence uint64
		last     bool
	}{{2, false}, {0, false}, {0, false}, {3, false}, {1, true}} {
		if got := r.take(payload(body, 1000, c.sequence), 3000); got != c.last {
			t.Errorf("sequence %d: last is %v", c.sequence, got)
		}
	}

	report := r.report()
	if report["count"] != uint64(3) || report["repeated"] != uint64(2) {
		t.Errorf("got %v", report)
	}
	if report["corrupt"] != uint64(0) || report["latency_us"].(object)["max"] != 2.0 {
		t.Errorf("got %v", report)
	}
}

func TestAWrongByteOrLengthIsCorrupt(t *testing.T) {
	r := newTestReceiver(t, 4, 1)
	body := payloadBody(receiverSize)
	wrong := payload(body, 0, 0)
	wrong[receiverSize-1] ^= 1

	r.take(wrong, 1)
	r.take(payload(body, 0, 1)[:receiverSize-1], 1)
	r.take([]byte("short"), 1)
	r.take(payload(body, 0, 2), 1)

	if report := r.report(); report["corrupt"] != uint64(3) || report["count"] != uint64(3) {
		t.Errorf("got %v", report)
	}
}

func TestTheFirstTwentiethOfTheSequencesHasNoLatency(t *testing.T) {
	r := newTestReceiver(t, 40, 1)
	body := payloadBody(receiverSize)

	for sequence := range uint64(40) {
		sent := int64(0)
		if sequence < 2 {
			sent = -1_000_000
		}
		r.take(payload(body, sent, sequence), 1000)
	}

	if len(r.latencies) != 38 || r.report()["latency_us"].(object)["max"] != 1.0 {
		t.Errorf("%d latencies, %v", len(r.latencies), r.report())
	}
}

func TestAcksTellTheSlowestReceiverAndWhenItGotThere(t *testing.T) {
	slow, fast := newTestReceiver(t, 4, 2), newTestReceiver(t, 4, 2)
	acks, err := newAckReader([]string{slow.acks.address(), fast.acks.address()}, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer acks.close()
	body := payloadBody(receiverSize)

	for sequence := range uint64(4) {
		fast.take(payload(body, 0, sequence), 1)
		if sequence < 3 {
			slow.take(payload(body, 0, sequence), 1)
		}
	}
	if err := acks.wait(2); err != nil {
		t.Fatal(err)
	}

	if got := acks.slowest.Load(); got != 2 {
		t.Errorf("the slowest is at %d", got)
	}
	if acks.reached(2).ns == 0 || acks.reached(4).ns != 0 {
		t.Errorf("the marks are %+v", acks.marks)
	}
}

func TestALateReaderIsToldWhatHasCome(t *testing.T) {
	r := newTestReceiver(t, 4, 4)
	for sequence := range uint64(4) {
		r.take(payload(payloadBody(receiverSize), 0, sequence), 1)
	}

	late, err := net.Dial("tcp4", r.acks.address())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	var ack [ackSize]byte
	if _, err := late.Read(ack[:]); err != nil || ack[0] != 4 {
		t.Errorf("told %v, %v", ack, err)
	}
}
