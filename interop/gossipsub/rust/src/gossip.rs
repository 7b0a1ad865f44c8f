// SPDX-License-Identifier: Apache-2.0
//! The swarm as the contract wants it: TCP, Noise and yamux; unsigned messages whose id is their
//! first eight bytes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use libp2p::{
    Swarm, SwarmBuilder,
    gossipsub::{self, ConfigBuilder, MessageAuthenticity, MessageId, ValidationMode},
    identify,
    identity::Keypair,
    noise,
    swarm::NetworkBehaviour,
    tcp, yamux,
};
use serde_json::{Value, json};

use crate::{Failure, log};

const MESSAGE_SIZE_MAX: usize = 10 << 20;
const QUEUE_LENGTH: usize = 600;
const IDLE_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
}

/// Numbers of the messages published here, which are no copies of others'.
pub type Own = Arc<Mutex<HashSet<u64>>>;

pub fn key_of(number: u64) -> Keypair {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    Keypair::ed25519_from_bytes(seed).expect("any 32 bytes are a key")
}

pub fn number_of(data: &[u8]) -> u64 {
    data.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub fn start(number: u64, params: &Value, own: Own) -> Result<Swarm<Behaviour>, Failure> {
    let key = key_of(number);
    let config = config(params, own)?;
    let gossip = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config)?;
    let told = identify::Config::new("ipfs/0.1.0".into(), key.public());
    let behaviour = Behaviour { gossip, identify: identify::Behaviour::new(told) };
    let mut swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)?
        .with_behaviour(|_| behaviour)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
        .build();
    swarm.listen_on("/ip4/0.0.0.0/tcp/9000".parse()?)?;
    Ok(swarm)
}

/// The library asks for the id of each copy before it looks whether it has seen it, and so it is
/// logged there; from whom it came is not known at that place.
fn config(params: &Value, own: Own) -> Result<gossipsub::Config, Failure> {
    let mut builder = ConfigBuilder::default();
    builder
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .max_transmit_size(MESSAGE_SIZE_MAX)
        .connection_handler_queue_len(QUEUE_LENGTH)
        .message_id_fn(move |message| {
            let number = number_of(&message.data);
            if !own.lock().is_ok_and(|own| own.contains(&number)) {
                let fields = json!({"id": number.to_string(), "topic": message.topic.as_str()});
                log::say("Received Message", fields);
            }
            MessageId::new(&message.data[..message.data.len().min(8)])
        });
    apply(&mut builder, params);
    Ok(builder.build()?)
}

/// Parameters under go's names; those without a counterpart here are passed over.
fn apply(builder: &mut ConfigBuilder, params: &Value) {
    let count = |name: &str| params[name].as_u64().map(|n| n as usize);
    let time = |name: &str| params[name].as_f64().map(|n| Duration::from_nanos(n as u64));
    count("D").map(|n| builder.mesh_n(n));
    count("Dlo").map(|n| builder.mesh_n_low(n));
    count("Dhi").map(|n| builder.mesh_n_high(n));
    count("Dscore").map(|n| builder.retain_scores(n));
    count("Dout").map(|n| builder.mesh_outbound_min(n));
    count("Dlazy").map(|n| builder.gossip_lazy(n));
    count("HistoryLength").map(|n| builder.history_length(n));
    count("HistoryGossip").map(|n| builder.history_gossip(n));
    params["GossipFactor"].as_f64().map(|n| builder.gossip_factor(n));
    time("HeartbeatInitialDelay").map(|t| builder.heartbeat_initial_delay(t));
    time("HeartbeatInterval").map(|t| builder.heartbeat_interval(t));
    time("FanoutTTL").map(|t| builder.fanout_ttl(t));
    time("PruneBackoff").map(|t| builder.prune_backoff(t));
}
