//! The sessions of one person, as they and back ends see them. What ends sessions is in
//! `sign_in_security.rs`.

use crate::support;

use serde_json::Value;
use support::World;

const LIST: &str = "list_my_sessions";

#[tokio::test]
async fn a_back_end_sees_and_ends_the_sessions_of_anybody() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut back_end = world.back_end(None).await.with("frontegg-user-id", &ada);
    assert_eq!(back_end.done(LIST, &[], Value::Null).await, Value::Array(Vec::new()));
    let (mut first, mut second, mut third) = (world.browser(), world.browser(), world.browser());
    for browser in [&mut first, &mut second, &mut third] {
        browser.sign_in("ada@acme.test").await.token();
    }
    let list = back_end.done(LIST, &[], Value::Null).await;
    let list = list.as_array().expect("sessions");
    assert_eq!(list.len(), 3);
    assert!(list.iter().all(|row| row["current"] == false && row["impersonated"] == false));
    assert!(list.iter().all(|row| row["createdAt"].is_string() && row["expires"].is_string()));

    // Confined to a tenant, it sees those there.
    let mut elsewhere = world.back_end(Some("globex")).await.with("frontegg-user-id", &ada);
    assert_eq!(elsewhere.done(LIST, &[], Value::Null).await, Value::Array(Vec::new()));
    let newest = list[0]["id"].as_str().expect("an id");
    let reply = elsewhere.call("delete_my_session", &[newest], Value::Null).await;
    assert_eq!(reply.refused(404), "Session not found");
    elsewhere.done("delete_all_my_sessions", &[], Value::Null).await;

    back_end.done("delete_my_session", &[newest], Value::Null).await;
    assert_eq!(third.refresh().await.status, 401);
    let reply = back_end.call("delete_my_session", &[newest], Value::Null).await;
    assert_eq!(reply.refused(404), "Session not found", "it has ended");
    first.refresh().await.token();
    back_end.done("delete_all_my_sessions", &[], Value::Null).await;
    back_end.done("delete_all_my_sessions", &[], Value::Null).await;
    assert_eq!(first.refresh().await.status, 401);
    assert_eq!(second.refresh().await.status, 401);
    assert_eq!(back_end.done(LIST, &[], Value::Null).await, Value::Array(Vec::new()));
}

#[tokio::test]
async fn somebody_has_to_be_named() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.call(LIST, &[], Value::Null).await.refused(403), "User ID is not specified");
    let mut nobody = back_end.with("frontegg-user-id", "nobody");
    for operation in [LIST, "delete_all_my_sessions"] {
        assert_eq!(nobody.call(operation, &[], Value::Null).await.refused(404), "User not found");
    }
    assert_eq!(world.browser().call(LIST, &[], Value::Null).await.status, 401);
}
