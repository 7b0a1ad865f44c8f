// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const (
	perfProtocol  = protocol.ID("/perf/1.0.0")
	perfBlockSize = 64 << 10
)

// servePerf answers one request: the wanted length, an upload to its end, then the download.
func servePerf(stream network.Stream) {
	if err := answerPerf(stream); err != nil {
		_ = stream.Reset() // the other side has failed already
	}
}

func answerPerf(stream network.Stream) error {
	upload := bufio.NewReaderSize(stream, perfBlockSize)
	var wanted uint64
	if err := binary.Read(upload, binary.BigEndian, &wanted); err != nil {
		return err
	}
	if _, err := discard(upload); err != nil {
		return err
	}
	if err := sendZeros(stream, wanted); err != nil {
		return err
	}
	return stream.Close()
}

// requestPerf uploads, then downloads, and returns the time from opening the stream to closing
// it, in nanoseconds.
func (n *node) requestPerf(id peer.ID, upload, download uint64) (int64, error) {
	if !n.connected(id) {
		return 0, errNotConnected
	}
	start := monotonic()
	stream, err := n.host.NewStream(network.WithNoDial(n.ctx, "perf"), id, perfProtocol)
	if err != nil {
		return 0, err
	}
	if err := exchangePerf(stream, upload, download); err != nil {
		_ = stream.Reset() // the error is the answer
		return 0, err
	}
	if err := stream.Close(); err != nil {
		return 0, err
	}
	return monotonic() - start, nil
}

func exchangePerf(stream network.Stream, upload, download uint64) error {
	if err := binary.Write(stream, binary.BigEndian, download); err != nil {
		return err
	}
	if err := sendZeros(stream, upload); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	got, err := discard(stream)
	if err != nil {
		return err
	}
	if got != download {
		return fmt.Errorf("%d bytes came back, not %d", got, download)
	}
	return nil
}

func sendZeros(to io.Writer, length uint64) error {
	block := make([]byte, perfBlockSize)
	for length > 0 {
		part := min(length, perfBlockSize)
		if _, err := to.Write(block[:part]); err != nil {
			return err
		}
		length -= part
	}
	return nil
}

// discard reads to the end and returns the length. Not io.Copy: it reads 8 KiB at a time.
func discard(from io.Reader) (length uint64, err error) {
	block := make([]byte, perfBlockSize)
	for {
		part, err := from.Read(block)
		length += uint64(part)
		if errors.Is(err, io.EOF) {
			return length, nil
		}
		if err != nil {
			return length, err
		}
	}
}
