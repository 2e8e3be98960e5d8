//! Recorded requests: what is told of them, and what is not.

use std::time::Duration;

use frontegg_emulator::{Emulator, Error, Fault, RecordedRequest, Selection};
use frontegg_identity::types::AddRoleRequest;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{HANG, World, browser::PASSWORD, control, until};

const JWKS: &str = "/.well-known/jwks.json";

#[tokio::test]
async fn tests_see_what_a_client_sent_and_got() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let new = [AddRoleRequest::new("auditor", "Auditor", 10)];
    acme.roles().create_roles_v1(&new).await.expect("a role");
    acme.roles().delete_role("unknown").await.expect_err("no such role");

    let requests = world.emulator.requests().on("create_roles_v1");
    assert_eq!(requests.count(), 1);
    let created = requests.list().remove(0);
    assert_eq!((created.method(), created.path().as_str()), ("POST", "/identity/resources/roles/v1"));
    assert_eq!((created.operation(), created.token()), (Some("create_roles_v1"), Some("environment")));
    assert_eq!((created.tenant_id(), created.user_id()), (Some("acme"), None));
    assert_eq!(created.body()[0]["key"], "auditor");
    assert_eq!((created.status(), &created.answer()[0]["name"]), (Some(201), &json!("Auditor")));
    assert_eq!((created.at(), created.fault()), (world.emulator.clock().now(), None));
    assert!(created.took() < Duration::from_secs(30) && created.trace_id().is_some());
    assert_eq!(created.header("frontegg-tenant-id"), Some("acme"));
    assert!(created.header("user-agent").expect("an agent").contains("frontegg"));
    assert_eq!(created.header("authorization"), Some("[redacted]"));
    assert_eq!(created.header("cookie"), None);

    let refused = world.emulator.requests().after(&created).list().remove(0);
    assert_eq!((refused.operation(), refused.status()), (Some("delete_role"), Some(404)));
    assert_eq!(refused.path(), "/identity/resources/roles/v1/unknown");
    assert!(refused.answer()["errors"][0].is_string());

    let session = world.session(&ada, "acme").await;
    session.user_management().get_my_profile_v2().await.expect("a profile");
    let profile = world.emulator.requests().on("get_my_profile_v2").list().remove(0);
    assert_eq!(
        (profile.token(), profile.tenant_id(), profile.user_id()),
        (Some("user"), Some("acme"), Some(ada.as_str()))
    );

    assert_eq!(world.get("/nowhere?a=b", "").await.status(), 404);
    assert_eq!(world.get("/identity/resources/roles/v1", "").await.status(), 401);
    let all = world.emulator.requests();
    assert_eq!(all.clone().on(Selection::path("/nowhere")).list()[0].operation(), None);
    let anonymous = all.clone().on("list_roles_v1").list().remove(0);
    assert_eq!((anonymous.status(), anonymous.token()), (Some(401), None));
    assert_eq!(all.clone().on(Selection::tag("Roles").tenant("acme")).count(), 2);
    assert_eq!(all.clone().status(404).count(), 2);
    let numbers: Vec<_> = all.list().iter().map(RecordedRequest::number).collect();
    assert!(numbers.is_sorted_by(|one, other| one < other));
    world.emulator.reset().await.expect("a reset");
    assert_eq!(all.count(), 0);
}

#[tokio::test]
async fn faults_show_in_the_record() {
    let world = World::start().await;
    world.raw().await;
    world.emulator.requests().clear();
    let fault = world.emulator.faults().inject(Fault::status(503).on("create_roles_v1").times(1)).expect("a fault");
    let new = json!([{ "key": "auditor", "name": "Auditor", "level": 10 }]);
    let raw = world.raw().await;
    raw.call("create_roles_v1", &[], new.clone()).await;
    let request = world.emulator.requests().on("create_roles_v1").list().remove(0);
    assert_eq!((request.status(), request.fault()), (Some(503), Some(fault.id())));
    assert_eq!(request.body(), new, "also where the API never saw it");

    world.emulator.faults().inject(Fault::drop().on(Selection::path(JWKS)).times(1)).expect("a fault");
    world.get(JWKS, "").await;
    let request = world.emulator.requests().on(Selection::path(JWKS)).list().remove(0);
    assert_eq!((request.status(), request.answer()), (None, Value::Null));

    // A client that went away is in the record as well.
    let endless = Fault::delay(Duration::from_mins(10)).on("list_roles_v1");
    let fault = world.emulator.faults().inject(endless).expect("a fault");
    let impatient = tokio::spawn(async move { raw.call("list_roles_v1", &[], Value::Null).await });
    until("it is held up", || fault.hits() == 1).await;
    impatient.abort();
    let requests = world.emulator.requests().on("list_roles_v1");
    let given_up = requests.wait_for(1, HANG).await.expect("a request").remove(0);
    assert_eq!(given_up.status(), None);
}

/// Security case 55: neither the library nor the control plane shows a secret.
#[tokio::test]
async fn case_55_the_record_redacts() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let cookie = browser.refresh_token().expect("a cookie").to_owned();
    let session = browser.refresh().await;
    browser.bearer(session.token()).call("get_my_profile_v2", &[], Value::Null).await;
    let typo = json!({ "email": "ada@acme.test", "pasword": PASSWORD });
    world.browser().call("authenticate_user_with_password", &[], typo).await;
    world.get("/identity/resources/roles/v1?token=canary", "x-access-token: canary\r\n").await;

    let (status, shown) = control(&world, Method::GET, "/requests", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let text = shown.to_string();
    for secret in [PASSWORD, &token, &cookie, session.token(), world.emulator.api_key(), "canary"] {
        assert!(!text.contains(secret), "{secret} shows");
    }
    let sign_in = world.emulator.requests().on("authenticate_user_with_password").list();
    assert_eq!(sign_in[0].body(), json!({ "email": "ada@acme.test", "password": "[redacted]" }));
    assert_eq!(sign_in[1].body(), json!({ "email": "ada@acme.test", "pasword": "[undeclared]" }));
    assert_eq!(sign_in[0].answer()["accessToken"], "[redacted]");
    assert!(!format!("{:?}{sign_in:?}", world.emulator).contains(PASSWORD));
}

#[tokio::test]
async fn the_control_plane_filters_counts_waits_and_clears() {
    let world = World::start().await;
    world.get(JWKS, "").await;
    world.get("/nowhere", "").await;
    let count = async |query: &str| {
        let (status, body) = control(&world, Method::GET, &format!("/requests/count{query}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{query}: {body}");
        body["count"].as_u64().expect("a count")
    };
    for (query, expected) in [
        ("", 2),
        ("?path=/.well-known/", 1),
        ("?status=404", 1),
        ("?method=POST", 0),
        ("?operation=list_roles_v1", 0),
        ("?after=1", 1),
        ("?tenant=acme", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    let (_, body) = control(&world, Method::GET, "/requests?limit=1", Value::Null).await;
    let requests = body["requests"].as_array().expect("a list");
    assert_eq!((requests.len(), &requests[0]["path"], &requests[0]["status"]), (1, &json!("/nowhere"), &json!(404)));
    let (_, body) = control(&world, Method::GET, "/requests/wait?count=2", Value::Null).await;
    assert_eq!(body["requests"].as_array().expect("a list").len(), 2);
    let wait = control(&world, Method::GET, "/requests/wait?status=401&seconds=20", Value::Null);
    let ((_, body), _) = tokio::join!(wait, world.get("/identity/resources/roles/v1", ""));
    assert_eq!(body["requests"][0]["operation"], "list_roles_v1");
    for (query, expected) in [
        ("/wait?count=9&seconds=0.01", 404),
        ("/wait?seconds=26", 400),
        ("?operation=x", 400),
        ("?stats=1", 400),
        ("?status=many", 400),
    ] {
        let (status, body) = control(&world, Method::GET, &format!("/requests{query}"), Value::Null).await;
        assert_eq!(status.as_u16(), expected, "{query}: {body}");
        assert!(body["errors"][0].is_string());
    }
    assert_eq!(control(&world, Method::DELETE, "/requests", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(count("").await, 0);
}

#[tokio::test]
async fn only_so_many_are_kept() {
    let world = World::of(Emulator::builder().recorded_requests(3)).await;
    for path in ["/1", "/2", "/3", "/4"] {
        world.get(path, "").await;
    }
    let paths: Vec<_> = world.emulator.requests().list().iter().map(RecordedRequest::path).collect();
    assert_eq!(paths, ["/2", "/3", "/4"]);
    let missing = world.emulator.requests().wait_for(4, Duration::from_millis(1)).await;
    assert!(matches!(missing, Err(Error::Unknown(text)) if text == "3 such requests came, not 4"));

    let off = World::of(Emulator::builder().recorded_requests(0)).await;
    off.get(JWKS, "").await;
    assert_eq!(off.emulator.requests().count(), 0);
}
