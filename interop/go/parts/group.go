// SPDX-License-Identifier: Apache-2.0

// Package parts has the partial messages of the gossipsub-interop contract: eight parts of 1 KiB,
// and who of them has which.
package parts

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

const (
	Count = 8
	Size  = 1024
	All   = 0xff
)

// ID names a group.
type ID [8]byte

// NumberID is the group of a number.
func NumberID(number uint64) (id ID) {
	binary.BigEndian.PutUint64(id[:], number)
	return id
}

// Group is a message of eight parts, each nil while it is not there.
type Group struct {
	ID    ID
	Parts [Count][]byte
}

// Fill makes those parts as the contract has them: numbers of 64 bits, counted from the group's.
func (g *Group) Fill(which byte) {
	const numbers = Size / 8
	start := binary.BigEndian.Uint64(g.ID[:])
	for at := range g.Parts {
		if which&(1<<at) == 0 {
			continue
		}
		part := make([]byte, 0, Size)
		for i := range uint64(numbers) {
			part = binary.BigEndian.AppendUint64(part, start+uint64(at)*numbers+i)
		}
		g.Parts[at] = part
	}
}

// Have is a bit for each part there is.
func (g *Group) Have() (bitmap byte) {
	for at, part := range g.Parts {
		if part != nil {
			bitmap |= 1 << at
		}
	}
	return bitmap
}

// Encode is a bitmap, those of the parts that are there, and the group's id; nil when none is.
func (g *Group) Encode(which byte) []byte {
	bitmap := which & g.Have()
	if bitmap == 0 {
		return nil
	}
	encoded := []byte{bitmap}
	for at, part := range g.Parts {
		if bitmap&(1<<at) != 0 {
			encoded = append(encoded, part...)
		}
	}
	return append(encoded, g.ID[:]...)
}

// Extend takes the parts it lacks and returns which were in the message.
func (g *Group) Extend(encoded []byte) (which byte, err error) {
	if len(encoded) == 0 {
		return 0, nil
	}
	which = encoded[0]
	if len(encoded) != 1+bits.OnesCount8(which)*Size+len(g.ID) {
		return 0, errors.New("parts of a wrong length")
	}
	if ID(encoded[len(encoded)-len(g.ID):]) != g.ID {
		return 0, errors.New("parts of another group")
	}
	rest := encoded[1:]
	for at := range g.Parts {
		if which&(1<<at) == 0 {
			continue
		}
		if g.Parts[at] == nil {
			g.Parts[at] = rest[:Size:Size]
		}
		rest = rest[Size:]
	}
	return which, nil
}
