//! Values at the edge of what can be said, in every string and number of every operation: refused or
//! stored exactly, and the same way by every store.

use frontegg_contract::{redact, schema::Place as Within};
use frontegg_emulator::Emulator;
use frontegg_identity::model::{Method, OPERATIONS, Operation, Token};
use frontegg_test_harness::place::Place;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{World, http, place::lasting};

/// What stands in a body for the value that is written in its place.
const MARK: &str = "the mark";
/// Text that no text of the API may be, as JSON.
const NO_TEXTS: [&str; 3] = [r#""a\u0000b""#, r#""\ud800""#, r#""\udc00\ud800""#];
/// Text that any may be, but for its own rules.
const TEXT: &str = r#""𝒜dá 🦀 \ud83e\udd80 \u202e""#;
const NUMBERS: [&str; 6] = ["1e400", "9223372036854775808", "-9223372036854775809", "-1", "1000000000", "0.5"];
/// The same for a query, with bytes that are no text.
const PARAMETERS: [&str; 8] =
    ["%00", "%ED%A0%80", "%F0%9F%A6%80", "-1", "1000000000", "9223372036854775808", "1e400", "%25"];

/// A store with people in it, and who calls.
struct Side {
    world: World,
    environment: String,
    ada: String,
    eve: String,
    http: Client,
}

impl Side {
    async fn new(world: World) -> Self {
        world.tenant("acme").await;
        let admin = world.role("Admin").await;
        let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
        let eve = world.user("acme", "eve@acme.test", &[&admin]).await;
        let body = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
        let login = world.browser().done("authenticate_environment", &[], body).await;
        let environment = login["token"].as_str().expect("a token").to_owned();
        Self { world, environment, ada, eve, http: http() }
    }

    /// A request to an operation, by somebody who may call it, with what is known here in its path.
    async fn request(&self, operation: &Operation, query: &str) -> RequestBuilder {
        let sample = frontegg_samples::request(operation.id).expect("a sample");
        let path = sample.address.split('?').next().unwrap_or_default();
        let path = path.replace("userId-1", &self.ada).replace("tenantId-1", "acme");
        let url = format!("{}{path}{query}", self.world.emulator.url());
        let method = operation.method.as_str().parse().expect("a method");
        let request = self.http.request(method, url).header("content-type", "application/json");
        match operation.token {
            Token::None => request,
            Token::User => request.bearer_auth(self.world.token(&self.eve, "acme").await),
            Token::Environment | Token::EnvironmentOrUser => request
                .bearer_auth(&self.environment)
                .header("frontegg-tenant-id", "acme")
                .header("frontegg-user-id", &self.ada),
        }
    }

    async fn answer(&self, request: RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body = answer.bytes().await.expect("a body");
        // What was done differs by ids and times; what was refused does not.
        let refusal = if status < 400 { Value::Null } else { serde_json::from_slice(&body).expect("JSON") };
        (status, refusal)
    }
}

/// Every value within a document that holds no others.
fn leaves(value: &Value, place: String, found: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, format!("{place}/{index}"), found));
        }
        Value::String(_) => found.push((place, true)),
        Value::Number(_) => found.push((place, false)),
        _ => {}
    }
}

/// The bodies of an operation with a strange value in each place; true where no text can be right.
fn strange_bodies(operation: &Operation) -> Vec<(String, bool)> {
    let sample = frontegg_samples::request(operation.id).and_then(|request| request.body);
    let Some(sample) = sample else { return Vec::new() };
    let sample: Value = serde_json::from_str(sample).expect("JSON");
    let mut places = Vec::new();
    leaves(&sample, String::new(), &mut places);
    let mut bodies = Vec::new();
    for (place, is_text) in places {
        let mut body = sample.clone();
        *body.pointer_mut(&place).expect("a place") = MARK.into();
        let body = body.to_string();
        let with = |value: &str| body.replace(&format!("\"{MARK}\""), value);
        if is_text {
            bodies.extend(NO_TEXTS.map(|text| (with(text), true)));
            bodies.push((with(TEXT), false));
        } else {
            bodies.extend(NUMBERS.map(|number| (with(number), false)));
        }
    }
    bodies
}

/// Security case 49.
#[tokio::test(flavor = "multi_thread")]
async fn case_49_strange_values_are_refused_or_stored_by_every_store_alike() {
    let memory = World::at(&Place::memory(), Emulator::builder()).await;
    let lasting = World::at(&lasting().await, Emulator::builder()).await;
    let (memory, lasting) = (Side::new(memory).await, Side::new(lasting).await);
    let mut sent = 0;
    for operation in OPERATIONS.iter().filter(|operation| operation.method != Method::Delete) {
        let mut cases: Vec<(String, String, bool)> =
            strange_bodies(operation).into_iter().map(|(body, wrong)| (String::new(), body, wrong)).collect();
        let contract = redact::contract(operation.id).expect("a contract");
        for parameter in contract.parameters.iter().filter(|parameter| parameter.0 == Within::Query) {
            cases.extend(PARAMETERS.map(|value| {
                let wrong = ["%00", "%ED%A0%80"].contains(&value);
                (format!("?{}={value}", parameter.1), String::new(), wrong)
            }));
        }
        for (query, body, wrong) in cases {
            let (one, other) = tokio::join!(memory.request(operation, &query), lasting.request(operation, &query));
            let [one, other] = [one, other].map(|request| request.body(body.clone()));
            let (one, other) = tokio::join!(memory.answer(one), lasting.answer(other));
            let case = format!("{} {query} {body}", operation.id);
            assert!(one.0 < 500, "{case}: {one:?}");
            assert!(!wrong || (400..500).contains(&one.0), "{case}: {one:?}");
            assert_eq!(one.0, other.0, "{case}: {one:?} {other:?}");
            assert_eq!(one.1["errors"], other.1["errors"], "{case}");
            sent += 1;
        }
    }
    eprintln!("{sent} strange requests");
    assert!(sent > 2_000, "{sent}");
}

/// Security case 49: what is stored is what was said.
#[tokio::test]
async fn case_49_texts_are_stored_exactly() {
    let text: String = serde_json::from_str(TEXT).expect("a text");
    for world in World::each().await {
        world.tenant("acme").await;
        let raw = world.raw().await;
        let role = json!([{ "key": "odd", "name": text, "description": text, "level": 5 }]);
        raw.call("create_roles_v1", &[], role).await;
        let roles = raw.call("list_roles_v1", &[], Value::Null).await.body;
        let odd = roles.as_array().expect("roles").iter().find(|role| role["key"] == "odd").expect("the role");
        assert_eq!((odd["name"].as_str(), odd["description"].as_str()), (Some(text.as_str()), Some(text.as_str())));
        let ada = world.user("acme", "ada@acme.test", &[]).await;
        let metadata = json!({ text.clone(): text }).to_string();
        let change = json!({ "name": text, "metadata": metadata });
        let answer = world.back_end(Some("acme")).await.done("update_user_globally", &[&ada], change).await;
        assert_eq!(answer["name"], text.as_str());
        let read = world.back_end(Some("acme")).await.done("get_user", &[&ada], Value::Null).await;
        assert_eq!((&read["name"], &read["metadata"]), (&json!(text), &json!(metadata)));
        // What is kept without case is found without case, but not changed.
        let found = raw.query("list_tenants", &[], "_filter=%F0%9F%A6%80", Value::Null).await;
        assert!(found.status.as_u16() < 500);
    }
}
