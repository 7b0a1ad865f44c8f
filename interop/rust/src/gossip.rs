// SPDX-License-Identifier: Apache-2.0
//! The gossipsub router as the configuration wants it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    gossipsub::{
        self, Behaviour, ConfigBuilder, Message, MessageAuthenticity, MessageId, PublishError,
        ValidationMode,
    },
    identity::Keypair,
    multiaddr::Protocol,
};
use sha2::{Digest, Sha256};

use crate::{
    config::{Config, MessageIdRule, Router, Sign},
    failure::StartFailure,
    protocols::Gossip,
};

/// Long enough for the closed loop of a benchmark never to drop a message.
const QUEUE_LENGTH: usize = 8192;
const QUEUE_DURATION: Duration = Duration::from_secs(60);
const HEARTBEAT_INITIAL_DELAY: Duration = Duration::from_millis(100);

/// Copies of messages that arrived. The library asks for the id of each before it looks whether
/// it has seen it, and does not count.
pub type Copies = Arc<AtomicU64>;

pub fn build(key: &Keypair, config: &Config, copies: Copies) -> Result<Gossip, StartFailure> {
    let mut builder = ConfigBuilder::default();
    apply(&mut builder, &config.router);
    let (authenticity, mode) = match config.sign {
        Sign::Strict => (MessageAuthenticity::Signed(key.clone()), ValidationMode::Strict),
        Sign::None => (MessageAuthenticity::Anonymous, ValidationMode::Anonymous),
    };
    builder.validation_mode(mode);
    let id = message_id(config.message_id);
    builder.message_id_fn(move |message| {
        copies.fetch_add(1, Ordering::Relaxed);
        id(message)
    });
    if !config.validate.is_empty() {
        builder.validate_messages();
    }
    let settings = builder.build().map_err(StartFailure::unsupported)?;
    let mut router: Behaviour =
        Behaviour::new(authenticity, settings).map_err(StartFailure::unsupported)?;
    if let Some(score) = &config.score {
        let refused = |e| StartFailure::unsupported(format!("score: {e}"));
        router.with_peer_score(score.params.clone(), score.thresholds.clone()).map_err(refused)?;
    }
    let mut gossip = Gossip::new(router, config.protocols.clone());
    for address in &config.direct_peers {
        gossip.add_direct(peer_of(address)?, address.clone());
    }
    Ok(gossip)
}

fn apply(builder: &mut ConfigBuilder, router: &Router) {
    builder
        .mesh_n(router.d)
        .mesh_n_low(router.d_low)
        .mesh_n_high(router.d_high)
        .retain_scores(router.d_score)
        .mesh_outbound_min(router.d_out)
        .gossip_lazy(router.d_lazy)
        .gossip_factor(router.gossip_factor)
        .heartbeat_interval(router.heartbeat)
        .heartbeat_initial_delay(HEARTBEAT_INITIAL_DELAY)
        .history_length(router.history_length)
        .history_gossip(router.history_gossip)
        .fanout_ttl(router.fanout_ttl)
        .prune_backoff(router.prune_backoff)
        .unsubscribe_backoff(router.unsubscribe_backoff_s)
        .flood_publish(router.flood_publish)
        .idontwant_message_size_threshold(router.idontwant_threshold)
        .max_transmit_size(router.max_message_size)
        .duplicate_cache_time(router.seen_ttl)
        .connection_handler_queue_len(QUEUE_LENGTH)
        .publish_queue_duration(QUEUE_DURATION)
        .forward_queue_duration(QUEUE_DURATION)
        .support_floodsub();
}

type MessageIdFn = Box<dyn Fn(&Message) -> MessageId + Send + Sync>;

fn message_id(rule: MessageIdRule) -> MessageIdFn {
    match rule {
        MessageIdRule::Library => {
            let library = gossipsub::Config::default();
            Box::new(move |message| library.message_id(message))
        }
        MessageIdRule::FromSeqno => Box::new(|message| {
            let mut id = message.source.map(|peer| peer.to_bytes()).unwrap_or_default();
            id.extend(message.sequence_number.iter().flat_map(|number| number.to_be_bytes()));
            MessageId::new(&id)
        }),
        MessageIdRule::Sha256 => Box::new(|message| MessageId::new(&Sha256::digest(&message.data))),
        MessageIdRule::Prefix(size) => {
            Box::new(move |message| MessageId::new(&message.data[..size.min(message.data.len())]))
        }
    }
}

fn peer_of(address: &Multiaddr) -> Result<PeerId, StartFailure> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Ok(peer),
        _ => Err(StartFailure::usage(format!("direct_peers: {address} names no peer"))),
    }
}

/// Publishes without counting the message as a copy that arrived. The id is None where nobody is
/// subscribed: the library then sends nothing, remembers nothing and does not tell the id.
pub fn publish(
    gossip: &mut Gossip,
    copies: &Copies,
    topic: &str,
    data: Vec<u8>,
) -> Result<Option<MessageId>, PublishError> {
    let before = copies.load(Ordering::Relaxed);
    let published = gossip.router.publish(gossipsub::TopicHash::from_raw(topic), data);
    copies.store(before, Ordering::Relaxed);
    match published {
        Ok(id) => Ok(Some(id)),
        Err(PublishError::NoPeersSubscribedToTopic) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(data: &[u8]) -> Message {
        Message {
            source: Some(Keypair::generate_ed25519().public().to_peer_id()),
            data: data.to_vec(),
            sequence_number: Some(258),
            topic: gossipsub::TopicHash::from_raw("t"),
        }
    }

    #[test]
    fn from_seqno_is_the_author_and_eight_big_endian_bytes() {
        let message = message(b"");
        let id = message_id(MessageIdRule::FromSeqno)(&message);

        let mut expected = message.source.unwrap().to_bytes();
        expected.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(id.0, expected);
    }

    #[test]
    fn the_library_names_by_base58_and_decimal() {
        let message = message(b"");
        let id = message_id(MessageIdRule::Library)(&message);

        assert_eq!(id.0, format!("{}258", message.source.unwrap().to_base58()).into_bytes());
    }

    #[test]
    fn a_prefix_of_short_data_is_all_of_it() {
        assert_eq!(message_id(MessageIdRule::Prefix(8))(&message(b"abc")).0, b"abc");
        assert_eq!(message_id(MessageIdRule::Prefix(8))(&message(b"abcdefghi")).0, b"abcdefgh");
    }

    #[test]
    fn what_the_library_refuses_is_unsupported() {
        let key = Keypair::generate_ed25519();
        for text in [
            r#"{"history_length":2,"history_gossip":3}"#,
            r#"{"unsubscribe_backoff_s":0}"#,
            r#"{"score":{"topic_score_cap":-1}}"#,
            r#"{"score":{"decay_interval_ms":100}}"#,
        ] {
            let config = Config::parse(text).unwrap();
            let failure = build(&key, &config, Copies::default()).err().expect(text);
            assert_eq!(failure.exit_status(), 3, "{text}: {failure}");
        }
    }
}
