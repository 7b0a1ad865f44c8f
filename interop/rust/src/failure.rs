// SPDX-License-Identifier: Apache-2.0
//! Why an agent does not start, and the exit status that says so.

use std::fmt;

use crate::fields::FieldError;

#[derive(Debug, PartialEq)]
pub enum StartFailure {
    /// A command line or configuration the contract does not have.
    Usage(String),
    /// A key this library cannot honour, or a value it refuses.
    Unsupported(String),
    Other(String),
}

impl StartFailure {
    pub fn exit_status(&self) -> i32 {
        match self {
            Self::Usage(_) => 2,
            Self::Unsupported(_) => 3,
            Self::Other(_) => 1,
        }
    }

    pub fn usage(what: impl fmt::Display) -> Self {
        Self::Usage(what.to_string())
    }

    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::Unsupported(what.to_string())
    }

    pub fn other(what: impl fmt::Display) -> Self {
        Self::Other(what.to_string())
    }
}

impl fmt::Display for StartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => write!(f, "unsupported: {what}"),
            Self::Usage(what) | Self::Other(what) => f.write_str(what),
        }
    }
}

impl From<FieldError> for StartFailure {
    fn from(error: FieldError) -> Self {
        Self::Usage(format!("config: {error}"))
    }
}
