//! Every operation of the documents over real HTTP: it is mounted, reaches its own handler, wants
//! its own kind of token, and its tables and types agree.

use std::collections::BTreeSet;

use crate::support::{ENVIRONMENT, POWERLESS, Server, TENANT_API, USER, USER_API, WITH, outcome, with_json};
use frontegg_contract::schema::{Body, Format, Member, Presence, Schema};
use frontegg_contract::{ALSO_ANONYMOUS, CONTRACTS, SESSIONS_ONLY};
use frontegg_model::{Need, OPERATIONS, Operation, Permission, Token, operation};
use frontegg_samples::{REQUESTS, Request};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};

fn reached(id: &str) -> (StatusCode, Vec<String>) {
    (StatusCode::IM_A_TEAPOT, vec![id.to_owned()])
}

fn described(request: &Request) -> &'static Operation {
    operation(request.operation).unwrap()
}

fn build(server: &Server, request: &Request, address: &str) -> RequestBuilder {
    let mut built = server.request(described(request).method.as_str(), address);
    for (name, value) in request.headers {
        built = built.header(*name, *value);
    }
    match request.body {
        Some(body) => with_json(built, body),
        None => built,
    }
}

/// Adds the token that an operation takes, and the scope.
fn authorized(request: RequestBuilder, operation: &Operation) -> RequestBuilder {
    let request = request.header("frontegg-tenant-id", "acme").header("frontegg-user-id", "ada");
    match operation.token {
        Token::None => request,
        Token::User => request.bearer_auth(USER),
        Token::Environment | Token::EnvironmentOrUser => request.bearer_auth(ENVIRONMENT),
    }
}

#[test]
fn tables_requests_and_operations_are_the_same_set() {
    let operations: Vec<&str> = OPERATIONS.iter().map(|row| row.id).collect();
    let contracts: Vec<&str> = CONTRACTS.iter().map(|contract| contract.id).collect();
    let requests: Vec<&str> = REQUESTS.iter().map(|request| request.operation).collect();
    assert_eq!(contracts, operations);
    assert_eq!(requests, operations);
}

#[tokio::test]
async fn every_operation_reaches_its_own_handler() {
    let server = Server::start().await;
    for request in REQUESTS {
        let (path, query) = request.address.split_once('?').unwrap_or((request.address, ""));
        for address in [request.address.to_owned(), format!("{path}/?{query}"), format!("/frontegg{path}?{query}")] {
            let call = authorized(build(&server, request, &address), described(request));
            assert_eq!(outcome(call).await, reached(request.operation), "{address}");
        }
    }
}

/// Proves case 36: every operation wants its kind of token, none is left out.
#[tokio::test]
async fn every_operation_wants_its_kind_of_token() {
    let server = Server::start().await;
    for request in REQUESTS {
        let row = described(request);
        let scoped = || {
            let call = build(&server, request, request.address);
            call.header("frontegg-tenant-id", "acme").header("frontegg-user-id", "ada")
        };
        let nobody = outcome(scoped()).await.0;
        let forged = outcome(scoped().bearer_auth("forged")).await.0;
        let environment = outcome(scoped().bearer_auth(ENVIRONMENT)).await.0;
        let user = outcome(scoped().bearer_auth(USER)).await.0;
        let mut expected = match row.token {
            Token::None => [418, 418, 418, 418],
            Token::User => [401, 401, 401, 418],
            Token::Environment => [401, 401, 418, 403],
            Token::EnvironmentOrUser => [401, 401, 418, 418],
        };
        if ALSO_ANONYMOUS.contains(&row.id) {
            expected[0] = 418;
        }
        let found = [nobody, forged, environment, user].map(|status| status.as_u16());
        assert_eq!(found, expected, "{}: nobody, forged, environment, user", row.id);
    }
}

/// Whoever takes a user's token says what it asks for, and asks for it before the handler: a user without the permission
/// is told which one, whoever has it or one that covers it is let in, and the environment's token always is.
#[tokio::test]
async fn every_operation_wants_its_permission() {
    let server = Server::start().await;
    let mut wanting = 0;
    for request in REQUESTS {
        let row = described(request);
        let takes_users = matches!(row.token, Token::User | Token::EnvironmentOrUser);
        assert_eq!(takes_users, row.permission != Permission::NotApplicable, "{}", row.id);
        if !takes_users {
            continue;
        }
        let as_user = async |token: &str| outcome(build(&server, request, request.address).bearer_auth(token)).await;
        let keys = row.permission.keys();
        if keys.is_empty() {
            assert_eq!(as_user(POWERLESS).await, reached(row.id));
            continue;
        }
        wanting += 1;
        let missing = format!("The permission {} is required", keys.join(" or "));
        let refused = (StatusCode::FORBIDDEN, vec![missing]);
        assert_eq!(as_user(POWERLESS).await, refused, "{}", row.id);
        for key in keys {
            let (above, own) = key.rsplit_once('.').expect("several words");
            for near in
                [format!("{key}More"), above.to_owned(), format!("{above}.x.*"), format!("x.{own}"), key.to_uppercase()]
            {
                assert_eq!(as_user(&format!("{WITH}{near}")).await, refused, "{}: {near}", row.id);
            }
            for enough in [(*key).to_owned(), format!("{above}.*"), "fe.*".to_owned(), "*".to_owned()] {
                assert_eq!(as_user(&format!("{WITH}{enough}")).await, reached(row.id), "{enough}");
            }
        }
        if row.token == Token::EnvironmentOrUser {
            assert_eq!(outcome(authorized(build(&server, request, request.address), row)).await, reached(row.id));
        }
    }
    assert!(wanting >= 90, "{wanting}");
}

/// What is asked for others is not asked for oneself, and for nothing else.
#[tokio::test]
async fn oneself_is_who_the_path_names() {
    let server = Server::start().await;
    for row in OPERATIONS.iter().filter(|row| row.path.contains("{userId}") && !row.permission.keys().is_empty()) {
        let call = |path: String| {
            let request = REQUESTS.iter().find(|request| request.operation == row.id).unwrap();
            build(&server, request, &path)
        };
        let path = |user: &str| row.path.replace("{userId}", user);
        let own = outcome(call(path("ada")).bearer_auth(POWERLESS)).await.0;
        let exempt = matches!(row.permission, Permission::OneOfForOthers(_));
        assert_eq!(own == StatusCode::IM_A_TEAPOT, exempt, "{}", row.id);
        for other in ["bob", "ADA", "ada%20", "ada%2F"] {
            let answer = outcome(call(path(other)).bearer_auth(POWERLESS)).await.0;
            assert_eq!(answer, StatusCode::FORBIDDEN, "{}: {other}", row.id);
        }
    }
    // A tenant's credentials are nobody, also not somebody without an id.
    let nobody = server.request("DELETE", "/identity/resources/users/v1/x").bearer_auth(TENANT_API);
    assert_eq!(outcome(nobody).await, reached("remove_user"));
}

/// Credentials act as whom they belong to, but not where only people who are signed in may act.
#[tokio::test]
async fn every_operation_wants_a_person_where_it_is_about_one() {
    let server = Server::start().await;
    assert!(SESSIONS_ONLY.contains(&"delete_my_tenant"));
    for request in REQUESTS.iter().filter(|request| described(request).token != Token::None) {
        let row = described(request);
        let call = async |token: &str| outcome(build(&server, request, request.address).bearer_auth(token)).await;
        let refused = (StatusCode::UNAUTHORIZED, vec!["Failed to verify user JWT".to_owned()]);
        let sessions_only = SESSIONS_ONLY.contains(&row.id);
        assert_eq!(call(USER_API).await == refused, sessions_only, "{}", row.id);
        assert_eq!(call(TENANT_API).await == refused, sessions_only || row.token == Token::User, "{}", row.id);
        if row.token != Token::Environment {
            assert_eq!(call(USER).await, reached(row.id));
        }
    }
}

#[tokio::test]
async fn every_operation_wants_its_scope() {
    let server = Server::start().await;
    let environment = |row: &&Operation| matches!(row.token, Token::Environment | Token::EnvironmentOrUser);
    for request in REQUESTS.iter().filter(|request| environment(&described(request))) {
        let row = described(request);
        let call = build(&server, request, request.address).bearer_auth(ENVIRONMENT);
        let expected = match (row.tenant, row.user) {
            (Need::Required, _) => (StatusCode::FORBIDDEN, vec!["Tenant ID is not specified".to_owned()]),
            (_, Need::Required) => (StatusCode::FORBIDDEN, vec!["User ID is not specified".to_owned()]),
            _ => reached(row.id),
        };
        assert_eq!(outcome(call).await, expected, "{}", row.id);
    }
}

/// How a value is made from a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    /// Required members only, smallest values.
    Least,
    /// All members, greatest values.
    Most,
    /// All members, `null` where the table lets it.
    Nulls,
}

/// Whatever a table accepts its type must take, and keep: else a good request would be refused by
/// the parser, with no word on what is wrong, or lose something on the way.
#[tokio::test]
async fn every_type_takes_what_its_table_accepts() {
    let server = Server::start().await;
    for (request, contract) in REQUESTS.iter().zip(CONTRACTS) {
        let Some(Body(_, schema)) = contract.body else { continue };
        for make in [Make::Least, Make::Most, Make::Nulls] {
            let body = made(schema, make, 0);
            let call = build(&server, request, request.address).body(body.to_string());
            let response = authorized(call, described(request)).send().await.unwrap();
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["errors"], json!([request.operation]), "{make:?} {body:.200}");
            let lost = lost("body", &body, &answer["context"]["body"]);
            assert_eq!(lost, None, "{}: {make:?} {body:.200}", request.operation);
        }
    }
}

/// The first place where a value was not kept as it was sent.
fn lost(place: &str, sent: &Value, kept: &Value) -> Option<String> {
    let moment = |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok();
    match (sent, kept) {
        // Left out again where it says no more than its absence.
        (Value::Null, _) => None,
        (Value::Object(sent), Value::Object(kept)) => sent
            .iter()
            .find_map(|(name, value)| lost(&format!("{place}.{name}"), value, kept.get(name).unwrap_or(&Value::Null))),
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            let mut pairs = sent.iter().zip(kept).enumerate();
            pairs.find_map(|(index, (sent, kept))| lost(&format!("{place}[{index}]"), sent, kept))
        }
        (sent, kept) if sent == kept => None,
        (sent, kept) if moment(sent).is_some() && moment(sent) == moment(kept) => None,
        (sent, kept) => Some(format!("{place}: {sent:.100} became {kept:.100}")),
    }
}

/// No body whatever makes a server fail.
#[tokio::test]
async fn every_operation_names_what_is_wrong_with_a_body() {
    let server = Server::start().await;
    for (request, contract) in REQUESTS.iter().zip(CONTRACTS) {
        let Some(Body(_, schema)) = contract.body else { continue };
        for body in [json!(null), json!(1), json!("x"), json!([1]), json!({}), json!([{}])] {
            let call = build(&server, request, request.address).body(body.to_string());
            let (status, texts) = outcome(authorized(call, described(request))).await;
            let fits = status == StatusCode::IM_A_TEAPOT;
            assert!(fits || status == StatusCode::BAD_REQUEST, "{} {body}: {status}", request.operation);
            assert!(texts.iter().all(|text| !text.contains("does not fit")), "{} {body}", request.operation);
        }
        if let Schema::Object(members) | Schema::Open(members) = schema {
            let required = members.iter().filter(|member| member.1 == Presence::Required);
            let missing: BTreeSet<String> = required.map(|member| format!("{} is required", member.0)).collect();
            let call = build(&server, request, request.address).body("{}");
            let (_, texts) = outcome(authorized(call, described(request))).await;
            let named: BTreeSet<String> = texts.into_iter().filter(|text| text != request.operation).collect();
            assert_eq!(named, missing, "{}", request.operation);
        }
    }
}

fn takes_null(schema: &Schema) -> bool {
    matches!(schema, Schema::Any | Schema::Nullable(_) | Schema::String { format: Format::Json, .. })
}

/// `null` is a value like others: it is taken where the document has it, and does not stand for a member that is
/// left out.
#[tokio::test]
async fn every_operation_takes_null_only_where_the_document_does() {
    let server = Server::start().await;
    let mut refused = 0;
    for (request, contract) in REQUESTS.iter().zip(CONTRACTS) {
        let Some(Body(_, Schema::Object(members) | Schema::Open(members))) = contract.body else { continue };
        for Member(name, _, schema) in members.iter().filter(|Member(_, _, schema)| !takes_null(schema)) {
            let mut body = made(&Schema::Object(members), Make::Least, 0);
            body[*name] = Value::Null;
            let call = build(&server, request, request.address).body(body.to_string());
            let (status, texts) = outcome(authorized(call, described(request))).await;
            let named = texts.iter().any(|text| text.starts_with(&format!("{name} must be")));
            assert!(status == StatusCode::BAD_REQUEST && named, "{}: {name} {schema:?} {texts:?}", request.operation);
            refused += 1;
        }
    }
    assert!(refused > 300, "{refused}");
}

/// A body that is required must come; one that is not counts as empty.
#[tokio::test]
async fn every_operation_wants_the_body_that_it_requires() {
    let server = Server::start().await;
    for (request, contract) in REQUESTS.iter().zip(CONTRACTS) {
        let Some(Body(presence, _)) = contract.body else { continue };
        for blank in ["", " \r\n"] {
            let call = build(&server, request, request.address).body(blank);
            let (status, texts) = outcome(authorized(call, described(request))).await;
            if presence == Presence::Required {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{}: {texts:?}", request.operation);
            } else {
                assert_eq!((status, texts), reached(request.operation));
            }
        }
    }
}

fn made(schema: &Schema, make: Make, depth: usize) -> Value {
    match schema {
        Schema::Any => json!({"free": ["value"]}),
        Schema::Boolean => json!(make == Make::Most),
        Schema::String { format: Format::DateTime, .. } => json!("2030-01-02T03:04:05.678+01:00"),
        Schema::String { min, max, .. } => {
            let most = (*max).min(256);
            json!("😀".repeat(if make == Make::Most { most } else { *min }))
        }
        Schema::Integer { min, max } => json!(if make == Make::Most { max } else { min }),
        Schema::Number { min, max } => json!(if make == Make::Most { max } else { min }),
        Schema::Enum(values) => json!(if make == Make::Most { values.last() } else { values.first() }),
        Schema::Array { items, min, .. } => {
            let count = if make == Make::Least || depth > 8 { *min } else { (*min).max(2) };
            json!(vec![made(items, make, depth + 1); count])
        }
        Schema::Object(members) | Schema::Open(members) => {
            let taken = members.iter().filter(|member| make != Make::Least || member.1 == Presence::Required);
            let value = |Member(name, presence, schema): &Member| {
                let null = make == Make::Nulls && *presence == Presence::Optional && takes_null(schema);
                let value = if null { Value::Null } else { made(schema, make, depth + 1) };
                ((*name).to_owned(), value)
            };
            Value::Object(taken.map(value).collect())
        }
        Schema::Map(items) => json!({"any": made(items, make, depth + 1)}),
        Schema::Tagged(tag, forms) => {
            let form = if make == Make::Most { forms.last() } else { forms.first() };
            let (name, schema) = form.unwrap();
            let mut value: Map<String, Value> = serde_json::from_value(made(schema, make, depth)).unwrap();
            value.insert((*tag).to_owned(), json!(name));
            Value::Object(value)
        }
        Schema::Nullable(_) if make == Make::Nulls => Value::Null,
        Schema::Nullable(inner) => made(inner, make, depth),
    }
}
