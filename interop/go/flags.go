// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"strconv"

	"github.com/libp2p/go-libp2p/core/crypto"
	ma "github.com/multiformats/go-multiaddr"
)

const listenDefault = "/ip4/127.0.0.1/tcp/0"

// settings is what the command line says. A nil seed means a random identity.
type settings struct {
	listen []ma.Multiaddr
	seed   *uint64
	config config
}

func parseFlags(line []string) (settings, error) {
	var chosen settings
	var listen []string
	configText := "{}"
	flags := flag.NewFlagSet("go-agent", flag.ContinueOnError)
	flags.SetOutput(os.Stderr)
	flags.Func("listen", "multiaddr, may be repeated; none: listen nowhere", func(s string) error {
		listen = append(listen, s)
		return nil
	})
	flags.Func("key-seed", "number the Ed25519 key is made from", func(s string) error {
		seed, err := strconv.ParseUint(s, 10, 64)
		chosen.seed = &seed
		return err
	})
	flags.StringVar(&configText, "config", configText, "a JSON object")
	if err := flags.Parse(line); err != nil {
		return chosen, usageError{err}
	}
	if flags.NArg() > 0 {
		return chosen, usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	var err error
	if chosen.listen, err = listenAddresses(listen); err != nil {
		return chosen, usageError{err}
	}
	chosen.config, err = parseConfig([]byte(configText))
	return chosen, err
}

// listenAddresses turns what --listen said into addresses; an empty list listens nowhere.
func listenAddresses(given []string) ([]ma.Multiaddr, error) {
	if len(given) == 0 {
		given = []string{listenDefault}
	}
	if len(given) == 1 && given[0] == "none" {
		return nil, nil
	}
	addresses := make([]ma.Multiaddr, 0, len(given))
	for _, text := range given {
		address, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("--listen %s: %w", text, err)
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

// identity makes the key of a seed number: 8 bytes little-endian, then zeros, are the Ed25519
// seed. Without a number the key is random.
func identity(number *uint64) (crypto.PrivKey, error) {
	if number == nil {
		key, _, err := crypto.GenerateKeyPair(crypto.Ed25519, -1)
		return key, err
	}
	seed := make([]byte, ed25519.SeedSize)
	binary.LittleEndian.PutUint64(seed, *number)
	return crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
}
