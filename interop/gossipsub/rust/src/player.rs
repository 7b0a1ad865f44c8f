// SPDX-License-Identifier: Apache-2.0
//! Does what the script says, one instruction after the other; the swarm is served meanwhile.

use std::{
    collections::HashMap,
    future::Future,
    net::ToSocketAddrs,
    pin::Pin,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream::FuturesUnordered};
use libp2p::{
    Multiaddr, PeerId, Swarm,
    gossipsub::{self, IdentTopic, MessageAcceptance, MessageId},
    multiaddr::Protocol,
    swarm::SwarmEvent,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    Failure,
    gossip::{self, Behaviour, BehaviourEvent, Own},
    log,
};

/// Whoever is dialled may start a little later.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_INTERVAL: Duration = Duration::from_millis(500);

type Verdict = Pin<Box<dyn Future<Output = (MessageId, PeerId)>>>;

pub struct Player {
    started: Instant,
    number: u64,
    own: Own,
    swarm: Option<Swarm<Behaviour>>,
    delays: HashMap<String, Duration>,
    verdicts: FuturesUnordered<Verdict>,
}

impl Player {
    pub fn new(started: Instant, number: u64) -> Self {
        let id = gossip::key_of(number).public().to_peer_id();
        log::say("PeerID", json!({"id": id.to_string(), "node_id": number}));
        let own = Own::default();
        let (delays, verdicts) = (HashMap::new(), FuturesUnordered::new());
        Self { started, number, own, swarm: None, delays, verdicts }
    }

    pub async fn run(&mut self, instruction: &Value) -> Result<(), Failure> {
        let mut instruction = instruction;
        while instruction["type"] == "ifNodeIDEquals" {
            if instruction["nodeID"] != self.number {
                return Ok(());
            }
            instruction = &instruction["instruction"];
        }
        let kind = instruction["type"].as_str().unwrap_or_default();
        let done = self.obey(kind, instruction).await;
        done.map_err(|error| format!("{kind}: {error}").into())
    }

    async fn obey(&mut self, kind: &str, how: &Value) -> Result<(), Failure> {
        let topic = how["topicID"].as_str().unwrap_or_default();
        let seconds = |name: &str| Duration::from_secs_f64(how[name].as_f64().unwrap_or_default());
        match kind {
            "initGossipSub" => {
                let params = &how["gossipSubParams"];
                self.swarm = Some(gossip::start(self.number, params, self.own.clone())?);
            }
            "connect" => {
                for other in how["connectTo"].as_array().ok_or("no list")? {
                    self.connect(other.as_u64().ok_or("no number")?).await?;
                }
            }
            "waitUntil" => {
                let end = self.started + seconds("elapsedSeconds");
                self.serve(sleep(end.saturating_duration_since(Instant::now()))).await;
            }
            "subscribeToTopic" if how["partial"] == true => {
                return Err("no partial messages".into());
            }
            "subscribeToTopic" => {
                self.gossip()?.subscribe(&IdentTopic::new(topic))?;
            }
            "setTopicValidationDelay" => {
                self.delays.insert(topic.into(), seconds("delaySeconds"));
            }
            "publish" => self.publish(topic, how)?,
            _ => return Err("unsupported".into()),
        }
        Ok(())
    }

    fn gossip(&mut self) -> Result<&mut gossipsub::Behaviour, Failure> {
        let swarm = self.swarm.as_mut().ok_or("initGossipSub must come first")?;
        Ok(&mut swarm.behaviour_mut().gossip)
    }

    fn publish(&mut self, topic: &str, how: &Value) -> Result<(), Failure> {
        let number = how["messageID"].as_u64().ok_or("no messageID")?;
        let size = how["messageSizeBytes"].as_u64().ok_or("no messageSizeBytes")? as usize;
        let mut data = number.to_be_bytes().to_vec();
        data.resize(size.max(data.len()), 0);
        if let Ok(mut own) = self.own.lock() {
            own.insert(number);
        }
        self.gossip()?.publish(IdentTopic::new(topic), data)?;
        Ok(())
    }

    async fn connect(&mut self, other: u64) -> Result<(), Failure> {
        let name = format!("node{other}");
        let socket = (name.as_str(), 9000).to_socket_addrs()?.next().ok_or("no address")?;
        let peer = gossip::key_of(other).public().to_peer_id();
        let address =
            Multiaddr::from(socket.ip()).with(Protocol::Tcp(9000)).with(Protocol::P2p(peer));
        let end = Instant::now() + CONNECT_TIMEOUT;
        loop {
            let swarm = self.swarm.as_mut().ok_or("initGossipSub must come first")?;
            if swarm.is_connected(&peer) {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("{name} cannot be reached").into());
            }
            // An attempt may be under way already.
            let _ = swarm.dial(address.clone());
            let pause = Instant::now() + CONNECT_INTERVAL;
            while Instant::now() < pause && !self.connected(&peer) {
                self.serve(sleep(Duration::from_millis(10))).await;
            }
        }
    }

    fn connected(&self, peer: &PeerId) -> bool {
        self.swarm.as_ref().is_some_and(|swarm| swarm.is_connected(peer))
    }

    /// Lets the network run until `end` is over.
    async fn serve(&mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        let Some(swarm) = self.swarm.as_mut() else { return end.await };
        loop {
            tokio::select! {
                () = &mut end => return,
                event = swarm.select_next_some() => {
                    let SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) = event else { continue };
                    let gossipsub::Event::Message { propagation_source, message_id, message } = event
                    else { continue };
                    let delay = self.delays.get(message.topic.as_str()).copied().unwrap_or_default();
                    self.verdicts.push(Box::pin(async move {
                        sleep(delay).await;
                        (message_id, propagation_source)
                    }));
                }
                Some((id, from)) = self.verdicts.next(), if !self.verdicts.is_empty() => {
                    let gossip = &mut swarm.behaviour_mut().gossip;
                    gossip.report_message_validation_result(&id, &from, MessageAcceptance::Accept);
                }
            }
        }
    }
}
