// SPDX-License-Identifier: Apache-2.0
//! `/perf/1.0.0` as its specification has it: 8 bytes big-endian wish, upload to the end, then
//! the download. The library's own perf crate speaks another format under the same name.

use std::io;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, IncomingStreams};

use crate::process;

pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/perf/1.0.0");
static BLOCK: [u8; 64 * 1024] = [0; 64 * 1024];

pub async fn serve_all(mut incoming: IncomingStreams) {
    while let Some((_, stream)) = incoming.next().await {
        tokio::spawn(serve(stream));
    }
}

async fn serve(mut stream: Stream) -> io::Result<()> {
    let mut wanted = [0; 8];
    stream.read_exact(&mut wanted).await?;
    drain(&mut stream).await?;
    send(&mut stream, u64::from_be_bytes(wanted)).await?;
    stream.close().await
}

/// Returns the nanoseconds from asking for the stream to having all of the download.
pub async fn measure(
    mut control: Control,
    peer: PeerId,
    upload: u64,
    download: u64,
) -> Result<u64, String> {
    let start = process::now_ns();
    let opened = control.open_stream(peer, PROTOCOL).await;
    let mut stream = opened.map_err(|e| e.to_string())?;
    let transferred = transfer(&mut stream, upload, download).await;
    match transferred.map_err(|e| e.to_string())? {
        received if received == download => Ok(process::now_ns() - start),
        received => Err(format!("received {received} of {download} bytes")),
    }
}

async fn transfer(stream: &mut Stream, upload: u64, download: u64) -> io::Result<u64> {
    stream.write_all(&download.to_be_bytes()).await?;
    send(stream, upload).await?;
    stream.close().await?;
    drain(stream).await
}

async fn send(stream: &mut Stream, mut size: u64) -> io::Result<()> {
    while size > 0 {
        let block = &BLOCK[..size.min(BLOCK.len() as u64) as usize];
        stream.write_all(block).await?;
        size -= block.len() as u64;
    }
    stream.flush().await
}

/// Reads to the end; the number of bytes.
async fn drain(stream: &mut Stream) -> io::Result<u64> {
    let mut buffer = vec![0; BLOCK.len()];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(total),
            size => total += size as u64,
        }
    }
}
