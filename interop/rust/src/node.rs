// SPDX-License-Identifier: Apache-2.0
//! The node: one task that owns the swarm, and the handle by which others give it work.

use std::{collections::HashMap, sync::Arc, sync::atomic::Ordering, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, TransportError,
    gossipsub::{self, FailedMessages, IdentTopic, MessageAcceptance, MessageId, TopicHash},
    identify,
    identity::Keypair,
    noise, ping,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    bench::{
        acks::AckServer,
        publish::{Publisher, Turn},
        receive::Receiver,
    },
    config::{Config, ValidationRule, Verdict},
    connections::Connections,
    failure::StartFailure,
    gossip::{self, Copies},
    output::Output,
    process,
    protocols::Gossip,
};

/// The swarm closes a connection that no protocol uses; the contract wants it kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub gossip: Gossip,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub streams: libp2p_stream::Behaviour,
}

type Job = Box<dyn FnOnce(&mut Node) + Send>;

/// Gives the node work from any task.
#[derive(Clone)]
pub struct NodeHandle {
    jobs: mpsc::UnboundedSender<Job>,
    pub progress: Arc<Notify>,
}

impl NodeHandle {
    pub fn send(&self, job: impl FnOnce(&mut Node) + Send + 'static) {
        // The node ends only with the process.
        let _ = self.jobs.send(Box::new(job));
    }

    /// Runs the job in the node's task; jobs run in the order they were given.
    pub async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> T {
        let (answer, wait) = oneshot::channel();
        self.send(move |node| drop(answer.send(job(node))));
        wait.await.expect("the node outlives its callers")
    }
}

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    pub connections: Connections,
    output: Output,
    jobs: mpsc::UnboundedReceiver<Job>,
    handle: NodeHandle,
    rules: HashMap<String, ValidationRule>,
    receivers: HashMap<String, Receiver>,
    /// Side channels of completed runs, which a publisher may still want to read.
    ended: HashMap<String, AckServer>,
    publishers: Vec<Publisher>,
    copies: Copies,
    messages: u64,
    delivered: u64,
    dropped: u64,
}

impl Node {
    pub fn new(key: Keypair, config: &Config, output: Output) -> Result<Self, StartFailure> {
        let copies = Copies::default();
        let gossip = gossip::build(&key, config, copies.clone())?;
        let (jobs, jobs_in) = mpsc::unbounded_channel();
        Ok(Self {
            swarm: swarm(key, gossip)?,
            connections: Connections::default(),
            output,
            jobs: jobs_in,
            handle: NodeHandle { jobs, progress: Arc::default() },
            rules: config.validate.clone(),
            receivers: HashMap::new(),
            ended: HashMap::new(),
            publishers: vec![],
            copies,
            messages: 0,
            delivered: 0,
            dropped: 0,
        })
    }

    pub fn handle(&self) -> NodeHandle {
        self.handle.clone()
    }

    /// Listens on each address; returns, once all are known, what others can dial.
    pub async fn listen(&mut self, on: &[Multiaddr]) -> Result<Vec<Multiaddr>, StartFailure> {
        let mut waiting = vec![];
        for address in on {
            waiting.push(self.swarm.listen_on(address.clone()).map_err(|error| match error {
                TransportError::MultiaddrNotSupported(_) => {
                    StartFailure::unsupported(format!("listen: {address}"))
                }
                TransportError::Other(e) => StartFailure::other(format!("listen: {address}: {e}")),
            })?);
        }
        let mut addresses = vec![];
        while !waiting.is_empty() {
            match self.swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { listener_id, address } => {
                    waiting.retain(|id| *id != listener_id);
                    let peer = *self.swarm.local_peer_id();
                    addresses.push(address.with_p2p(peer).unwrap_or_else(|address| address));
                }
                SwarmEvent::ListenerClosed { reason: Err(e), .. } => {
                    return Err(StartFailure::other(format!("listen: {e}")));
                }
                SwarmEvent::ListenerError { error, .. } => {
                    return Err(StartFailure::other(format!("listen: {error}")));
                }
                event => self.on_event(event),
            }
        }
        Ok(addresses)
    }

    pub async fn run(mut self) {
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(job) = self.jobs.recv() => job(&mut self),
                () = self.handle.progress.notified() => self.publish_more(),
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        self.connections.on_event(&event, &self.output);
        if let SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) = event {
            self.on_gossip(event);
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.messages += 1;
                self.judge(Received { via: propagation_source, id: message_id, message });
            }
            gossipsub::Event::SlowPeer { failed_messages, .. } => {
                let FailedMessages { priority, non_priority, timeout, .. } = failed_messages;
                self.dropped += (priority + non_priority + timeout) as u64;
            }
            _ => {}
        }
    }

    // Messages.

    fn judge(&mut self, received: Received) {
        if self.rules.is_empty() {
            return self.deliver(received);
        }
        let Some(rule) = self.rules.get(received.message.topic.as_str()) else {
            return self.conclude(received, Verdict::Accept);
        };
        let ValidationRule { delay, verdict } = *rule;
        if delay.is_zero() {
            return self.conclude(received, verdict);
        }
        let handle = self.handle();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            handle.send(move |node| node.conclude(received, verdict));
        });
    }

    fn conclude(&mut self, received: Received, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Reject => MessageAcceptance::Reject,
            Verdict::Ignore => MessageAcceptance::Ignore,
        };
        let router = &mut self.gossip().router;
        router.report_message_validation_result(&received.id, &received.via, acceptance);
        if verdict == Verdict::Accept {
            self.deliver(received);
        }
    }

    fn deliver(&mut self, received: Received) {
        self.delivered += 1;
        let topic = received.message.topic.as_str();
        let Some(receiver) = self.receivers.get_mut(topic) else {
            return self.output.line(received.event());
        };
        if receiver.on_message(&received.message.data) {
            self.output.line(receiver.report());
            if let Some((topic, receiver)) = self.receivers.remove_entry(topic) {
                self.ended.insert(topic, receiver.into_acks());
            }
        }
    }

    // What commands do.

    pub fn gossip(&mut self) -> &mut Gossip {
        &mut self.swarm.behaviour_mut().gossip
    }

    pub fn subscribe(&mut self, topic: &str) -> Result<(), String> {
        let subscribed = self.gossip().router.subscribe(&IdentTopic::new(topic));
        subscribed.map(drop).map_err(|e| format!("{e:?}"))
    }

    pub fn unsubscribe(&mut self, topic: &str) {
        self.gossip().router.unsubscribe(&IdentTopic::new(topic));
    }

    /// The id is None where nobody was there to send to.
    pub fn publish(&mut self, topic: &str, data: Vec<u8>) -> Result<Option<MessageId>, String> {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip::publish(gossip, &self.copies, topic, data).map_err(|e| e.to_string())
    }

    pub fn peers(&mut self, topic: Option<&str>) -> Vec<Value> {
        let peers: Vec<PeerId> = match topic {
            None => self.swarm.connected_peers().copied().collect(),
            Some(topic) => {
                let hash = TopicHash::from_raw(topic);
                let all = self.gossip().router.all_peers();
                all.filter(|(_, topics)| topics.contains(&&hash)).map(|(peer, _)| *peer).collect()
            }
        };
        let gossip = self.gossip();
        let entries = peers.iter().map(|peer| match gossip.protocol(peer) {
            Some(protocol) => json!({"peer_id": peer.to_base58(), "protocol": protocol}),
            None => json!({"peer_id": peer.to_base58()}),
        });
        entries.collect()
    }

    pub fn mesh(&mut self, topic: &str) -> Vec<String> {
        let peers = self.gossip().router.mesh_peers(&TopicHash::from_raw(topic));
        peers.map(|peer| peer.to_base58()).collect()
    }

    /// Tells of every run under way before it returns the reply's fields.
    pub fn stats(&self) -> Value {
        for receiver in self.receivers.values() {
            self.output.line(receiver.report());
        }
        // What is refused before it reaches the application is counted here too.
        let duplicates = self.copies.load(Ordering::Relaxed).saturating_sub(self.messages);
        json!({
            "cpu_us": process::cpu_us(), "rss_kb": process::rss_kb(), "duplicates": duplicates,
            "delivered": self.delivered, "rpc_dropped": self.dropped,
        })
    }

    pub fn arm(&mut self, topic: &str, receiver: Receiver) -> Result<(), String> {
        self.ended.remove(topic);
        self.receivers.insert(topic.into(), receiver);
        self.subscribe(topic)
    }

    pub fn start_publisher(&mut self, publisher: Publisher) {
        self.publishers.push(publisher);
        self.handle.progress.notify_one();
    }

    fn publish_more(&mut self) {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        let mut again = false;
        self.publishers.retain_mut(|publisher| {
            let turn = publisher.turn(gossip, &self.copies);
            again |= turn == Turn::Again;
            turn != Turn::Done
        });
        if again {
            self.handle.progress.notify_one();
        }
    }
}

fn swarm(key: Keypair, gossip: Gossip) -> Result<Swarm<Behaviour>, StartFailure> {
    let behaviour = Behaviour {
        gossip,
        identify: identify::Behaviour::new(identify::Config::new(
            "ipfs/0.1.0".into(),
            key.public(),
        )),
        ping: ping::Behaviour::default(),
        streams: libp2p_stream::Behaviour::new(),
    };
    let tcp = tcp::Config::default().nodelay(true);
    let builder = SwarmBuilder::with_existing_identity(key).with_tokio();
    Ok(builder
        .with_tcp(tcp, noise::Config::new, yamux::Config::default)
        .map_err(StartFailure::other)?
        .with_behaviour(|_| behaviour)
        .map_err(StartFailure::other)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
        .build())
}

/// A message the router passed on, its verdict still open.
struct Received {
    via: PeerId,
    id: MessageId,
    message: gossipsub::Message,
}

impl Received {
    fn event(&self) -> Value {
        json!({
            "event": "message",
            "topic": self.message.topic.as_str(),
            "data": BASE64_STANDARD.encode(&self.message.data),
            "from": self.message.source.map(|peer| peer.to_base58()),
            "via": self.via.to_base58(),
            "message_id": BASE64_STANDARD.encode(&self.id.0),
        })
    }
}
