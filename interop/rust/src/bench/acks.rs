// SPDX-License-Identifier: Apache-2.0
//! The side channel of a benchmark: how many messages have come, 8 bytes little-endian each time.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// Tells a number to whoever connects: at once, and whenever it changes.
pub struct AckServer {
    pub address: SocketAddr,
    pub received: watch::Sender<u64>,
}

impl AckServer {
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (received, changes) = watch::channel(0);
        tokio::spawn(accept_all(listener, changes));
        Ok(Self { address, received })
    }
}

/// Accepts until the number's owner is gone.
async fn accept_all(listener: TcpListener, mut changes: watch::Receiver<u64>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(tell(stream, changes.clone()));
                }
            }
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

async fn tell(mut stream: TcpStream, mut changes: watch::Receiver<u64>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let received = *changes.borrow_and_update();
        stream.write_all(&received.to_le_bytes()).await?;
        if changes.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// The last number an `AckServer` told.
pub type Acked = Arc<AtomicU64>;

/// Follows the server at `address`; `progress` is notified of every change.
pub async fn follow(address: &str, progress: Arc<Notify>) -> io::Result<Acked> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let acked = Acked::default();
    tokio::spawn(hear(stream, acked.clone(), progress));
    Ok(acked)
}

async fn hear(mut stream: TcpStream, acked: Acked, progress: Arc<Notify>) -> io::Result<()> {
    let mut buffer = [0; 1024];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let whole = filled / 8 * 8;
        if let Some(last) = buffer[..whole].last_chunk() {
            acked.store(u64::from_le_bytes(*last), Ordering::Release);
            progress.notify_one();
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}
