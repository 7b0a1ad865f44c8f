// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
)

// campaign is what bench_publish was asked to do.
type campaign struct {
	size   int
	count  uint64
	window uint64
	warmup uint64
	rate   float64 // messages a second, 0: as fast as the window allows
	first  uint64  // sequence of the first message
	step   uint64  // between sequences; above 1 where publishers share the topic
	acks   []string
}

func takeCampaign(a *arguments) campaign {
	return campaign{
		size:   required[int](a, "size"),
		count:  required[uint64](a, "count"),
		window: required[uint64](a, "window"),
		warmup: optional[uint64](a, "warmup", 0),
		rate:   optional(a, "rate", 0.0),
		first:  optional[uint64](a, "first_sequence", 0),
		step:   optional[uint64](a, "sequence_step", 1),
		acks:   required[[]string](a, "acks"),
	}
}

func (c campaign) check() error {
	switch {
	case c.size < headerSize:
		return fmt.Errorf("size is %d, less than %d", c.size, headerSize)
	case c.count == 0 || c.window == 0 || c.step == 0:
		return errors.New("count, window and sequence_step must be above 0")
	case c.warmup >= c.count:
		return errors.New("warmup must be less than count")
	case c.rate < 0:
		return errors.New("rate must not be negative")
	}
	return nil
}

// run publishes everything and returns once as much is acknowledged. Receivers count the messages
// of all publishers of a topic, so where it is shared the window is looser than for one alone.
func (c campaign) run(n *node, t *topic) (object, error) {
	body := payloadBody(c.size)
	acks, err := newAckReader(c.acks, c.warmup, c.count)
	if err != nil {
		return nil, err
	}
	defer acks.close()

	start := now()
	base := start.ns
	for i := range c.count {
		due := base
		if c.rate > 0 {
			due += int64(float64(i) * 1e9 / c.rate)
			sleepUntil(due)
		}
		if ahead := i + 1; ahead > c.window {
			if err := acks.wait(ahead - c.window); err != nil {
				return nil, err
			}
		}
		if i == c.warmup && len(c.acks) == 0 {
			start = now()
		}
		if c.rate == 0 {
			due = monotonic()
		}
		if err := t.handle.Publish(n.ctx, payload(body, due, c.first+i*c.step)); err != nil {
			return nil, err
		}
	}
	if err := acks.wait(c.count); err != nil {
		return nil, err
	}
	return c.result(start, acks), nil
}

// result measures from the start, or from the end of the warm-up where there is one.
func (c campaign) result(start stamp, acks *ackReader) object {
	end := now()
	if len(c.acks) > 0 {
		end = acks.reached(c.count)
		if c.warmup > 0 {
			start = acks.reached(c.warmup)
		}
	}
	return object{
		"published": c.count - c.warmup,
		"wall_ns":   end.ns - start.ns,
		"cpu_us":    (end.processor - start.processor).Microseconds(),
		"start_ns":  start.ns,
		"end_ns":    end.ns,
	}
}
