// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const ackSize = 8

// ackServer tells whoever is connected how many messages have come, 8 bytes little-endian.
type ackServer struct {
	listener net.Listener
	mutex    sync.Mutex
	count    uint64
	readers  map[net.Conn]struct{}
}

func newAckServer() (*ackServer, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &ackServer{listener: listener, readers: map[net.Conn]struct{}{}}
	go s.accept()
	return s, nil
}

func (s *ackServer) address() string { return s.listener.Addr().String() }

func (s *ackServer) accept() {
	for {
		reader, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.readers[reader] = struct{}{}
		s.write(reader)
		s.mutex.Unlock()
		go s.watch(reader)
	}
}

// watch notices that a reader is gone; readers say nothing.
func (s *ackServer) watch(reader net.Conn) {
	_, _ = io.Copy(io.Discard, reader) // however it ends, it ends
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.drop(reader)
}

func (s *ackServer) announce(count uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.count = count
	for reader := range s.readers {
		s.write(reader)
	}
}

func (s *ackServer) write(reader net.Conn) {
	if _, err := reader.Write(binary.LittleEndian.AppendUint64(nil, s.count)); err != nil {
		s.drop(reader)
	}
}

func (s *ackServer) drop(reader net.Conn) {
	delete(s.readers, reader)
	_ = reader.Close() // it is gone already
}

func (s *ackServer) close() {
	_ = s.listener.Close() // nothing was waiting to be written
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for reader := range s.readers {
		s.drop(reader)
	}
}

// ackReader follows several ack servers and knows the slowest. Without any it is never behind.
type ackReader struct {
	servers []net.Conn
	slowest atomic.Uint64
	changed chan struct{} // holds one token when slowest has grown, or a server is gone

	mutex  sync.Mutex
	counts []uint64
	marks  []mark
	failed error
}

// mark is a moment to remember: when the slowest has reached the count.
type mark struct {
	count   uint64
	reached stamp
}

const ackConnectTimeout = 5 * time.Second

// newAckReader connects to each address and remembers when each of the counts is reached.
func newAckReader(addresses []string, counts ...uint64) (*ackReader, error) {
	r := &ackReader{changed: make(chan struct{}, 1), counts: make([]uint64, len(addresses))}
	for _, count := range counts {
		r.marks = append(r.marks, mark{count: count})
	}
	for _, address := range addresses {
		server, err := net.DialTimeout("tcp4", address, ackConnectTimeout)
		if err != nil {
			r.close()
			return nil, err
		}
		r.servers = append(r.servers, server)
	}
	for i := range r.servers {
		go r.follow(i)
	}
	return r, nil
}

func (r *ackReader) follow(i int) {
	var ack [ackSize]byte
	for {
		if _, err := io.ReadFull(r.servers[i], ack[:]); err != nil {
			r.gone(err)
			return
		}
		r.take(i, binary.LittleEndian.Uint64(ack[:]))
	}
}

func (r *ackReader) take(i int, count uint64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.counts[i] = count
	slowest := count
	for _, other := range r.counts {
		slowest = min(slowest, other)
	}
	before := r.slowest.Load()
	if slowest <= before {
		return
	}
	for k := range r.marks {
		if before < r.marks[k].count && slowest >= r.marks[k].count {
			r.marks[k].reached = now()
		}
	}
	r.slowest.Store(slowest)
	r.wake()
}

func (r *ackReader) gone(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.failed == nil {
		r.failed = err
	}
	r.wake()
}

func (r *ackReader) wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// reached is when the slowest got to one of the counts given at the start.
func (r *ackReader) reached(count uint64) stamp {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, m := range r.marks {
		if m.count == count {
			return m.reached
		}
	}
	return stamp{}
}

const stallTimeout = 10 * time.Second

// wait returns once the slowest is at the goal, and gives up after ten seconds without progress.
func (r *ackReader) wait(goal uint64) error {
	if len(r.servers) == 0 {
		return nil
	}
	for r.slowest.Load() < goal {
		stalled := time.NewTimer(stallTimeout)
		select {
		case <-r.changed:
			stalled.Stop()
		case <-stalled.C:
			return r.stalled(nil)
		}
		if err := r.broken(); err != nil && r.slowest.Load() < goal {
			return r.stalled(err)
		}
	}
	return nil
}

func (r *ackReader) broken() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.failed
}

func (r *ackReader) stalled(cause error) error {
	text := fmt.Sprintf("stalled at %d", r.slowest.Load())
	if cause != nil {
		text = fmt.Sprintf("%s: acknowledgements ended: %v", text, cause)
	}
	return errors.New(text)
}

func (r *ackReader) close() {
	for _, server := range r.servers {
		_ = server.Close() // only ever read from
	}
}
