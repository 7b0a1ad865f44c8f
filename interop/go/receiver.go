// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"
)

// Latencies of the first 1/20 of the sequence range are not counted.
const coldShare = 20

// receiver counts and checks the messages of one bench run.
type receiver struct {
	topic    string
	body     []byte
	count    uint64
	ackEvery uint64
	acks     *ackServer

	mutex     sync.Mutex
	seen      []uint64 // one bit per sequence
	received  uint64   // distinct sequences in range
	corrupt   uint64
	repeated  uint64
	firstNs   int64
	lastNs    int64
	processor time.Duration // the process's, when the first message came
	latencies []int64
}

// newReceiver expects `count` messages of `size` bytes, at least those of a header.
func newReceiver(topic string, size int, count, ackEvery uint64) (*receiver, error) {
	acks, err := newAckServer()
	if err != nil {
		return nil, err
	}
	return &receiver{
		topic:     topic,
		body:      payloadBody(size),
		count:     count,
		ackEvery:  ackEvery,
		acks:      acks,
		seen:      make([]uint64, (count+63)/64),
		latencies: make([]int64, 0, count),
	}, nil
}

// take counts one message and tells whether it was the last.
func (r *receiver) take(data []byte, nowNs int64) (last bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(data) < headerSize {
		r.corrupt++
		return false
	}
	if !bytes.Equal(data[headerSize:], r.body) {
		r.corrupt++
	}
	sequence := binary.LittleEndian.Uint64(data[8:])
	if sequence >= r.count || r.seen[sequence/64]>>(sequence%64)&1 != 0 {
		r.repeated++
		return false
	}
	r.seen[sequence/64] |= 1 << (sequence % 64)
	r.record(sequence, nowNs, nowNs-int64(binary.LittleEndian.Uint64(data)))
	return r.received == r.count
}

func (r *receiver) record(sequence uint64, nowNs, latencyNs int64) {
	if r.received == 0 {
		r.firstNs = nowNs
		r.processor = processorTime()
	}
	r.received++
	r.lastNs = nowNs
	if sequence*coldShare >= r.count {
		r.latencies = append(r.latencies, latencyNs)
	}
	if r.received%r.ackEvery == 0 || r.received == r.count {
		r.acks.announce(r.received)
	}
}

// report is the event of a run, finished or not.
func (r *receiver) report() object {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	used := time.Duration(0)
	if r.received > 0 {
		used = processorTime() - r.processor
	}
	return object{
		"event":      "bench_received",
		"topic":      r.topic,
		"count":      r.received,
		"corrupt":    r.corrupt,
		"repeated":   r.repeated,
		"first_ns":   r.firstNs,
		"last_ns":    r.lastNs,
		"cpu_us":     used.Microseconds(),
		"latency_us": latencyQuantiles(append([]int64{}, r.latencies...)),
	}
}
