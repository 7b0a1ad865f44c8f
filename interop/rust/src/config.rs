// SPDX-License-Identifier: Apache-2.0
//! The agent's configuration: what `--config` says, with the benchmark's settings for the rest.

use std::{collections::HashMap, time::Duration};

use libp2p::Multiaddr;
use serde_json::{Map, Value};

use crate::{
    failure::StartFailure,
    fields::{FieldError, Fields, Kind},
    score::Score,
};

/// All that this implementation speaks, newest first.
pub const PROTOCOLS: [&str; 4] = ["/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0", FLOODSUB];
pub const FLOODSUB: &str = "/floodsub/1.0.0";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    Strict,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MessageIdRule {
    /// The library's own: base58 of the author, then the sequence number in decimal.
    Library,
    FromSeqno,
    Sha256,
    /// So many leading bytes of the data.
    Prefix(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Accept,
    Reject,
    Ignore,
}

/// What becomes of the messages of others on a topic, and after how long.
#[derive(Clone, Copy, Debug)]
pub struct ValidationRule {
    pub delay: Duration,
    pub verdict: Verdict,
}

#[derive(Debug)]
pub struct Config {
    pub sign: Sign,
    pub message_id: MessageIdRule,
    /// Offered and accepted gossip protocols, in order of preference.
    pub protocols: Vec<String>,
    pub router: Router,
    pub score: Option<Score>,
    pub direct_peers: Vec<Multiaddr>,
    /// By topic. Not empty: the library waits for the agent's verdict on every message.
    pub validate: HashMap<String, ValidationRule>,
}

/// The numbers of the router. Sizes are in bytes.
#[derive(Debug)]
pub struct Router {
    pub d: usize,
    pub d_low: usize,
    pub d_high: usize,
    pub d_score: usize,
    pub d_out: usize,
    pub d_lazy: usize,
    pub gossip_factor: f64,
    pub heartbeat: Duration,
    pub history_length: usize,
    pub history_gossip: usize,
    pub fanout_ttl: Duration,
    pub prune_backoff: Duration,
    pub unsubscribe_backoff_s: u64,
    pub flood_publish: bool,
    pub idontwant_threshold: usize,
    pub max_message_size: usize,
    pub seen_ttl: Duration,
}

impl Config {
    pub fn parse(text: &str) -> Result<Self, StartFailure> {
        let value = serde_json::from_str::<Value>(text).map_err(StartFailure::usage)?;
        let map = Map::of(value).ok_or_else(|| StartFailure::usage("config is not an object"))?;
        let mut fields = Fields::new(map);
        let sign = sign(&mut fields)?;
        let config = Self {
            sign,
            message_id: message_id(&mut fields, sign)?,
            protocols: protocols(&mut fields)?,
            router: router(&mut fields)?,
            score: fields.take::<Map<_, _>>("score")?.map(Score::parse).transpose()?,
            direct_peers: direct_peers(&mut fields)?,
            validate: validate(&mut fields)?,
        };
        // Peer exchange carries ids without addresses in this library: nobody can dial them.
        let px = fields.take_or("px", false)?;
        // It has no partial messages yet.
        let partial = fields.take_or("partial", false)?;
        fields.finish()?;
        match (px, partial) {
            (true, _) => Err(StartFailure::unsupported("px")),
            (_, true) => Err(StartFailure::unsupported("partial")),
            _ => Ok(config),
        }
    }
}

fn sign(fields: &mut Fields) -> Result<Sign, StartFailure> {
    match fields.take_or("sign", "strict".to_string())?.as_str() {
        "strict" => Ok(Sign::Strict),
        "none" => Ok(Sign::None),
        other => Err(StartFailure::usage(format!("sign: {other}"))),
    }
}

fn message_id(fields: &mut Fields, sign: Sign) -> Result<MessageIdRule, StartFailure> {
    match fields.take_or("message_id", "default".to_string())?.as_str() {
        "default" if sign == Sign::None => Ok(MessageIdRule::Sha256),
        "default" => Ok(MessageIdRule::Library),
        "from_seqno" => Ok(MessageIdRule::FromSeqno),
        "sha256" => Ok(MessageIdRule::Sha256),
        "prefix8" => Ok(MessageIdRule::Prefix(8)),
        "prefix16" => Ok(MessageIdRule::Prefix(16)),
        other => Err(StartFailure::usage(format!("message_id: {other}"))),
    }
}

/// There is one router; it is floodsub where it speaks nothing else.
fn protocols(fields: &mut Fields) -> Result<Vec<String>, StartFailure> {
    let router = fields.take_or("router", "gossipsub".to_string())?;
    let given = fields.take::<Vec<String>>("protocols")?;
    let protocols = match (router.as_str(), given) {
        ("gossipsub" | "floodsub", Some(given)) => given,
        ("gossipsub", None) => PROTOCOLS.map(String::from).to_vec(),
        ("floodsub", None) => vec![FLOODSUB.into()],
        (other, _) => return Err(StartFailure::usage(format!("router: {other}"))),
    };
    let known = |name: &String| match router.as_str() {
        "floodsub" => name == FLOODSUB,
        _ => PROTOCOLS.contains(&name.as_str()),
    };
    match protocols.iter().find(|name| !known(name)) {
        Some(name) => Err(StartFailure::unsupported(format!("protocols: {name}"))),
        None => Ok(protocols),
    }
}

fn router(fields: &mut Fields) -> Result<Router, FieldError> {
    let mut ms =
        |key, absent: u64| Ok::<_, FieldError>(Duration::from_millis(fields.take_or(key, absent)?));
    let (heartbeat, fanout_ttl, seen_ttl) =
        (ms("heartbeat_ms", 1000)?, ms("fanout_ttl_ms", 60_000)?, ms("seen_ttl_ms", 120_000)?);
    Ok(Router {
        d: fields.take_or("d", 6)?,
        d_low: fields.take_or("d_low", 5)?,
        d_high: fields.take_or("d_high", 12)?,
        d_score: fields.take_or("d_score", 4)?,
        d_out: fields.take_or("d_out", 2)?,
        d_lazy: fields.take_or("d_lazy", 6)?,
        gossip_factor: fields.take_or("gossip_factor", 0.25)?,
        heartbeat,
        history_length: fields.take_or("history_length", 5)?,
        history_gossip: fields.take_or("history_gossip", 3)?,
        fanout_ttl,
        prune_backoff: Duration::from_secs(fields.take_or("prune_backoff_s", 60)?),
        unsubscribe_backoff_s: fields.take_or("unsubscribe_backoff_s", 10)?,
        flood_publish: fields.take_or("flood_publish", true)?,
        idontwant_threshold: fields.take_or("idontwant_threshold", 1024)?,
        max_message_size: fields.take_or("max_message_size", 4 << 20)?,
        seen_ttl,
    })
}

fn direct_peers(fields: &mut Fields) -> Result<Vec<Multiaddr>, StartFailure> {
    let texts = fields.take_or("direct_peers", Vec::<String>::new())?;
    let parsed = texts.iter().map(|text| {
        text.parse().map_err(|e| StartFailure::usage(format!("direct_peers: {text}: {e}")))
    });
    parsed.collect()
}

fn validate(fields: &mut Fields) -> Result<HashMap<String, ValidationRule>, StartFailure> {
    let mut rules = HashMap::new();
    for entry in fields.take_or("validate", Vec::<Map<_, _>>::new())? {
        let mut entry = Fields::new(entry);
        let topic = entry.require("topic")?;
        let delay = Duration::from_millis(entry.take_or("delay_ms", 0)?);
        let verdict = match entry.require::<String>("verdict")?.as_str() {
            "accept" => Verdict::Accept,
            "reject" => Verdict::Reject,
            "ignore" => Verdict::Ignore,
            other => return Err(StartFailure::usage(format!("verdict: {other}"))),
        };
        entry.finish()?;
        rules.insert(topic, ValidationRule { delay, verdict });
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> (i32, String) {
        let failure = Config::parse(text).expect_err(text);
        (failure.exit_status(), failure.to_string())
    }

    #[test]
    fn an_unknown_key_ends_with_2_wherever_it_is() {
        assert_eq!(failure(r#"{"no_such_key":1}"#).0, 2);
        assert_eq!(failure(r#"{"score":{"no_such_key":1}}"#).0, 2);
        assert_eq!(failure(r#"{"score":{"topics":{"t":{"no_such_key":1}}}}"#).0, 2);
        let rule = r#"{"validate":[{"topic":"t","verdict":"accept","colour":"red"}]}"#;
        assert_eq!(failure(rule).0, 2);
    }

    #[test]
    fn what_the_library_cannot_do_ends_with_3() {
        assert_eq!(failure(r#"{"px":true}"#), (3, "unsupported: px".into()));
        assert_eq!(failure(r#"{"partial":true}"#), (3, "unsupported: partial".into()));
        assert_eq!(failure(r#"{"protocols":["/meshsub/9.9.0"]}"#).0, 3);
        assert_eq!(failure(r#"{"router":"floodsub","protocols":["/meshsub/1.1.0"]}"#).0, 3);
    }

    #[test]
    fn a_wrong_value_ends_with_2() {
        for text in [r#"{"d":-1}"#, r#"{"sign":"lax"}"#, r#"{"d":"six"}"#, "[]", "{"] {
            assert_eq!(failure(text).0, 2, "{text}");
        }
    }

    #[test]
    fn unsigned_messages_are_named_by_their_data() {
        let config = Config::parse(r#"{"sign":"none","px":false,"score":null}"#).unwrap();

        assert_eq!((config.sign, config.message_id), (Sign::None, MessageIdRule::Sha256));
        assert!(config.score.is_none());
    }

    #[test]
    fn floodsub_alone_is_the_floodsub_router() {
        let config = Config::parse(r#"{"router":"floodsub"}"#).unwrap();

        assert_eq!(config.protocols, [FLOODSUB]);
    }
}
