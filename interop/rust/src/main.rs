// SPDX-License-Identifier: Apache-2.0
//! An agent around rust-libp2p: JSON lines in and out, so that a driver can put it together with
//! any other implementation.

mod bench;
mod commands;
mod config;
mod connections;
mod failure;
mod fields;
mod gossip;
mod node;
mod options;
mod output;
mod payload;
mod perf;
mod ping;
mod process;
mod protocols;
mod score;

use serde_json::json;
use tokio::io::{BufReader, stdin};

use crate::{
    commands::Commands, failure::StartFailure, node::Node, options::Options, output::Output,
};

const NAME: &str = "rust-libp2p-gossipsub";
/// Of libp2p-gossipsub, as Cargo.toml pins it.
const VERSION: &str = "0.49.5";

#[tokio::main]
async fn main() {
    let output = Output::start();
    let status = match start(&output).await {
        Ok(commands) => {
            commands.run(BufReader::new(stdin())).await;
            0
        }
        Err(failure) => {
            eprintln!("{failure}");
            output.line(json!({"event": "failed", "error": failure.to_string()}));
            failure.exit_status()
        }
    };
    output.finish();
    // A return would wait for the thread that reads standard input.
    std::process::exit(status);
}

async fn start(output: &Output) -> Result<Commands, StartFailure> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut node = Node::new(options.key.clone(), &options.config, output.clone())?;
    let mut streams = node.swarm.behaviour().streams.new_control();
    let perf_streams = streams.accept(perf::PROTOCOL).map_err(StartFailure::other)?;
    let addresses = node.listen(&options.listen).await?;
    output.line(json!({
        "event": "ready", "name": NAME, "version": VERSION,
        "peer_id": options.key.public().to_peer_id().to_base58(),
        "addrs": addresses, "pid": std::process::id(),
    }));
    let commands =
        Commands { node: node.handle(), streams, key: options.key, output: output.clone() };
    tokio::spawn(perf::serve_all(perf_streams));
    tokio::spawn(node.run());
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_told_is_the_one_pinned() {
        let pin = format!("libp2p-gossipsub = \"={VERSION}\"");

        assert!(include_str!("../Cargo.toml").contains(&pin));
    }
}
