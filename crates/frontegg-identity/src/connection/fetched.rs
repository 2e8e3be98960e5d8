//! How a host is reached where JavaScript's `fetch` does it: connections, proxies and certificates are its own matter.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{ClientBuilder, Request, Response};

use crate::error::{ConfigError, innermost};

/// Settings of connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// The client to use in place of one that is built here.
    pub(crate) given: Option<Given>,
}

/// There are none that a program could make.
macro_rules! with_connection {
    () => {};
}
pub(crate) use with_connection;

/// A program's own HTTP client.
#[derive(Clone)]
pub(crate) struct Given(pub(crate) reqwest::Client);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its headers may hold secrets.
        f.write_str("reqwest::Client")
    }
}

/// An HTTP client, and what is told of its way to the host.
pub(crate) struct Connected {
    pub(crate) http: reqwest::Client,
    /// None is known.
    pub(crate) proxy: Option<Arc<str>>,
    /// It has none of itself.
    pub(crate) timeout: Option<Duration>,
}

impl Connection {
    pub(crate) fn open(&self, _: &str, builder: ClientBuilder, _: Duration) -> Result<Connected, ConfigError> {
        let http = match &self.given {
            Some(Given(http)) => http.clone(),
            None => builder.build().map_err(|error| ConfigError::Http(innermost(&error)))?,
        };
        Ok(Connected { http, proxy: None, timeout: None })
    }
}

/// Sends a request. Errors name its address.
pub(crate) fn send(
    http: &reqwest::Client,
    request: Request,
) -> impl Future<Output = reqwest::Result<Response>> + use<> {
    let url = request.url().clone();
    let response = http.execute(request);
    async move { response.await.map_err(|error| error.with_url(url)) }
}
