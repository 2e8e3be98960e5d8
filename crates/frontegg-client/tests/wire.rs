//! Holds the wire form of every operation: method, path, query, headers, body, from sample values.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use frontegg_client::{Answer, BoxFuture, Client, Failure, Inner, Transport};
use frontegg_model::{OPERATIONS, Operation};
use frontegg_samples::client::{CALLS, Call};
use reqwest::{Request, Response};

#[path = "support/snapshot.rs"]
mod snapshot;

/// Sends nothing; writes down what would be sent.
#[derive(Debug, Default)]
struct Recorder(Mutex<Option<String>>);

impl Transport for Recorder {
    fn send<'a>(
        &'a self,
        _: &'a reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, Result<Answer, Failure>> {
        Box::pin(async move {
            *self.0.lock().unwrap() = Some(written(&request));
            Ok(Answer::read(Response::from(http::Response::new("null")), operation).await?)
        })
    }
}

fn written(request: &Request) -> String {
    let url = request.url();
    let mut text = format!("{} {}", request.method(), url.path());
    if let Some(query) = url.query() {
        write!(text, "?{query}").unwrap();
    }
    text.push('\n');
    let headers: BTreeMap<&str, &str> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    for (name, value) in headers {
        writeln!(text, "{name}: {value}").unwrap();
    }
    if let Some(bytes) = request.body().and_then(reqwest::Body::as_bytes) {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        writeln!(text, "\n{}", serde_json::to_string_pretty(&value).unwrap()).unwrap();
    }
    text
}

#[tokio::test]
async fn every_operation_keeps_its_wire_form() {
    let recorder = Arc::new(Recorder::default());
    let client = Client::new_with_client("http://api.test", reqwest::Client::new(), Inner(recorder.clone()));
    let mut by_tag: BTreeMap<&str, String> = BTreeMap::new();
    for Call { operation: id, send } in CALLS {
        // The answer is no concern of this test.
        let _ = send(&client).await;
        let sent = recorder.0.lock().unwrap().take().unwrap_or_else(|| panic!("{id} sent nothing"));
        let operation = frontegg_model::operation(id).unwrap();
        writeln!(by_tag.entry(operation.tag).or_default(), "### {id}\n{sent}").unwrap();
    }
    for (tag, text) in by_tag {
        snapshot::hold("wire", tag, &text);
    }
}

/// What is published so, and cannot be sent otherwise.
const SECRETS_IN_ADDRESSES: [(&str, &str); 2] =
    [("get_mfa_remember_device_setting", "mfaToken-1"), ("get_user_activation_strategy", "token-1")];

/// The samples name their members: a secret of a request's body or cookies in an address would be seen.
#[tokio::test]
async fn no_secret_travels_in_an_address() {
    const SECRETS: [&str; 5] = ["token-1", "secret-1", "password-1", "code-1", "apikey-1"];
    let recorder = Arc::new(Recorder::default());
    let client = Client::new_with_client("http://api.test", reqwest::Client::new(), Inner(recorder.clone()));
    let mut found = Vec::new();
    for Call { operation: id, send } in CALLS {
        let _ = send(&client).await;
        let sent = recorder.0.lock().unwrap().take().unwrap();
        let address = sent.lines().next().unwrap();
        let is_secret = |value: &&str| SECRETS.iter().any(|secret| value.to_lowercase().ends_with(secret));
        let values = address.split(['/', '?', '&', '=', ' ']).filter(is_secret);
        found.extend(values.map(|value| (*id, value.to_owned())));
    }
    let known: Vec<_> = SECRETS_IN_ADDRESSES.iter().map(|(id, value)| (*id, (*value).to_owned())).collect();
    assert_eq!(found, known);
}

#[test]
fn every_published_operation_is_called() {
    let called: Vec<&str> = CALLS.iter().map(|call| call.operation).collect();
    let published: Vec<&str> = OPERATIONS.iter().filter(|row| row.published).map(|row| row.id).collect();
    assert_eq!(called, published);
}
