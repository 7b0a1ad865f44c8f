// SPDX-License-Identifier: Apache-2.0
//! `bench_dial`: connections opened up to the muxer and closed again, outside the swarm.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future;
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt},
        transport::{Boxed, DialOpts, PortUse},
        upgrade,
    },
    identity::Keypair,
    multiaddr::Protocol,
    noise, tcp, yamux,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::process;

const DIAL_SECONDS_MAX: Duration = Duration::from_secs(10);

pub struct Plan {
    pub address: Multiaddr,
    pub count: u64,
    pub concurrency: u64,
}

/// Runs `concurrency` diallers side by side until `count` connections have been tried.
pub async fn run(key: Keypair, plan: Plan) -> Result<Value, String> {
    let plan = Arc::new(plan);
    let tried = Arc::new(AtomicU64::new(0));
    let (start_ns, start_cpu_us) = (process::now_ns(), process::cpu_us());
    let diallers = (0..plan.concurrency.min(plan.count)).map(|_| {
        let (key, plan, tried) = (key.clone(), plan.clone(), tried.clone());
        tokio::spawn(async move { dial_all(key, &plan, &tried).await })
    });
    let mut established = 0;
    for dialler in future::join_all(diallers).await {
        established += dialler.map_err(|e| e.to_string())??;
    }
    Ok(json!({
        "established": established, "failed": plan.count - established,
        "wall_ns": process::now_ns() - start_ns, "cpu_us": process::cpu_us() - start_cpu_us,
    }))
}

/// Returns how many it established.
async fn dial_all(key: Keypair, plan: &Plan, tried: &AtomicU64) -> Result<u64, String> {
    let mut transport = transport(&key)?;
    let mut established = 0;
    while tried.fetch_add(1, Ordering::Relaxed) < plan.count {
        match timeout(DIAL_SECONDS_MAX, dial_one(&mut transport, &plan.address)).await {
            Ok(Ok(())) => established += 1,
            Ok(Err(error)) => eprintln!("bench_dial: {error}"),
            Err(_) => eprintln!("bench_dial: no connection within {DIAL_SECONDS_MAX:?}"),
        }
    }
    Ok(established)
}

/// The same transport as the swarm's.
fn transport(key: &Keypair) -> Result<Boxed<(PeerId, StreamMuxerBox)>, String> {
    let noise = noise::Config::new(key).map_err(|e| e.to_string())?;
    Ok(tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(upgrade::Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux::Config::default())
        .boxed())
}

/// Closing waits for the listener's word on the muxer, which the lazy negotiation left open.
async fn dial_one(
    transport: &mut Boxed<(PeerId, StreamMuxerBox)>,
    address: &Multiaddr,
) -> Result<(), String> {
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
    let dial = transport.dial(address.clone(), options).map_err(|e| e.to_string())?;
    let (peer, mut muxer) = dial.await.map_err(|e| e.to_string())?;
    if let Some(Protocol::P2p(expected)) = address.iter().last()
        && expected != peer
    {
        return Err(format!("{peer} answered, not {expected}"));
    }
    poll_fn(|cx| muxer.poll_close_unpin(cx)).await.map_err(|e| e.to_string())
}
