//! What a server of this contract answers over real HTTP before any handler is reached.

use crate::support::{ENVIRONMENT, Server, USER, outcome, told, with_json};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

const DELEGATION: &str = "/identity/resources/configurations/v1/delegation";
const ROLES: &str = "/identity/resources/roles/v1";
const USERS: &str = "/identity/resources/users/v3";
const SESSIONS: &str = "/identity/resources/users/sessions/v1/me";

fn refused(status: u16, text: &str) -> (StatusCode, Vec<String>) {
    (StatusCode::from_u16(status).unwrap(), vec![text.to_owned()])
}

fn create_roles(server: &Server) -> RequestBuilder {
    server.request("POST", ROLES).bearer_auth(ENVIRONMENT)
}

#[tokio::test]
async fn tokens_are_wanted_and_told_apart() {
    let server = Server::start().await;
    let get = || server.request("GET", DELEGATION);
    assert_eq!(outcome(get()).await, refused(401, "Unauthorized"));
    assert_eq!(outcome(get().bearer_auth("stolen")).await, refused(401, "Invalid token"));
    assert_eq!(outcome(get().bearer_auth(USER)).await, refused(403, "An environment token is required"));
    assert_eq!(outcome(get().bearer_auth(ENVIRONMENT)).await, refused(418, "get_delegation_configuration"));
    assert_eq!(
        outcome(get().header("x-access-token", ENVIRONMENT)).await,
        refused(418, "get_delegation_configuration")
    );
    assert_eq!(outcome(get().basic_auth("client", Some("key"))).await, refused(401, "Unauthorized"));
}

#[tokio::test]
async fn an_environment_token_is_no_user() {
    let server = Server::start().await;
    let path = "/identity/resources/users/v2/me";
    let get = |token| server.request("GET", path).bearer_auth(token);
    assert_eq!(outcome(get(ENVIRONMENT)).await, refused(401, "Failed to verify user JWT"));
    assert_eq!(outcome(get(USER)).await.0, StatusCode::IM_A_TEAPOT);
}

#[tokio::test]
async fn operations_without_token_take_any() {
    let server = Server::start().await;
    let login = || {
        let request = server.request("POST", "/identity/resources/auth/v1/user");
        with_json(request, r#"{"email":"ada@acme.test","password":"secret"}"#)
    };
    let reached = refused(418, "authenticate_user_with_password");
    assert_eq!(outcome(login()).await, reached);
    assert_eq!(outcome(login().bearer_auth("expired")).await, reached);
    assert_eq!(outcome(login().bearer_auth(ENVIRONMENT)).await, reached);
}

#[tokio::test]
async fn an_environment_token_needs_a_scope_where_a_user_has_one() {
    let server = Server::start().await;
    let get = |token| server.request("GET", SESSIONS).bearer_auth(token);
    let scoped = |tenant, user| get(ENVIRONMENT).header("frontegg-tenant-id", tenant).header("frontegg-user-id", user);
    assert_eq!(outcome(get(USER)).await, refused(418, "list_my_sessions"));
    assert_eq!(outcome(get(ENVIRONMENT)).await, refused(403, "User ID is not specified"));
    assert_eq!(outcome(scoped("acme", "")).await, refused(400, "frontegg-user-id should not be empty"));
    assert_eq!(outcome(scoped("acme", "ada")).await, refused(418, "list_my_sessions"));
    let tokens = "/identity/resources/tenants/api-tokens/v1";
    assert_eq!(
        outcome(server.request("GET", tokens).bearer_auth(ENVIRONMENT)).await,
        refused(403, "Tenant ID is not specified")
    );
}

#[tokio::test]
async fn parameters_are_checked() {
    let server = Server::start().await;
    let list = |query: &str| server.request("GET", &format!("{USERS}?{query}")).bearer_auth(ENVIRONMENT);
    assert_eq!(
        outcome(list("_limit=abc&_offset=-1&_order=up")).await,
        (
            StatusCode::BAD_REQUEST,
            vec![
                "_limit must be an integer number".to_owned(),
                "_offset must not be less than 0".to_owned(),
                "_order must be one of ASC, DESC".to_owned(),
            ]
        )
    );
    for query in ["_limit=&_offset=undefined", "ids=a,b&ids=c", "ids[]=a", "_limit=50.0", "unknown=1"] {
        assert_eq!(outcome(list(query)).await, refused(418, "list_users"), "{query}");
    }
    for query in ["_email=a%00", "x=%00", "_email=%FF", "_limit=1e400", "_limit=9223372036854775808"] {
        assert_eq!(outcome(list(query)).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn all_errors_of_a_body_are_named_at_once() {
    let server = Server::start().await;
    let body = json!([{"isDefault": "yes"}, {"key": "a", "name": "A", "level": -1}]);
    let (status, errors) = outcome(with_json(create_roles(&server), body.to_string())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        errors,
        [
            "[0].key is required",
            "[0].name is required",
            "[0].isDefault must be a boolean value",
            "[0].level is required",
            "[1].level must not be less than 0",
        ]
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let server = Server::start().await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for body in ["{", "[{}", r#"[{"key":"\ud800"}]"#, r#"[{"level":1e400}]"#, &deep] {
        let request = with_json(create_roles(&server), body.to_owned());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error, json!({"errors": ["Invalid input json"], "errorCode": "ER-00006"}));
    }
    let nul = with_json(create_roles(&server), r#"[{"key":"a\u0000","name":"A","level":0}]"#);
    assert_eq!(outcome(nul).await, refused(400, "[0].key must not contain the character U+0000"));
    let empty = create_roles(&server);
    assert_eq!(outcome(empty).await, refused(400, "body must be an array"));
}

/// Proves case 49: numbers at and beyond the edges.
#[tokio::test]
async fn numbers_have_bounds() {
    let server = Server::start().await;
    for (level, status) in [
        ("0", 418),
        ("32767", 418),
        ("-1", 400),
        ("1.5", 400),
        ("9223372036854775808", 400),
        ("-9223372036854775809", 400),
        ("18446744073709551616", 400),
    ] {
        let body = format!(r#"[{{"key":"a","name":"😀","level":{level}}}]"#);
        let (found, texts) = outcome(with_json(create_roles(&server), body)).await;
        assert_eq!(found.as_u16(), status, "{level}: {texts:?}");
    }
}

#[tokio::test]
async fn a_missing_body_is_refused_by_what_it_lacks() {
    let server = Server::start().await;
    let update = server.request("PATCH", &format!("{ROLES}/r-1")).bearer_auth(ENVIRONMENT);
    assert_eq!(outcome(update).await, refused(400, "body is required"));
    let login = server.request("POST", "/auth/vendor");
    assert_eq!(
        outcome(login).await,
        (StatusCode::BAD_REQUEST, vec!["clientId is required".to_owned(), "secret is required".to_owned(),])
    );
}

/// Proves case 52: content types, and `DELETE` with a body.
#[tokio::test]
async fn only_json_is_taken() {
    let server = Server::start().await;
    let body = r#"[{"key":"a","name":"A","level":0}]"#;
    for (kind, status) in [
        ("application/json", 418),
        ("application/json; charset=utf-8", 418),
        ("APPLICATION/JSON;charset=UTF-8", 418),
        ("application/json; charset=utf-16", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ] {
        let request = create_roles(&server).header("content-type", kind).body(body);
        assert_eq!(outcome(request).await.0.as_u16(), status, "{kind}");
    }
    let untyped = create_roles(&server).body(body);
    assert_eq!(outcome(untyped).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let packed = with_json(create_roles(&server), body).header("content-encoding", "gzip");
    assert_eq!(outcome(packed).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let path = "/identity/resources/groups/v1/g-1/users";
    let delete = server.request("DELETE", path).bearer_auth(ENVIRONMENT);
    let delete = with_json(delete.header("frontegg-tenant-id", "acme"), r#"{"userIds":["u-1"]}"#);
    assert_eq!(outcome(delete).await, refused(418, "remove_users_from_group"));
}

/// Proves case 50: bodies, addresses and headers beyond their limits.
#[tokio::test]
async fn sizes_have_limits() {
    let server = Server::start().await;
    let megabyte = 1024 * 1024;
    let padded = |size: usize| format!("[{}]", " ".repeat(size - 2));
    let fits = with_json(create_roles(&server), padded(megabyte));
    assert_eq!(outcome(fits).await.0, StatusCode::IM_A_TEAPOT);
    let over = with_json(create_roles(&server), padded(megabyte + 1));
    assert_eq!(outcome(over).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let flood = format!("[{}0]", "0,".repeat(400_000));
    let flood = with_json(create_roles(&server), flood);
    assert_eq!(outcome(flood).await, refused(400, "Request body has too many values"));
    let long = format!("{ROLES}?x={}", "a".repeat(16 * 1024));
    let long = server.request("GET", &long).bearer_auth(ENVIRONMENT);
    let length = ROLES.len() + "?x=".len() + 16 * 1024;
    assert_eq!(outcome(long).await, refused(414, &format!("URI of {length} bytes is longer than 12288 bytes")));
    let wide = server.request("GET", ROLES).header("x-wide", "a".repeat(64 * 1024));
    let (status, texts) = outcome(wide).await;
    let text = texts.join("; ");
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert!(text.contains("x-wide alone 65536") && text.ends_with("the most are 32768"), "{text}");
}

#[tokio::test]
async fn a_body_is_not_read_for_nobody() {
    let server = Server::start().await;
    let request = with_json(server.request("POST", ROLES), "x".repeat(100_000));
    assert_eq!(outcome(request).await, refused(401, "Unauthorized"));
}

#[tokio::test]
async fn unknown_addresses_are_told() {
    let server = Server::start().await;
    let response = server.request("GET", "/identity/resources/nothing?a=1").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error, json!({"errors": ["Cannot GET /identity/resources/nothing"], "errorCode": "ER-00004"}));
    for path in ["/", "/frontegg", "/frontegg/", "//", "/identity/resources/roles/v1//"] {
        let (status, _) = outcome(server.request("GET", path).bearer_auth(ENVIRONMENT)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Proves case 52: undeclared methods.
#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let server = Server::start().await;
    for method in ["DELETE", "PUT", "TRACE", "QUERY", "OPTIONS"] {
        let response = server.request(method, ROLES).bearer_auth(ENVIRONMENT).send().await.unwrap();
        let allow = response.headers()["allow"].to_str().unwrap().to_owned();
        assert_eq!(allow, "POST,GET,HEAD");
        let texts = vec![format!("Cannot {method} {ROLES}")];
        assert_eq!(told(response).await, (StatusCode::METHOD_NOT_ALLOWED, texts));
    }
    let head = server.request("HEAD", ROLES).bearer_auth(ENVIRONMENT).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(head.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn path_values_arrive_decoded_or_not_at_all() {
    let server = Server::start().await;
    let get = |id: &str| {
        let path = format!("/identity/resources/vendor-only/users/v1/{id}");
        server.request("GET", &path).bearer_auth(ENVIRONMENT)
    };
    for id in ["u-1", "%C3%A4%20%2F%F0%9F%98%80", "%252e"] {
        assert_eq!(outcome(get(id)).await.0, StatusCode::IM_A_TEAPOT, "{id}");
    }
    assert_eq!(outcome(get("a%00")).await, refused(400, "userId must not contain the character U+0000"));
    assert_eq!(outcome(get("%FF")).await, refused(400, "path must be UTF-8 text"));
}

#[tokio::test]
async fn headers_must_be_text() {
    let server = Server::start().await;
    let login = server.request("POST", "/identity/resources/auth/v1/user");
    let login = with_json(login, r#"{"password":"secret"}"#).header("frontegg-vendor-host", &b"\xff"[..]);
    assert_eq!(outcome(login).await, refused(400, "frontegg-vendor-host must be UTF-8 text"));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let server = Server::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for path in [ROLES, ROLES, "/nothing"] {
        let response = server.request("GET", path).send().await.unwrap();
        ids.insert(response.headers()["frontegg-trace-id"].to_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
}
