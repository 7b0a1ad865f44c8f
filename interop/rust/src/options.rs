// SPDX-License-Identifier: Apache-2.0
//! The command line: `[--listen MULTIADDR]… [--key-seed N] [--config JSON]`.

use libp2p::{Multiaddr, identity::Keypair};

use crate::{config::Config, failure::StartFailure};

const LISTEN_DEFAULT: &str = "/ip4/127.0.0.1/tcp/0";

pub struct Options {
    /// Empty means: listen nowhere.
    pub listen: Vec<Multiaddr>,
    pub key: Keypair,
    pub config: Config,
}

impl Options {
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, StartFailure> {
        let mut listen: Option<Vec<Multiaddr>> = None;
        let mut key = None;
        let mut config = Config::parse("{}")?;
        let mut rest = arguments;
        while let Some(name) = rest.next() {
            let mut value =
                || rest.next().ok_or_else(|| StartFailure::usage(format!("{name} needs a value")));
            match name.as_str() {
                "--listen" => {
                    let addresses = listen.get_or_insert_default();
                    match value()?.as_str() {
                        "none" => {}
                        text => addresses.push(address(text)?),
                    }
                }
                "--key-seed" => {
                    let text = value()?;
                    let seed = text.parse::<u64>();
                    let seed = seed.map_err(|e| StartFailure::usage(format!("{text}: {e}")))?;
                    key = Some(key_of_seed(seed));
                }
                "--config" => config = Config::parse(&value()?)?,
                _ => return Err(StartFailure::usage(format!("unknown argument: {name}"))),
            }
        }
        Ok(Self {
            listen: match listen {
                Some(addresses) => addresses,
                None => vec![address(LISTEN_DEFAULT)?],
            },
            key: key.unwrap_or_else(Keypair::generate_ed25519),
            config,
        })
    }
}

fn address(text: &str) -> Result<Multiaddr, StartFailure> {
    text.parse().map_err(|e| StartFailure::usage(format!("{text}: {e}")))
}

/// The Ed25519 key whose 32 secret bytes are the number, 8 bytes little-endian, then zeros.
fn key_of_seed(number: u64) -> Keypair {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    Keypair::ed25519_from_bytes(seed).expect("every 32 bytes are an Ed25519 seed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, StartFailure> {
        Options::parse(arguments.iter().map(|text| text.to_string()))
    }

    #[test]
    fn a_key_seed_makes_the_peer_id_of_the_rule() {
        let peer = key_of_seed(0).public().to_peer_id();

        assert_eq!(peer.to_base58(), "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN");
    }

    #[test]
    fn none_listens_nowhere_and_nothing_listens_on_the_default() {
        assert!(parse(&["--listen", "none"]).unwrap().listen.is_empty());
        assert_eq!(parse(&[]).unwrap().listen, vec![LISTEN_DEFAULT.parse::<Multiaddr>().unwrap()]);
    }

    #[test]
    fn a_wrong_command_line_is_refused() {
        for wrong in [&["--lisen", "none"][..], &["--key-seed", "x"], &["--config"]] {
            assert_eq!(parse(wrong).err().map(|failure| failure.exit_status()), Some(2));
        }
    }
}
