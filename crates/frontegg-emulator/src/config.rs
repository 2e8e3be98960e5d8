//! What an emulator is told at its start.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::Value;

use crate::{
    error::Error,
    gate::{faults::Fault, limits::RateLimit},
    ids,
    store::StoreTarget,
};

/// Everything that can be chosen, with its defaults.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) store: StoreTarget,
    pub(crate) vendor_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) api_key: SecretString,
    pub(crate) admin_token: Option<SecretString>,
    pub(crate) base_url: Option<String>,
    pub(crate) environment_token_lifetime: Duration,
    /// For how long after its use a refresh token gets the same answer again.
    pub(crate) refresh_grace: Duration,
    /// How long a client may take to send the head of a request.
    pub(crate) head_timeout: Duration,
    /// How long a request may take altogether, with the sending of its body.
    pub(crate) request_timeout: Duration,
    pub(crate) faults: Vec<Fault>,
    pub(crate) rate_limits: Vec<RateLimit>,
    /// How many requests are recorded, the newest.
    pub(crate) recorded_requests: usize,
    /// What a fresh store is filled with.
    pub(crate) seed: Option<Value>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            store: StoreTarget::Memory,
            vendor_id: None,
            client_id: None,
            api_key: ids::new_id().into(),
            admin_token: None,
            base_url: None,
            environment_token_lifetime: Duration::from_hours(1),
            refresh_grace: Duration::ZERO,
            head_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            faults: Vec::new(),
            rate_limits: Vec::new(),
            recorded_requests: 1000,
            seed: None,
        }
    }
}

impl Config {
    /// Whether hashing passwords may be next to no work: where they end with the process and nobody
    /// else reaches it.
    pub(crate) fn hashes_cheaply(&self) -> bool {
        matches!(self.store, StoreTarget::Memory) && self.listen.ip().is_loopback()
    }

    /// Refuses what would be unsafe.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.listen.ip().is_loopback() && self.admin_token.is_none() {
            return Err(Error::Exposed(self.listen));
        }
        Ok(())
    }
}
