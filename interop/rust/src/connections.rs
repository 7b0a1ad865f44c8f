// SPDX-License-Identifier: Apache-2.0
//! Connections as commands want them: who waits for one to open or to close.

use std::collections::HashMap;

use libp2p::{
    Multiaddr, PeerId, Swarm,
    swarm::{
        ConnectionId, DialError, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use serde_json::json;
use tokio::sync::oneshot;

use crate::output::Output;

type Opened = Result<PeerId, String>;

#[derive(Default)]
pub struct Connections {
    opening: Vec<Opening>,
    closing: HashMap<PeerId, Vec<oneshot::Sender<()>>>,
}

/// Someone waits for this connection or, where another dial is under way, for any to the peer.
struct Opening {
    connection: Option<ConnectionId>,
    peer: Option<PeerId>,
    waiting: oneshot::Sender<Opened>,
}

impl Connections {
    /// Dials, unless the peer is connected or being dialled already.
    pub fn connect<B: NetworkBehaviour>(
        &mut self,
        swarm: &mut Swarm<B>,
        address: Multiaddr,
    ) -> Result<oneshot::Receiver<Opened>, String> {
        let (waiting, opened) = oneshot::channel();
        let peer = DialOpts::from(address.clone()).get_peer_id();
        if let Some(peer) = peer.filter(|peer| swarm.is_connected(peer)) {
            let _ = waiting.send(Ok(peer));
            return Ok(opened);
        }
        let options = options(peer, address);
        let connection = options.connection_id();
        let connection = match swarm.dial(options) {
            Ok(()) => Some(connection),
            Err(DialError::DialPeerConditionFalse(_)) => None,
            Err(error) => return Err(error.to_string()),
        };
        self.opening.push(Opening { connection, peer, waiting });
        Ok(opened)
    }

    /// Closes every connection to the peer; the receiver learns when the last is gone.
    pub fn disconnect<B: NetworkBehaviour>(
        &mut self,
        swarm: &mut Swarm<B>,
        peer: PeerId,
    ) -> Result<oneshot::Receiver<()>, String> {
        swarm.disconnect_peer_id(peer).map_err(|()| format!("not connected to {peer}"))?;
        let (waiting, closed) = oneshot::channel();
        self.closing.entry(peer).or_default().push(waiting);
        Ok(closed)
    }

    pub fn on_event<E>(&mut self, event: &SwarmEvent<E>, output: &Output) {
        match event {
            SwarmEvent::ConnectionEstablished {
                peer_id, connection_id, num_established, ..
            } => {
                if num_established.get() == 1 {
                    output.line(json!({"event": "connected", "peer": peer_id.to_base58()}));
                }
                self.resolve(*connection_id, Some(*peer_id), Ok(*peer_id));
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id, error } => {
                self.resolve(*connection_id, *peer_id, Err(error.to_string()));
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                output.line(json!({"event": "disconnected", "peer": peer_id.to_base58()}));
                for waiting in self.closing.remove(peer_id).unwrap_or_default() {
                    let _ = waiting.send(());
                }
            }
            _ => {}
        }
    }

    /// Answers those whose dial this was and, where it went well or they have no dial of their
    /// own, those who wait for the peer. Who gave up waiting is forgotten.
    fn resolve(&mut self, connection: ConnectionId, peer: Option<PeerId>, opened: Opened) {
        let concerned = |opening: &Opening| match opening.connection {
            Some(own) if own == connection => true,
            Some(_) => opened.is_ok() && opening.peer == peer,
            None => opening.peer == peer,
        };
        let (answered, kept): (Vec<_>, _) = self.opening.drain(..).partition(concerned);
        self.opening = kept;
        for opening in answered {
            let _ = opening.waiting.send(opened.clone());
        }
        self.opening.retain(|opening| !opening.waiting.is_closed());
    }
}

/// A fresh local port: two agents that dial each other from the ports they listen on would meet
/// in one half-open connection.
fn options(peer: Option<PeerId>, address: Multiaddr) -> DialOpts {
    match peer {
        Some(peer) => DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(vec![address])
            .allocate_new_port()
            .build(),
        None => DialOpts::unknown_peer_id().address(address).allocate_new_port().build(),
    }
}
