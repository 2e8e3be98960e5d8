//! Calls as clients make them that use no SDK: any operation, any body, the answer as it is.

use reqwest::{Client, StatusCode, Url};
use serde_json::{Value, json};

use super::{World, addressed, http};

/// A bearer token and where to use it.
pub(crate) struct Raw {
    http: Client,
    base: Url,
    token: String,
}

/// An answer; `body` is null where there is none.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl World {
    /// With the environment's token.
    pub(crate) async fn raw(&self) -> Raw {
        let login = self.raw_with("");
        let body = json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let answer = login.call("authenticate_environment", &[], body).await;
        self.raw_with(answer.body["token"].as_str().expect("a token"))
    }

    /// With some other token.
    pub(crate) fn raw_with(&self, token: &str) -> Raw {
        let base = self.emulator.url().parse().expect("an address");
        Raw { http: http(), base, token: token.to_owned() }
    }
}

impl Raw {
    /// What it sends with every request.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Calls an operation with values for its path; a body of null is none.
    pub(crate) async fn call(&self, operation_id: &str, path: &[&str], body: Value) -> Answer {
        self.query(operation_id, path, "", body).await
    }

    /// The same with a query.
    pub(crate) async fn query(&self, operation_id: &str, path: &[&str], query: &str, body: Value) -> Answer {
        let (method, mut url) = addressed(&self.base, operation_id, path);
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let mut request = self.http.request(method, url);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let is_file = response.headers().contains_key("content-disposition");
        let text = response.text().await.expect("a body");
        let body = match (text.as_str(), is_file) {
            ("", _) => Value::Null,
            (text, false) => serde_json::from_str(text).expect("JSON"),
            (text, true) => text.into(),
        };
        Answer { status, body }
    }
}

impl Answer {
    /// The texts of a refusal with that status.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        let errors = self.body["errors"].as_array().expect("errors");
        errors.iter().map(|error| error.as_str().expect("a text")).collect::<Vec<_>>().join("; ")
    }
}
