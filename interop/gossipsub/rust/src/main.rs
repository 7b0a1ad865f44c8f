// SPDX-License-Identifier: Apache-2.0
//! The rust node of gossipsub-interop: rust-libp2p behind a params.json. Its number is in the name
//! of the host. Ends after the last instruction. It has no partial messages.

mod gossip;
mod log;
mod player;

use std::time::Instant;

use player::Player;
use serde_json::Value;

pub type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let started = Instant::now();
    if let Err(error) = run(started).await {
        eprintln!("rust-gossipsub: {error}");
        std::process::exit(1);
    }
}

async fn run(started: Instant) -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [option, path] = arguments.as_slice() else { return Err("--params FILE.json".into()) };
    if option != "--params" {
        return Err(format!("unknown option {option}").into());
    }
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
    let number = name.trim().strip_prefix("node").ok_or("this host is not named node<number>")?;
    let params: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut player = Player::new(started, number.parse()?);
    for instruction in params["script"].as_array().ok_or("no script")? {
        player.run(instruction).await?;
    }
    Ok(())
}
