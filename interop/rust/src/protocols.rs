// SPDX-License-Identifier: Apache-2.0
//! Gossipsub that offers a chosen list of protocols and tells which one a peer settled on.
//!
//! The library's own settings choose between "all" and "one of 1.0 and 1.1", and its idea of a
//! peer's kind is a guess until a stream is up. Both are mended from outside: this behaviour
//! passes everything on unchanged, except the names offered when a stream is negotiated.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream,
    core::{Endpoint, InboundUpgrade, OutboundUpgrade, UpgradeInfo, transport::PortUse},
    gossipsub,
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
            ListenUpgradeError,
        },
    },
};

type Inner = <gossipsub::Behaviour as NetworkBehaviour>::ConnectionHandler;
type InnerInbound = <Inner as ConnectionHandler>::InboundProtocol;
type InnerOutbound = <Inner as ConnectionHandler>::OutboundProtocol;

pub struct Gossip {
    pub router: gossipsub::Behaviour,
    shared: Shared,
    /// Where direct peers are: the router dials them by their id alone.
    direct: HashMap<PeerId, Vec<Multiaddr>>,
}

#[derive(Clone)]
struct Shared {
    allowed: Arc<[String]>,
    negotiated: Arc<Mutex<HashMap<PeerId, String>>>,
}

impl Gossip {
    pub fn new(router: gossipsub::Behaviour, allowed: Vec<String>) -> Self {
        let shared = Shared { allowed: allowed.into(), negotiated: Arc::default() };
        Self { router, shared, direct: HashMap::new() }
    }

    pub fn add_direct(&mut self, peer: PeerId, address: Multiaddr) {
        self.direct.entry(peer).or_default().push(address);
        self.router.add_explicit_peer(&peer);
    }

    /// The protocol of our stream to the peer or, before there is one, of its stream to us.
    pub fn protocol(&self, peer: &PeerId) -> Option<String> {
        self.shared.negotiated.lock().unwrap().get(peer).cloned()
    }

    fn wrap(&self, peer: PeerId, inner: Inner) -> Handler {
        Handler { inner, peer, shared: self.shared.clone() }
    }
}

impl NetworkBehaviour for Gossip {
    type ConnectionHandler = Handler;
    type ToSwarm = gossipsub::Event;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let router = &mut self.router;
        let inner = router.handle_established_inbound_connection(id, peer, local, remote)?;
        Ok(self.wrap(peer, inner))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let addresses = peer.and_then(|peer| self.direct.get(&peer));
        Ok(addresses.cloned().unwrap_or_default())
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let router = &mut self.router;
        let inner = router.handle_established_outbound_connection(id, peer, address, role, port)?;
        Ok(self.wrap(peer, inner))
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        if let FromSwarm::ConnectionClosed(closed) = &event
            && closed.remaining_established == 0
        {
            self.shared.negotiated.lock().unwrap().remove(&closed.peer_id);
        }
        self.router.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.router.on_connection_handler_event(peer, id, event);
    }

    fn poll(&mut self, cx: &mut Context) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.router.poll(cx)
    }
}

/// The router's handler for one connection.
pub struct Handler {
    inner: Inner,
    peer: PeerId,
    shared: Shared,
}

impl Handler {
    fn narrow<U>(&self, inner: U) -> Narrowed<U> {
        Narrowed { inner, peer: self.peer, shared: self.shared.clone() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = <Inner as ConnectionHandler>::FromBehaviour;
    type ToBehaviour = <Inner as ConnectionHandler>::ToBehaviour;
    type InboundProtocol = Narrowed<InnerInbound>;
    type OutboundProtocol = Narrowed<InnerOutbound>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        self.inner.listen_protocol().map_upgrade(|upgrade| self.narrow(upgrade))
    }

    fn connection_keep_alive(&self) -> bool {
        self.inner.connection_keep_alive()
    }

    fn poll(
        &mut self,
        cx: &mut Context,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        let event = self.inner.poll(cx);
        event.map(|event| event.map_protocol(|upgrade| self.narrow(upgrade)))
    }

    fn poll_close(&mut self, cx: &mut Context) -> Poll<Option<Self::ToBehaviour>> {
        self.inner.poll_close(cx)
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        self.inner.on_behaviour_event(event);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        self.inner.on_connection_event(match event {
            ConnectionEvent::FullyNegotiatedInbound(e) => {
                ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                    protocol: e.protocol,
                    info: e.info,
                })
            }
            ConnectionEvent::FullyNegotiatedOutbound(e) => {
                ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                    protocol: e.protocol,
                    info: e.info,
                })
            }
            ConnectionEvent::DialUpgradeError(e) => {
                ConnectionEvent::DialUpgradeError(DialUpgradeError { info: e.info, error: e.error })
            }
            ConnectionEvent::ListenUpgradeError(e) => {
                ConnectionEvent::ListenUpgradeError(ListenUpgradeError {
                    info: e.info,
                    error: e.error,
                })
            }
            ConnectionEvent::AddressChange(change) => ConnectionEvent::AddressChange(change),
            ConnectionEvent::LocalProtocolsChange(change) => {
                ConnectionEvent::LocalProtocolsChange(change)
            }
            ConnectionEvent::RemoteProtocolsChange(change) => {
                ConnectionEvent::RemoteProtocolsChange(change)
            }
            _ => return,
        });
    }
}

/// An upgrade that keeps only the allowed names, in their order, and notes the one settled on.
pub struct Narrowed<U> {
    inner: U,
    peer: PeerId,
    shared: Shared,
}

impl<U: UpgradeInfo> UpgradeInfo for Narrowed<U> {
    type Info = U::Info;
    type InfoIter = Vec<U::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        let all: Vec<_> = self.inner.protocol_info().into_iter().collect();
        let named = |name: &String| all.iter().find(|info| info.as_ref() == name).cloned();
        self.shared.allowed.iter().filter_map(named).collect()
    }
}

impl<U: InboundUpgrade<Stream>> InboundUpgrade<Stream> for Narrowed<U> {
    type Output = U::Output;
    type Error = U::Error;
    type Future = U::Future;

    fn upgrade_inbound(self, stream: Stream, info: Self::Info) -> Self::Future {
        let mut negotiated = self.shared.negotiated.lock().unwrap();
        negotiated.entry(self.peer).or_insert_with(|| info.as_ref().into());
        drop(negotiated);
        self.inner.upgrade_inbound(stream, info)
    }
}

impl<U: OutboundUpgrade<Stream>> OutboundUpgrade<Stream> for Narrowed<U> {
    type Output = U::Output;
    type Error = U::Error;
    type Future = U::Future;

    fn upgrade_outbound(self, stream: Stream, info: Self::Info) -> Self::Future {
        self.shared.negotiated.lock().unwrap().insert(self.peer, info.as_ref().into());
        self.inner.upgrade_outbound(stream, info)
    }
}
