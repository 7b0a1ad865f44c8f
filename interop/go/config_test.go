// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p-pubsub/pb"
)

func TestWhatIsNotInTheConfigIsTheLibrarysDefault(t *testing.T) {
	c, err := parseConfig([]byte(`{"score":null}`))

	if err != nil {
		t.Fatal(err)
	}
	if c.mesh != pubsub.DefaultGossipSubParams() || c.score != nil || c.protocols != nil {
		t.Errorf("got %+v", c)
	}
	if !c.signed || c.flood || c.floodPublish || c.px || c.maxMessageSize != 4<<20 {
		t.Errorf("got %+v", c)
	}
}

func TestParametersReachTheLibraryInItsUnits(t *testing.T) {
	c, err := parseConfig([]byte(`{"d":3,"d_low":2,"heartbeat_ms":200,"prune_backoff_s":1,
		"validate":[{"topic":"t","delay_ms":5,"verdict":"ignore"}],
		"score":{"graylist_threshold":-80,"retain_score_ms":2500,
			"topics":{"t":{"topic_weight":1,"mesh_message_deliveries_window_ms":10}}}}`))

	if err != nil {
		t.Fatal(err)
	}
	if c.mesh.D != 3 || c.mesh.HeartbeatInterval != 200*time.Millisecond {
		t.Errorf("the mesh is %+v", c.mesh)
	}
	if c.mesh.PruneBackoff != time.Second {
		t.Errorf("the backoff is %v", c.mesh.PruneBackoff)
	}
	want := verdict{"t", 5 * time.Millisecond, pubsub.ValidationIgnore}
	if len(c.verdicts) != 1 || c.verdicts[0] != want {
		t.Errorf("the verdicts are %+v", c.verdicts)
	}
	if c.score.thresholds.GraylistThreshold != -80 || c.score.params.DecayToZero != 0.01 {
		t.Errorf("the score is %+v", c.score)
	}
	if c.score.params.Topics["t"].MeshMessageDeliveriesWindow != 10*time.Millisecond {
		t.Errorf("the topic score is %+v", c.score.params.Topics["t"])
	}
}

func TestAWrongConfigIsAUsageErrorThatNamesTheKey(t *testing.T) {
	for text, named := range map[string]string{
		`{"colour":1}`:                          "colour",
		`{"score":{"colour":1}}`:                "colour",
		`{"score":{"topics":{"t":{"hue":1}}}}`:  "hue",
		`{"validate":[{"topic":"t","when":1}]}`: "when",
		`{"validate":[{"verdict":"accept"}]}`:   "topic",
		`{"sign":"maybe"}`:                      "sign",
		`{"d":"six"}`:                           "d",
		`{"heartbeat_ms":0}`:                    "heartbeat_ms",
		`{"direct_peers":["nowhere"]}`:          "direct_peers",
		`[]`:                                    "config",
		`null`:                                  "config",
	} {
		_, err := parseConfig([]byte(text))

		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), named) {
			t.Errorf("%s is %v", text, err)
		}
	}
}

func TestWhatTheLibraryCannotDoIsUnsupported(t *testing.T) {
	for _, text := range []string{
		`{"protocols":["/meshsub/9.9.0"]}`,
		`{"router":"floodsub","protocols":["/meshsub/1.1.0"]}`,
		`{"router":"floodsub","px":true}`,
		`{"router":"floodsub","score":{}}`,
		`{"seen_ttl_ms":1000}`,
		`{"sign":"none","message_id":"from_seqno"}`,
	} {
		_, err := parseConfig([]byte(text))

		var refused unsupported
		if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), "unsupported: ") {
			t.Errorf("%s is %v", text, err)
		}
	}
}

func TestMessageIDsFollowTheirRule(t *testing.T) {
	message := &pubsub_pb.Message{From: []byte("A"), Seqno: []byte("7"), Data: []byte("123456789")}
	hash := "\x15\xe2\xb0\xd3\xc3\x38\x91\xeb\xb0\xf1\xef\x60\x9e\xc4\x19\x42" +
		"\x0c\x20\xe3\x20\xce\x94\xc6\x5f\xbc\x8c\x33\x12\x44\x8e\xb2\x25"
	for text, want := range map[string]string{
		`{}`:                          "A7",
		`{"sign":"none"}`:             hash,
		`{"message_id":"sha256"}`:     hash,
		`{"message_id":"prefix8"}`:    "12345678",
		`{"message_id":"prefix16"}`:   "123456789",
		`{"message_id":"from_seqno"}`: "A7",
	} {
		c, err := parseConfig([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.messageID.function()(message); got != want {
			t.Errorf("%s makes %x", text, got)
		}
	}
}

func TestThePublishedIDIsTheOneOfTheVeryData(t *testing.T) {
	w := newIDWatch(idPrefix8)

	for _, text := range []string{"", "hello"} {
		own := w.watch([]byte(text))
		w.id(&pubsub_pb.Message{Data: []byte("other")})
		w.id(&pubsub_pb.Message{Data: []byte{}})
		w.id(&pubsub_pb.Message{Data: own})
		w.id(&pubsub_pb.Message{Data: []byte("later")})
		if got := w.take(); got != text {
			t.Errorf("%q has id %q", text, got)
		}
	}
}
