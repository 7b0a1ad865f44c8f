// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
)

const benchDialTimeout = 10 * time.Second

// connect dials an address that names its peer.
func (n *node) connect(ctx context.Context, address string) (peer.ID, error) {
	info, err := peer.AddrInfoFromString(address)
	if err != nil {
		return "", err
	}
	if s, is := n.host.Network().(*swarm.Swarm); is {
		s.Backoff().Clear(info.ID) // an earlier failure must not answer for this attempt
	}
	return info.ID, n.host.Connect(ctx, *info)
}

// benchDial opens connections below the swarm, which would keep one per peer: TCP, Noise and
// yamux are up when a dial returns, then it is closed.
func (n *node) benchDial(address string, count, concurrency int) (object, error) {
	info, err := peer.AddrInfoFromString(address)
	if err != nil {
		return nil, err
	}
	s, is := n.host.Network().(*swarm.Swarm)
	if !is || len(info.Addrs) == 0 {
		return nil, errors.New("no transport for this address")
	}
	dialer := s.TransportForDialing(info.Addrs[0])
	if dialer == nil {
		return nil, errors.New("no transport for this address")
	}
	var next, established, failed atomic.Int64
	var workers sync.WaitGroup
	start := now()
	for range concurrency {
		workers.Go(func() {
			for next.Add(1) <= int64(count) {
				if n.dialOnce(dialer, info.Addrs[0], info.ID) == nil {
					established.Add(1)
				} else {
					failed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	end := now()
	return object{
		"established": established.Load(),
		"failed":      failed.Load(),
		"wall_ns":     end.ns - start.ns,
		"cpu_us":      (end.processor - start.processor).Microseconds(),
	}, nil
}

func (n *node) dialOnce(dialer transport.Transport, address ma.Multiaddr, id peer.ID) error {
	ctx, cancel := context.WithTimeout(n.ctx, benchDialTimeout)
	defer cancel()
	connection, err := dialer.Dial(ctx, address, id)
	if err != nil {
		return err
	}
	return connection.Close()
}
