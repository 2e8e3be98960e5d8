//! The same exchange by two ways, with a service that answers from memory, so that little else is measured.

#[path = "exchange/service.rs"]
pub(crate) mod service;

use frontegg_identity::{Environment, Frontegg, Scope, types::RoleResponse};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::runtime::{Builder, Runtime};

const PATH: &str = "/identity/resources/roles/v1";

/// A runtime of one thread.
pub(crate) fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The same exchange by both ways.
#[derive(Clone)]
pub(crate) struct Ways {
    pub(crate) facade: Scope<Environment>,
    pub(crate) reqwest: reqwest::Client,
    pub(crate) url: String,
}

impl Ways {
    /// Those to a service that answers from memory.
    pub(crate) fn to_service(url: &str) -> Self {
        Self::to(Frontegg::builder().base_url(url).credentials("id", "key"), url.to_owned(), "t")
    }

    /// Those to the service at that URL, as tenant `acme`; reqwest has the token already.
    pub(crate) fn to(builder: frontegg_identity::Builder, url: String, token: &str) -> Self {
        let frontegg = builder.build().expect("a client");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
        headers.insert("frontegg-tenant-id", HeaderValue::from_static("acme"));
        let reqwest = reqwest::Client::builder().default_headers(headers).no_proxy().build().expect("a client");
        Self { facade: frontegg.tenant("acme"), reqwest, url }
    }

    pub(crate) async fn by_facade(&self) -> Vec<RoleResponse> {
        self.facade.roles().list_roles_v1().await.expect("roles")
    }

    pub(crate) async fn by_reqwest(&self) -> Vec<RoleResponse> {
        let answer = self.reqwest.get(format!("{}{PATH}", self.url)).send().await.expect("an answer");
        answer.error_for_status().expect("success").json().await.expect("roles")
    }
}
