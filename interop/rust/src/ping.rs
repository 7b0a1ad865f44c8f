// SPDX-License-Identifier: Apache-2.0
//! One ping when asked for. The library's behaviour answers pings, and sends its own by the clock.

use std::{io, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{PeerId, Stream, ping};
use libp2p_stream::Control;
use tokio::time::timeout;

use crate::{payload, process};

const PAYLOAD_SIZE: usize = 32;
const SECONDS_MAX: Duration = Duration::from_secs(10);

/// The round trip in microseconds, the opening of the stream not included.
pub async fn measure(control: Control, peer: PeerId) -> Result<f64, String> {
    let measured = timeout(SECONDS_MAX, ping_once(control, peer)).await;
    measured.unwrap_or_else(|_| Err(format!("no answer within {SECONDS_MAX:?}")))
}

async fn ping_once(mut control: Control, peer: PeerId) -> Result<f64, String> {
    let opened = control.open_stream(peer, ping::PROTOCOL_NAME).await;
    let mut stream = opened.map_err(|e| e.to_string())?;
    let rtt_ns = exchange(&mut stream).await.map_err(|e| e.to_string())?;
    // The answer is here: what closing comes to is of no interest.
    let _ = stream.close().await;
    Ok(rtt_ns as f64 / 1000.0)
}

async fn exchange(stream: &mut Stream) -> io::Result<u64> {
    let start = process::now_ns();
    let mut sent = payload::template(PAYLOAD_SIZE);
    payload::stamp(&mut sent, start, 0);
    let mut answer = [0; PAYLOAD_SIZE];
    stream.write_all(&sent).await?;
    stream.flush().await?;
    stream.read_exact(&mut answer).await?;
    let rtt = process::now_ns() - start;
    match sent == answer {
        true => Ok(rtt),
        false => Err(io::Error::other("the answer is not the ping")),
    }
}
