//! Calls that leave the emulator: the one client for addresses that somebody stored, such as those of identity
//! providers.
//!
//! Whoever stores an address could make the emulator call what only it can reach (SSRF). So nobody is called unless the
//! emulator was told so at its start; then by https alone, plain http to this machine apart; redirects are not followed;
//! answers have limits in size and time. A name is resolved once, by [`resolver`], which judges the addresses that the
//! connection then goes to: a name that leads elsewhere a moment later leads nowhere.

mod hosts;
mod networks;
mod resolver;
#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Client, Request, Response, Url, dns::Resolve, redirect::Policy, retry};
use serde::de::DeserializeOwned;

use crate::refusal::DomainError;

pub(crate) use hosts::Hosts;
use resolver::{JudgingResolver, NotPublic, SystemResolver};

/// How long a call may take, and how many bytes its answer may have.
#[derive(Clone, Copy, Debug)]
struct Limits {
    time: Duration,
    bytes: usize,
}

const LIMITS: Limits = Limits { time: Duration::from_secs(5), bytes: 1024 * 1024 };

/// Why a call was not made, or came to nothing. Only hosts are named: what else an address says may be secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    #[error("Outgoing calls are switched off: --allow-outgoing names the hosts that may be called")]
    Off,
    #[error("The address to call is not one of https")]
    Address,
    #[error("{0} is not among the hosts that --allow-outgoing names")]
    Host(String),
    #[error("{0} has an address that is not public; --allow-outgoing may name it")]
    NotPublic(String),
    #[error("{0} answers with a redirect, which is not followed")]
    Redirect(String),
    #[error("{0} answers with too much")]
    TooLarge(String),
    #[error("{0} does not answer in time")]
    Timeout(String),
    #[error("{host} cannot be reached")]
    Unreachable {
        host: String,
        #[source]
        cause: reqwest::Error,
    },
}

impl From<OutgoingError> for DomainError {
    fn from(error: OutgoingError) -> Self {
        tracing::debug!(cause = error.source(), "{error}");
        Self::bad_gateway(error.to_string())
    }
}

/// What a call is answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Bytes,
}

impl Answer {
    /// The body, where it is JSON of that form, whichever type it says to be.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Without the content, which may be secret.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// By what a caller authenticates.
#[derive(Clone, Copy)]
pub(crate) enum Credentials<'a> {
    None,
    /// Client id and secret (RFC 6749 §2.3.1).
    Basic {
        client_id: &'a str,
        client_secret: &'a str,
    },
    /// An access token (RFC 6750 §2.1).
    Bearer(&'a str),
}

/// The client, if the emulator calls anybody at all.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing(Option<Arc<On>>);

#[derive(Debug)]
struct On {
    client: Client,
    hosts: Hosts,
    limits: Limits,
}

impl Outgoing {
    /// A client that calls these hosts; none where there are none.
    pub(crate) fn new(hosts: Hosts) -> Result<Self, reqwest::Error> {
        Self::with(hosts, Arc::new(SystemResolver), LIMITS)
    }

    fn with(hosts: Hosts, resolver: Arc<dyn Resolve>, limits: Limits) -> Result<Self, reqwest::Error> {
        if hosts.is_empty() {
            return Ok(Self(None));
        }
        let client = Client::builder()
            .user_agent(concat!("frontegg-emulator/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .retry(retry::never())
            .no_proxy()
            .timeout(limits.time)
            // Each call judges the addresses anew.
            .pool_max_idle_per_host(0)
            .dns_resolver(JudgingResolver::new(hosts.clone(), resolver))
            .build()?;
        Ok(Self(Some(Arc::new(On { client, hosts, limits }))))
    }

    /// Asks for JSON.
    pub(crate) async fn get(&self, url: &str, credentials: Credentials<'_>) -> Result<Answer, OutgoingError> {
        let (on, url) = self.permitted(url)?;
        on.call(Request::new(Method::GET, url), credentials).await
    }

    /// Sends a form.
    pub(crate) async fn post_form(
        &self,
        url: &str,
        credentials: Credentials<'_>,
        fields: &[(&str, &str)],
    ) -> Result<Answer, OutgoingError> {
        let (on, url) = self.permitted(url)?;
        let mut request = Request::new(Method::POST, url);
        *request.body_mut() = Some(form(fields)?.into());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        on.call(request, credentials).await
    }

    /// Refuses an address that may not be called, as far as it tells itself.
    pub(crate) fn require(&self, url: &str) -> Result<(), OutgoingError> {
        self.permitted(url).map(drop)
    }

    fn permitted(&self, url: &str) -> Result<(&On, Url), OutgoingError> {
        let on = self.0.as_deref().ok_or(OutgoingError::Off)?;
        let url = Url::parse(url).map_err(|_| OutgoingError::Address)?;
        on.hosts.require(&url)?;
        Ok((on, url))
    }
}

impl On {
    async fn call(&self, mut request: Request, credentials: Credentials<'_>) -> Result<Answer, OutgoingError> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(value) = authorization(credentials)? {
            headers.insert(header::AUTHORIZATION, value);
        }
        let response = self.client.execute(request).await.map_err(|error| failure(&host, error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(OutgoingError::Redirect(host));
        }
        Ok(Answer { status, body: self.read(response, &host).await? })
    }

    /// Reads an answer as far as it may go.
    async fn read(&self, mut response: Response, host: &str) -> Result<Bytes, OutgoingError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(host, error))? {
            if body.len() + chunk.len() > self.limits.bytes {
                return Err(OutgoingError::TooLarge(host.to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn form(fields: &[(&str, &str)]) -> Result<String, OutgoingError> {
    // Pairs of texts are never refused.
    serde_urlencoded::to_string(fields).map_err(|_| OutgoingError::Address)
}

/// One text as a form has it (RFC 6749 appendix B).
fn form_encoded(text: &str) -> Result<String, OutgoingError> {
    let pair = form(&[("", text)])?;
    Ok(pair.trim_start_matches('=').to_owned())
}

fn authorization(credentials: Credentials<'_>) -> Result<Option<HeaderValue>, OutgoingError> {
    let text = match credentials {
        Credentials::None => return Ok(None),
        Credentials::Bearer(token) => format!("Bearer {token}"),
        Credentials::Basic { client_id, client_secret } => {
            let pair = format!("{}:{}", form_encoded(client_id)?, form_encoded(client_secret)?);
            format!("Basic {}", STANDARD.encode(pair))
        }
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| OutgoingError::Address)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Why an exchange failed, without the address.
fn failure(host: &str, error: reqwest::Error) -> OutgoingError {
    let host = host.to_owned();
    if error.is_timeout() {
        OutgoingError::Timeout(host)
    } else if causes(&error).any(<dyn Error>::is::<NotPublic>) {
        OutgoingError::NotPublic(host)
    } else {
        OutgoingError::Unreachable { host, cause: error.without_url() }
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: Option<&(dyn Error + 'static)> = error.source();
    std::iter::successors(first, |&cause| cause.source())
}
