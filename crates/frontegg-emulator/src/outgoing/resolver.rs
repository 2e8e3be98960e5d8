//! Names to addresses, once a call, and judged where they are found: what a connection goes to is what was judged.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{
    hosts::{Hosts, is_this_machine},
    networks,
};

/// Said of a name with an address that its calls may not go to.
#[derive(Debug, thiserror::Error)]
#[error("an address is not public")]
pub(super) struct NotPublic;

/// Asks the system.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Asks another resolver and refuses names that have an address which may not be called, among however many others.
pub(super) struct JudgingResolver {
    hosts: Hosts,
    inner: Arc<dyn Resolve>,
}

impl JudgingResolver {
    pub(super) fn new(hosts: Hosts, inner: Arc<dyn Resolve>) -> Self {
        Self { hosts, inner }
    }
}

impl Resolve for JudgingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let named = self.hosts.names(&host);
        let found = self.inner.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let permitted = |address: &SocketAddr| {
                let ip = address.ip().to_canonical();
                // Plain http goes to this machine, so its name must not mean another.
                if is_this_machine(&host) { ip.is_loopback() } else { named || networks::is_public(ip) }
            };
            if !found.iter().all(permitted) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
