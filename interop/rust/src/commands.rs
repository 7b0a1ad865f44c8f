// SPDX-License-Identifier: Apache-2.0
//! The commands: one JSON object a line in, one reply each.
//!
//! Quick ones are done in the order they come; slow ones become tasks that reply when they are
//! done.

use std::{future::Future, pin::Pin, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use libp2p::{Multiaddr, PeerId, identity::Keypair};
use libp2p_stream::Control;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    sync::oneshot,
    task::JoinSet,
    time::{self, timeout},
};

use crate::{
    bench::{
        acks::{self, AckServer},
        dial, publish, receive,
    },
    fields::{Fields, Kind},
    node::NodeHandle,
    output::Output,
    payload, perf, ping,
};

const CONNECT_MS: u64 = 5000;
const DISCONNECT_SECONDS_MAX: Duration = Duration::from_secs(5);
/// How long the commands under way may still take when the input has ended.
const END_SECONDS_MAX: Duration = Duration::from_secs(1);
/// How often a publisher that hears nothing looks whether it has stalled.
const STALL_CHECK: Duration = Duration::from_millis(100);

type Reply = Result<Value, String>;
type Slow = Pin<Box<dyn Future<Output = Reply> + Send>>;

enum Action {
    Now(Value),
    Later(Slow),
    Quit,
}

type Parsed = Result<Action, String>;

#[derive(Clone)]
pub struct Commands {
    pub node: NodeHandle,
    pub streams: Control,
    pub key: Keypair,
    pub output: Output,
}

impl Commands {
    /// Serves the input until it ends or says `quit`.
    pub async fn run(&self, mut input: impl AsyncBufRead + Unpin) {
        let mut tasks = JoinSet::new();
        let mut line = vec![];
        while matches!(input.read_until(b'\n', &mut line).await, Ok(size) if size > 0) {
            if self.on_line(&line, &mut tasks).await {
                return;
            }
            while tasks.try_join_next().is_some() {}
            line.clear();
        }
        let _ = timeout(END_SECONDS_MAX, tasks.join_all()).await;
    }

    /// Returns whether this was the last line.
    async fn on_line(&self, line: &[u8], tasks: &mut JoinSet<()>) -> bool {
        let (id, mut fields) = match split(line) {
            Ok(parts) => parts,
            Err(error) => {
                self.reply(Value::Null, Err(error));
                return false;
            }
        };
        let parsed = match fields.require::<String>("op") {
            Ok(op) => self.parse(&op, fields).await,
            Err(error) => Err(error.into()),
        };
        match parsed {
            Ok(Action::Now(value)) => self.reply(id, Ok(value)),
            Ok(Action::Later(slow)) => {
                let this = self.clone();
                tasks.spawn(async move { this.reply(id, slow.await) });
            }
            Ok(Action::Quit) => {
                self.reply(id, Ok(json!({})));
                return true;
            }
            Err(error) => self.reply(id, Err(error)),
        }
        false
    }

    fn reply(&self, id: Value, reply: Reply) {
        let mut line = Map::from_iter([("reply".into(), id), ("ok".into(), reply.is_ok().into())]);
        match reply {
            Ok(Value::Object(fields)) => line.extend(fields),
            Ok(_) => {}
            Err(error) => drop(line.insert("error".into(), error.into())),
        }
        self.output.line(Value::Object(line));
    }

    async fn parse(&self, op: &str, fields: Fields) -> Parsed {
        match op {
            "connect" => self.connect(fields),
            "disconnect" => self.disconnect(fields),
            "subscribe" => self.subscribe(fields).await,
            "unsubscribe" => self.unsubscribe(fields).await,
            "publish" => self.publish(fields).await,
            "peers" => self.peers(fields).await,
            "mesh" => self.mesh(fields).await,
            "score" => self.score(fields).await,
            "ping" => self.ping(fields),
            "stats" => {
                fields.finish()?;
                Ok(Action::Now(self.node.call(|node| node.stats()).await))
            }
            "bench_receive" => self.bench_receive(fields).await,
            "bench_publish" => self.bench_publish(fields),
            "bench_dial" => self.bench_dial(fields),
            "perf" => self.perf(fields),
            "quit" => {
                fields.finish()?;
                Ok(Action::Quit)
            }
            other => Err(format!("unknown op: {other}")),
        }
    }

    // Connections.

    fn connect(&self, mut fields: Fields) -> Parsed {
        let address = address(&mut fields)?;
        let limit = Duration::from_millis(fields.take_or("timeout_ms", CONNECT_MS)?);
        fields.finish()?;
        let this = self.clone();
        Ok(later(async move {
            let peer = this.dial(address, limit).await?;
            Ok(json!({"peer_id": peer.to_base58()}))
        }))
    }

    async fn dial(&self, address: Multiaddr, limit: Duration) -> Result<PeerId, String> {
        let dialling =
            self.node.call(move |node| node.connections.connect(&mut node.swarm, address));
        match timeout(limit, dialling.await?).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) => Err("the dial was dropped".into()),
            Err(_) => Err(format!("not connected within {} ms", limit.as_millis())),
        }
    }

    fn disconnect(&self, mut fields: Fields) -> Parsed {
        let peer = peer(&mut fields)?;
        fields.finish()?;
        let node = self.node.clone();
        Ok(later(async move {
            let closing =
                node.call(move |node| node.connections.disconnect(&mut node.swarm, peer)).await?;
            match timeout(DISCONNECT_SECONDS_MAX, closing).await {
                Ok(_) => Ok(json!({})),
                Err(_) => Err(format!("still connected after {DISCONNECT_SECONDS_MAX:?}")),
            }
        }))
    }

    /// A stream is only ever opened on a connection that is there.
    async fn require_connected(&self, peer: PeerId) -> Result<(), String> {
        match self.node.call(move |node| node.swarm.is_connected(&peer)).await {
            true => Ok(()),
            false => Err(format!("not connected to {peer}")),
        }
    }

    // Topics.

    async fn subscribe(&self, mut fields: Fields) -> Parsed {
        let topic = fields.require::<String>("topic")?;
        fields.finish()?;
        self.node.call(move |node| node.subscribe(&topic)).await?;
        Ok(Action::Now(json!({})))
    }

    async fn unsubscribe(&self, mut fields: Fields) -> Parsed {
        let topic = fields.require::<String>("topic")?;
        fields.finish()?;
        self.node.call(move |node| node.unsubscribe(&topic)).await;
        Ok(Action::Now(json!({})))
    }

    async fn publish(&self, mut fields: Fields) -> Parsed {
        let topic = fields.require::<String>("topic")?;
        let data = fields.require::<String>("data")?;
        fields.finish()?;
        let data = BASE64_STANDARD.decode(data).map_err(|e| format!("data: {e}"))?;
        let id = self.node.call(move |node| node.publish(&topic, data)).await?;
        Ok(Action::Now(match id {
            Some(id) => json!({"message_id": BASE64_STANDARD.encode(id.0)}),
            None => json!({"peers": 0}),
        }))
    }

    async fn peers(&self, mut fields: Fields) -> Parsed {
        let topic = fields.take::<String>("topic")?;
        fields.finish()?;
        let peers = self.node.call(move |node| node.peers(topic.as_deref())).await;
        Ok(Action::Now(json!({"peers": peers})))
    }

    async fn mesh(&self, mut fields: Fields) -> Parsed {
        let topic = fields.require::<String>("topic")?;
        fields.finish()?;
        let peers = self.node.call(move |node| node.mesh(&topic)).await;
        Ok(Action::Now(json!({"peers": peers})))
    }

    async fn score(&self, mut fields: Fields) -> Parsed {
        let peer = peer(&mut fields)?;
        fields.finish()?;
        let score = self.node.call(move |node| node.gossip().router.peer_score(&peer)).await;
        let score = score.ok_or("unsupported: score while scoring is off")?;
        Ok(Action::Now(json!({"score": score})))
    }

    // Measurements.

    fn ping(&self, mut fields: Fields) -> Parsed {
        let peer = peer(&mut fields)?;
        fields.finish()?;
        let this = self.clone();
        Ok(later(async move {
            this.require_connected(peer).await?;
            Ok(json!({"rtt_us": ping::measure(this.streams, peer).await?}))
        }))
    }

    fn perf(&self, mut fields: Fields) -> Parsed {
        let to = fields.take::<String>("peer")?.map(|text| parse_peer(&text)).transpose()?;
        let at = fields.take::<String>("addr")?.map(|text| parse_address(&text)).transpose()?;
        let (upload, download) = (fields.require("upload")?, fields.require("download")?);
        fields.finish()?;
        let this = self.clone();
        Ok(later(async move {
            let peer = match (to, at) {
                (Some(peer), None) => peer,
                (None, Some(at)) => this.dial(at, Duration::from_millis(CONNECT_MS)).await?,
                _ => return Err("one of peer and addr is needed".into()),
            };
            this.require_connected(peer).await?;
            Ok(json!({"wall_ns": perf::measure(this.streams, peer, upload, download).await?}))
        }))
    }

    fn bench_dial(&self, mut fields: Fields) -> Parsed {
        let plan = dial::Plan {
            address: address(&mut fields)?,
            count: fields.require("count")?,
            concurrency: at_least(1, fields.require("concurrency")?, "concurrency")?,
        };
        fields.finish()?;
        Ok(later(dial::run(self.key.clone(), plan)))
    }

    async fn bench_receive(&self, mut fields: Fields) -> Parsed {
        let topic = fields.require::<String>("topic")?;
        let plan = receive::Plan {
            topic: topic.clone(),
            size: size(&mut fields)?,
            count: at_least(1, fields.require("count")?, "count")?,
            ack_every: at_least(1, fields.require("ack_every")?, "ack_every")?,
        };
        fields.finish()?;
        let acks = AckServer::start().await.map_err(|e| e.to_string())?;
        let address = acks.address.to_string();
        let receiver = receive::Receiver::new(plan, acks);
        self.node.call(move |node| node.arm(&topic, receiver)).await?;
        Ok(Action::Now(json!({"ack_addr": address})))
    }

    fn bench_publish(&self, mut fields: Fields) -> Parsed {
        let plan = publish::Plan {
            topic: fields.require("topic")?,
            size: size(&mut fields)?,
            count: at_least(1, fields.require("count")?, "count")?,
            window: at_least(1, fields.require("window")?, "window")?,
            warmup: fields.take_or("warmup", 0)?,
            rate: fields.take_or("rate", 0.0)?,
            first_sequence: fields.take_or("first_sequence", 0)?,
            sequence_step: at_least(1, fields.take_or("sequence_step", 1)?, "sequence_step")?,
        };
        let addresses = fields.require::<Vec<String>>("acks")?;
        fields.finish()?;
        if plan.warmup >= plan.count || plan.rate < 0.0 {
            return Err("warmup is not below count, or rate is below 0".into());
        }
        Ok(later(publish_all(self.node.clone(), plan, addresses)))
    }
}

async fn publish_all(node: NodeHandle, plan: publish::Plan, addresses: Vec<String>) -> Reply {
    let progress = node.progress.clone();
    let mut acked = vec![];
    for address in &addresses {
        let follow = acks::follow(address, progress.clone()).await;
        acked.push(follow.map_err(|e| format!("{address}: {e}"))?);
    }
    let (sender, mut outcome) = oneshot::channel();
    let publisher = publish::Publisher::new(plan, acked, &progress, sender);
    node.call(move |node| node.start_publisher(publisher)).await;
    let mut check = time::interval(STALL_CHECK);
    loop {
        tokio::select! {
            outcome = &mut outcome => return outcome.map_err(|e| e.to_string())?,
            _ = check.tick() => progress.notify_one(),
        }
    }
}

fn later(slow: impl Future<Output = Reply> + Send + 'static) -> Action {
    Action::Later(Box::pin(slow))
}

/// The id and the rest of a command.
fn split(line: &[u8]) -> Result<(Value, Fields), String> {
    let value = serde_json::from_slice::<Value>(line).map_err(|e| format!("malformed: {e}"))?;
    let mut map = Map::of(value).ok_or("malformed: not an object")?;
    let id = map.remove("id").unwrap_or_default();
    Ok((id, Fields::new(map)))
}

fn at_least(low: u64, number: u64, key: &str) -> Result<u64, String> {
    if number < low { Err(format!("{key} is below {low}")) } else { Ok(number) }
}

fn size(fields: &mut Fields) -> Result<usize, String> {
    let low = payload::STAMP_SIZE as u64;
    at_least(low, fields.require("size")?, "size").map(|size| size as usize)
}

fn address(fields: &mut Fields) -> Result<Multiaddr, String> {
    parse_address(&fields.require::<String>("addr")?)
}

fn peer(fields: &mut Fields) -> Result<PeerId, String> {
    parse_peer(&fields.require::<String>("peer")?)
}

fn parse_address(text: &str) -> Result<Multiaddr, String> {
    text.parse().map_err(|e| format!("addr: {e}"))
}

fn parse_peer(text: &str) -> Result<PeerId, String> {
    text.parse().map_err(|e| format!("peer: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_without_id_is_answered_with_null() {
        let (id, _) = split(br#"{"op":"peers"}"#).unwrap();

        assert_eq!(id, Value::Null);
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for line in [&b"this is not JSON"[..], br#"{"id":1,"op":"#, b"[1]", b"\xff", b""] {
            assert!(split(line).is_err());
        }
    }
}
