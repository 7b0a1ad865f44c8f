// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestSplitmix64MatchesItsPublishedOutputs(t *testing.T) {
	bytes := splitmix64Bytes(1234567, 16)

	for i, want := range []uint64{6457827717110365317, 3203168211198807973} {
		if got := binary.LittleEndian.Uint64(bytes[8*i:]); got != want {
			t.Errorf("output %d is %d, not %d", i, got, want)
		}
	}
}

func TestAPayloadIsItsHeaderAndTheStreamSeededByItsSize(t *testing.T) {
	data := payload(payloadBody(29), 0x0102, 3)

	if len(data) != 29 {
		t.Fatalf("it has %d bytes", len(data))
	}
	header := []byte{2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(data[:headerSize], header) {
		t.Errorf("its header is %x", data[:headerSize])
	}
	if !bytes.Equal(data[headerSize:], splitmix64Bytes(29, 64)[:13]) {
		t.Errorf("its body is %x", data[headerSize:])
	}
}

func TestTheSmallestPayloadIsAHeaderAlone(t *testing.T) {
	if data := payload(payloadBody(headerSize), 1, 1); len(data) != headerSize {
		t.Errorf("it has %d bytes", len(data))
	}
}
