//! What a program of WebAssembly does with the SDK under Node, against an emulator that was started beside it with
//! `seed.yaml`.
#![cfg(test)]

use std::time::Duration;

use frontegg_identity::{
    Error, ErrorKind, Frontegg, Retry,
    params,
    testing::{Scripted, respond},
    types::AddRoleRequest,
};
use futures_util::future::join_all;
use wasm_bindgen_test::wasm_bindgen_test;

const URL: &str = env!("FRONTEGG_TEST_URL");
const PASSWORD: &str = "Correct-horse-1815";

fn frontegg() -> Frontegg {
    Frontegg::builder().base_url(URL).credentials("client", "key").build().expect("a client")
}

#[wasm_bindgen_test]
async fn the_environment_calls() -> Result<(), Error> {
    let frontegg = frontegg();
    let roles = frontegg.roles();
    roles.create_roles(&[AddRoleRequest::new("auditor", "Auditor", 3)]).await?;
    let all = roles.list_roles_v1().with_response().await?;
    assert!(all.iter().any(|role| role.key == "auditor"));
    assert_eq!((all.status(), all.attempts()), (200, 1));
    Ok(())
}

#[wasm_bindgen_test]
async fn calls_go_side_by_side_and_pages_one_after_the_other() -> Result<(), Error> {
    let users = frontegg().tenant("acme").users();
    let found = join_all((0..20).map(|_| users.list_users(params::ListUsers::new()))).await;
    assert!(found.into_iter().all(|page| page.is_ok_and(|page| page.items.len() == 3)));
    let mut people = users.list_users(params::ListUsers::new().limit(1)).stream();
    let mut addresses = Vec::new();
    while let Some(person) = people.next().await {
        addresses.push(person?.email);
    }
    assert_eq!(addresses.len(), 3);
    Ok(())
}

#[wasm_bindgen_test]
async fn somebody_signs_in_goes_on_and_comes_back() -> Result<(), Error> {
    let frontegg = frontegg();
    let session = frontegg.authentication().login("ada@acme.test", PASSWORD).await?.into_session()?;
    session.refresh().await?;
    let again = frontegg.restore(session.save());
    assert_eq!(again.user_management().get_my_profile_v3().await?.email.as_deref(), Some("ada@acme.test"));
    again.log_out().await
}

#[wasm_bindgen_test]
async fn refusals_are_typed() {
    let refused = frontegg().authentication().login("ada@acme.test", "wrong").await;
    let error = refused.expect_err("a refusal");
    assert_eq!((error.status(), error.kind()), (Some(401), ErrorKind::Unauthenticated));
    assert!(error.trace_id().is_some(), "{error:?}");
}

/// The first answer is a fault of the emulator's, and the client waits before it asks again.
#[wasm_bindgen_test]
async fn what_fails_now_and_then_is_tried_again() -> Result<(), Error> {
    let categories = frontegg().permissions();
    let list = categories.list_permission_categories().with_response().await?;
    assert_eq!(list.attempts(), 2);
    Ok(())
}

#[wasm_bindgen_test]
async fn time_runs_out() {
    let slow = frontegg().permissions();
    let error = slow.list_permissions().timeout(Duration::from_millis(200)).await.expect_err("no answer in time");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[wasm_bindgen_test]
async fn who_is_not_there_is_told() {
    let nobody = Frontegg::builder().base_url("http://127.0.0.1:1").credentials("client", "key");
    let nobody = nobody.retry(Retry::none()).build().expect("a client");
    let error = nobody.roles().list_roles_v1().await.expect_err("nobody");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.to_string().contains("http://127.0.0.1:1"), "{error}");
}

#[wasm_bindgen_test]
async fn own_code_is_tested_without_a_server() -> Result<(), Error> {
    let scripted = Scripted::new([respond::list_roles_v1([])]);
    let frontegg = Frontegg::builder().transport(scripted).build().expect("a client");
    assert!(frontegg.roles().list_roles_v1().await?.is_empty());
    Ok(())
}
