// SPDX-License-Identifier: Apache-2.0
//! Typed access to a JSON object of which every key must be known.

use std::fmt;

use serde_json::{Map, Value};

/// The keys of an object that nobody has taken yet. A key with the value null counts as absent.
pub struct Fields(Map<String, Value>);

#[derive(Debug, PartialEq)]
pub enum FieldError {
    Missing(&'static str),
    Wrong(&'static str, &'static str),
    Unknown(String),
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(key) => write!(f, "missing: {key}"),
            Self::Wrong(key, wanted) => write!(f, "{key} is not {wanted}"),
            Self::Unknown(key) => write!(f, "unknown: {key}"),
        }
    }
}

impl From<FieldError> for String {
    fn from(error: FieldError) -> Self {
        error.to_string()
    }
}

/// What a field may hold; `WANTED` names it in errors.
pub trait Kind: Sized {
    const WANTED: &'static str;
    fn of(value: Value) -> Option<Self>;
}

impl Fields {
    pub fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    pub fn take<T: Kind>(&mut self, key: &'static str) -> Result<Option<T>, FieldError> {
        match self.0.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::of(value).map(Some).ok_or(FieldError::Wrong(key, T::WANTED)),
        }
    }

    pub fn take_or<T: Kind>(&mut self, key: &'static str, absent: T) -> Result<T, FieldError> {
        Ok(self.take(key)?.unwrap_or(absent))
    }

    pub fn require<T: Kind>(&mut self, key: &'static str) -> Result<T, FieldError> {
        self.take(key)?.ok_or(FieldError::Missing(key))
    }

    /// Fails when a key is left that nobody asked for.
    pub fn finish(self) -> Result<(), FieldError> {
        match self.0.into_iter().next() {
            Some((key, _)) => Err(FieldError::Unknown(key)),
            None => Ok(()),
        }
    }
}

impl Kind for String {
    const WANTED: &'static str = "a string";
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Kind for bool {
    const WANTED: &'static str = "true or false";
    fn of(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Kind for f64 {
    const WANTED: &'static str = "a number";
    fn of(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Kind for u64 {
    const WANTED: &'static str = "a whole number of at least 0";
    fn of(value: Value) -> Option<Self> {
        let whole = |number: &f64| number.fract() == 0.0 && (0.0..1e15).contains(number);
        value.as_u64().or_else(|| value.as_f64().filter(whole).map(|number| number as u64))
    }
}

impl Kind for usize {
    const WANTED: &'static str = u64::WANTED;
    fn of(value: Value) -> Option<Self> {
        u64::of(value).and_then(|number| number.try_into().ok())
    }
}

impl Kind for Map<String, Value> {
    const WANTED: &'static str = "an object";
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }
}

impl<T: Kind> Kind for Vec<T> {
    const WANTED: &'static str = "a list of the right things";
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Array(values) => values.into_iter().map(T::of).collect(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::new(Map::of(value).unwrap())
    }

    #[test]
    fn whole_numbers_may_be_written_as_floats_but_not_be_negative() {
        let mut given = fields(json!({"a": 5, "b": 5.0, "c": -1, "d": 1.5}));

        assert_eq!(given.take::<u64>("a"), Ok(Some(5)));
        assert_eq!(given.take::<u64>("b"), Ok(Some(5)));
        assert_eq!(given.take::<u64>("c"), Err(FieldError::Wrong("c", u64::WANTED)));
        assert_eq!(given.take::<u64>("d"), Err(FieldError::Wrong("d", u64::WANTED)));
    }

    #[test]
    fn a_key_nobody_takes_is_unknown() {
        let mut given = fields(json!({"topic": "t", "colour": "red"}));

        assert_eq!(given.require::<String>("topic"), Ok("t".into()));
        assert_eq!(given.require::<String>("peer"), Err(FieldError::Missing("peer")));
        assert_eq!(given.finish(), Err(FieldError::Unknown("colour".into())));
    }
}
