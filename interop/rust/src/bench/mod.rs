// SPDX-License-Identifier: Apache-2.0
//! The two ends of a measured stream of messages, and the dialler.

pub mod acks;
pub mod dial;
pub mod publish;
pub mod quantiles;
pub mod receive;
