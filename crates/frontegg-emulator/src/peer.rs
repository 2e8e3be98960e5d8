//! Who sent a request: the connection that it came by, and the address that counts as the caller's.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap};

/// The other end of a connection, as an extension of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The address that a request comes from: the first that a proxy names, else that of the connection.
pub(crate) fn client_address(headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let named = || headers.get("x-forwarded-for")?.to_str().ok()?.split(',').next()?.trim().parse().ok();
    named().or_else(|| extensions.get::<Peer>().map(|peer| peer.0.ip()))
}
