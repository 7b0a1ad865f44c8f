// SPDX-License-Identifier: Apache-2.0

package main

import "encoding/binary"

// The send time and the sequence, 8 bytes little-endian each, come before the fixed bytes.
const headerSize = 16

// payloadBody is what follows the header of every message of this size.
func payloadBody(size int) []byte {
	return splitmix64Bytes(uint64(size), size-headerSize)
}

// payload is a new message: libraries keep what they are given.
func payload(body []byte, sentNs int64, sequence uint64) []byte {
	data := make([]byte, headerSize+len(body))
	binary.LittleEndian.PutUint64(data, uint64(sentNs))
	binary.LittleEndian.PutUint64(data[8:], sequence)
	copy(data[headerSize:], body)
	return data
}

// splitmix64Bytes are the first bytes of the generator's outputs, each little-endian.
func splitmix64Bytes(seed uint64, length int) []byte {
	bytes := make([]byte, 0, length+8)
	for state := seed; len(bytes) < length; {
		state += 0x9E3779B97F4A7C15
		z := state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		bytes = binary.LittleEndian.AppendUint64(bytes, z^z>>31)
	}
	return bytes[:length]
}
