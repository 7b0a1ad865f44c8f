// SPDX-License-Identifier: Apache-2.0
//! Peer scoring as the configuration gives it: flat, absent numbers are 0.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use libp2p::gossipsub::{PeerScoreParams, PeerScoreThresholds, TopicHash, TopicScoreParams};
use serde_json::{Map, Value};

use crate::{
    failure::StartFailure,
    fields::{FieldError, Fields, Kind},
};

/// The library wants a decay even where the weight it belongs to is 0; then it means nothing.
const DECAY_UNUSED: f64 = 0.5;

#[derive(Debug)]
pub struct Score {
    pub params: PeerScoreParams,
    pub thresholds: PeerScoreThresholds,
}

impl Score {
    pub fn parse(map: Map<String, Value>) -> Result<Self, StartFailure> {
        let mut fields = Fields::new(map);
        let topics = fields.take_or("topics", Map::new())?;
        // Absent parameters are already neutral, so there is nothing left to skip.
        fields.take_or("skip_atomic_validation", false)?;
        let seen = fields.take::<f64>("seen_msg_ttl_ms")?;
        let score = Self {
            params: PeerScoreParams { topics: all_topics(topics)?, ..params(&mut fields)? },
            thresholds: thresholds(&mut fields)?,
        };
        fields.finish()?;
        match seen {
            Some(_) => Err(StartFailure::unsupported("score: seen_msg_ttl_ms")),
            None => Ok(score),
        }
    }
}

fn params(fields: &mut Fields) -> Result<PeerScoreParams, StartFailure> {
    let behaviour_penalty_weight = number(fields, "behaviour_penalty_weight")?;
    Ok(PeerScoreParams {
        topics: HashMap::new(),
        topic_score_cap: number(fields, "topic_score_cap")?,
        app_specific_weight: number(fields, "app_specific_weight")?,
        ip_colocation_factor_weight: number(fields, "ip_colocation_factor_weight")?,
        ip_colocation_factor_threshold: number(fields, "ip_colocation_factor_threshold")?,
        ip_colocation_factor_whitelist: whitelist(fields)?.into_iter().collect(),
        behaviour_penalty_weight,
        behaviour_penalty_threshold: number(fields, "behaviour_penalty_threshold")?,
        behaviour_penalty_decay: number(fields, "behaviour_penalty_decay")?,
        decay_interval: millis(fields.take_or("decay_interval_ms", 1000.0)?),
        decay_to_zero: fields.take_or("decay_to_zero", 0.01)?,
        retain_score: duration(fields, "retain_score_ms")?,
        slow_peer_weight: 0.0,
        slow_peer_threshold: 0.0,
        slow_peer_decay: DECAY_UNUSED,
    })
}

fn thresholds(fields: &mut Fields) -> Result<PeerScoreThresholds, FieldError> {
    Ok(PeerScoreThresholds {
        gossip_threshold: number(fields, "gossip_threshold")?,
        publish_threshold: number(fields, "publish_threshold")?,
        graylist_threshold: number(fields, "graylist_threshold")?,
        accept_px_threshold: number(fields, "accept_px_threshold")?,
        opportunistic_graft_threshold: number(fields, "opportunistic_graft_threshold")?,
    })
}

fn all_topics(
    topics: Map<String, Value>,
) -> Result<HashMap<TopicHash, TopicScoreParams>, StartFailure> {
    let entries = topics.into_iter().map(|(topic, value)| {
        let map = Map::of(value).ok_or(FieldError::Wrong("topics", "an object of objects"))?;
        let mut fields = Fields::new(map);
        let params = topic_params(&mut fields)?;
        fields.finish()?;
        Ok((TopicHash::from_raw(topic), params))
    });
    entries.collect()
}

fn topic_params(fields: &mut Fields) -> Result<TopicScoreParams, FieldError> {
    let time_in_mesh_weight = number(fields, "time_in_mesh_weight")?;
    let invalid_message_deliveries_weight = number(fields, "invalid_message_deliveries_weight")?;
    let quantum_absent = if time_in_mesh_weight == 0.0 { 1000.0 } else { 0.0 };
    let decay_absent = if invalid_message_deliveries_weight == 0.0 { DECAY_UNUSED } else { 0.0 };
    Ok(TopicScoreParams {
        topic_weight: number(fields, "topic_weight")?,
        time_in_mesh_weight,
        time_in_mesh_quantum: millis(fields.take_or("time_in_mesh_quantum_ms", quantum_absent)?),
        time_in_mesh_cap: number(fields, "time_in_mesh_cap")?,
        first_message_deliveries_weight: number(fields, "first_message_deliveries_weight")?,
        first_message_deliveries_decay: number(fields, "first_message_deliveries_decay")?,
        first_message_deliveries_cap: number(fields, "first_message_deliveries_cap")?,
        mesh_message_deliveries_weight: number(fields, "mesh_message_deliveries_weight")?,
        mesh_message_deliveries_decay: number(fields, "mesh_message_deliveries_decay")?,
        mesh_message_deliveries_cap: number(fields, "mesh_message_deliveries_cap")?,
        mesh_message_deliveries_threshold: number(fields, "mesh_message_deliveries_threshold")?,
        mesh_message_deliveries_window: duration(fields, "mesh_message_deliveries_window_ms")?,
        mesh_message_deliveries_activation: duration(
            fields,
            "mesh_message_deliveries_activation_ms",
        )?,
        mesh_failure_penalty_weight: number(fields, "mesh_failure_penalty_weight")?,
        mesh_failure_penalty_decay: number(fields, "mesh_failure_penalty_decay")?,
        invalid_message_deliveries_weight,
        invalid_message_deliveries_decay: fields
            .take_or("invalid_message_deliveries_decay", decay_absent)?,
    })
}

fn whitelist(fields: &mut Fields) -> Result<Vec<IpAddr>, StartFailure> {
    let texts = fields.take_or("ip_colocation_factor_whitelist", Vec::<String>::new())?;
    let refused = |text: &String| {
        StartFailure::unsupported(format!("score: ip_colocation_factor_whitelist: {text}"))
    };
    texts.iter().map(|text| text.parse().map_err(|_| refused(text))).collect()
}

fn number(fields: &mut Fields, key: &'static str) -> Result<f64, FieldError> {
    fields.take_or(key, 0.0)
}

fn duration(fields: &mut Fields, key: &'static str) -> Result<Duration, FieldError> {
    Ok(millis(number(fields, key)?))
}

fn millis(number: f64) -> Duration {
    Duration::from_secs_f64((number / 1000.0).max(0.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<Score, StartFailure> {
        Score::parse(Map::of(value).unwrap())
    }

    #[test]
    fn nothing_given_is_valid_and_neutral() {
        let score = parse(json!({"topics": {"t": {}}})).unwrap();

        assert_eq!(score.params.validate(), Ok(()));
        assert_eq!(score.thresholds.validate(), Ok(()));
        assert_eq!(score.params.decay_interval, Duration::from_secs(1));
        assert_eq!(score.params.decay_to_zero, 0.01);
        assert_eq!(score.params.ip_colocation_factor_weight, 0.0);
    }

    #[test]
    fn a_weight_without_its_decay_stays_for_the_library_to_refuse() {
        let score = parse(json!({"topics": {"t": {"invalid_message_deliveries_weight": -1}}}));

        assert!(score.unwrap().params.validate().is_err());
    }

    #[test]
    fn durations_are_in_milliseconds() {
        let topic = json!({"time_in_mesh_weight": 1, "time_in_mesh_quantum_ms": 250,
            "time_in_mesh_cap": 10});
        let score = parse(json!({"topics": {"t": topic}})).unwrap();

        let params = &score.params.topics[&TopicHash::from_raw("t")];
        assert_eq!(params.time_in_mesh_quantum, Duration::from_millis(250));
    }
}
