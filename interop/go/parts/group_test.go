// SPDX-License-Identifier: Apache-2.0

package parts

import (
	"bytes"
	"testing"
)

func TestGroupCountsFromItsNumber(t *testing.T) {
	group := Group{ID: NumberID(0x1234)}
	group.Fill(0b10000001)
	if group.Have() != 0b10000001 {
		t.Fatalf("has %08b", group.Have())
	}
	if got := group.Parts[7][Size-8:]; !bytes.Equal(got, []byte{0, 0, 0, 0, 0, 0, 0x16, 0x33}) {
		t.Errorf("the last number is %x", got)
	}
}

func TestHalvesBecomeAWhole(t *testing.T) {
	whole, half := Group{ID: NumberID(7)}, Group{ID: NumberID(7)}
	whole.Fill(All)
	half.Fill(0x0f)
	which, err := half.Extend(whole.Encode(0xf2))
	if err != nil || which != 0xf2 || half.Have() != All {
		t.Fatalf("%08b %v, has %08b", which, err, half.Have())
	}
	if !bytes.Equal(half.Parts[7], whole.Parts[7]) {
		t.Error("another part than was sent")
	}
}

func TestMalformedPartsAreRefused(t *testing.T) {
	other, group := Group{ID: NumberID(8)}, Group{ID: NumberID(7)}
	other.Fill(All)
	encoded := other.Encode(3)
	for _, bad := range [][]byte{encoded, encoded[:len(encoded)-1], {7}} {
		if _, err := group.Extend(bad); err == nil {
			t.Errorf("%d bytes were taken", len(bad))
		}
	}
}
