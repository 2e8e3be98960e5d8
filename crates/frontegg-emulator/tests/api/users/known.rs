//! Creating and inviting people who are known: a person becomes a member once, and nothing is pretended.

use std::collections::BTreeMap;

use frontegg_emulator::Emulator;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::support::{World, browser::PASSWORD, place::lasting};

const ADA: &str = "ada@acme.test";

fn ada(more: &Value) -> Value {
    let mut body = json!({ "email": ADA });
    body.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
    body
}

#[tokio::test]
async fn a_member_is_not_created_again() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let first = ada(&json!({ "name": "Ada", "password": PASSWORD, "skipInviteEmail": true }));
    let made = acme.done("create_user_v2", &[], first).await;
    for again in [
        json!({ "name": "Eve", "password": "Another-horse-1816", "skipInviteEmail": true }),
        json!({ "name": "Eve", "password": "Another-horse-1816" }),
        json!({ "skipInviteEmail": true }),
        json!({}),
    ] {
        for operation in ["create_user_v1", "create_user_v2"] {
            let refusal = acme.call(operation, &[], ada(&again)).await.refused(409);
            assert_eq!(refusal, "User already exists in the tenant", "{again}");
        }
    }
    world.browser().sign_in(ADA).await.token();
    let path = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(acme.done("get_user", &[&path], Value::Null).await["name"], "Ada");
    // Whoever has not come yet is a member no less.
    let mut globex = world.back_end(Some("acme")).await;
    let waiting = json!({ "email": "bob@acme.test", "password": PASSWORD });
    globex.done("create_user_v2", &[], waiting.clone()).await;
    assert_eq!(globex.call("create_user_v2", &[], waiting).await.status, 409);
}

/// A known person becomes a member as they are; the answer says how that is.
#[tokio::test]
async fn a_known_person_becomes_a_member_once_and_stays_who_they_are() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let first = ada(&json!({ "name": "Ada", "password": PASSWORD, "skipInviteEmail": true }));
    let made = world.back_end(Some("acme")).await.done("create_user_v2", &[], first).await;
    let mut globex = world.back_end(Some("globex")).await;
    let second = ada(&json!({ "name": "Eve", "password": "Another-horse-1816", "skipInviteEmail": true }));
    let joined = globex.done("create_user_v2", &[], second.clone()).await;
    assert_eq!((&joined["id"], &joined["name"]), (&made["id"], &json!("Ada")));
    assert_eq!(globex.call("create_user_v2", &[], second).await.status, 409);
    let claims = world.browser().sign_in(ADA).await.claims();
    assert_eq!(claims["tenantIds"], json!(["acme", "globex"]));
    assert_eq!(world.browser().sign_in_with(ADA, "Another-horse-1816").await.status, 401);
}

/// Whoever has not answered an invitation can be sent it again.
#[tokio::test]
async fn an_open_invitation_is_mailed_again() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    world.user("acme", ADA, &[]).await;
    let mut globex = world.back_end(Some("globex")).await;
    for _ in 0..2 {
        globex.done("create_user_v2", &[], ada(&json!({}))).await;
    }
    assert_eq!(world.emulator.outbox().messages_to(ADA).await.expect("mails").len(), 2);
    assert_eq!(globex.call("create_user_v2", &[], ada(&json!({ "skipInviteEmail": true }))).await.status, 409);
}

/// Of many who create one address at once one does so, whatever the store, and with two processes on
/// one store.
#[tokio::test]
async fn of_many_creations_at_once_one_counts() {
    let mut worlds: Vec<Vec<World>> = World::each().await.into_iter().map(|world| vec![world]).collect();
    let place = lasting().await;
    let first = World::at(&place, Emulator::builder()).await;
    let client_id = first.emulator.client_id().to_owned();
    worlds.push(vec![first, World::at(&place, Emulator::builder().client_id(client_id)).await]);
    for worlds in worlds {
        worlds[0].tenant("acme").await;
        for (operation, more) in [
            ("create_user_v2", json!({ "name": "Ada", "password": PASSWORD, "skipInviteEmail": true })),
            ("create_user_v2", json!({ "email": "bob@acme.test" })),
            ("create_user_globally", json!({ "email": "carol@acme.test", "tenantId": "acme" })),
        ] {
            let mut callers = JoinSet::new();
            for number in 0..20 {
                let mut back_end = worlds[number % worlds.len()].back_end(Some("acme")).await;
                let body = ada(&more);
                callers.spawn(async move { back_end.call(operation, &[], body).await.status });
            }
            let mut statuses = BTreeMap::<u16, usize>::new();
            for status in callers.join_all().await {
                *statuses.entry(status).or_default() += 1;
            }
            assert_eq!(statuses, BTreeMap::from([(201, 1), (409, 19)]), "{operation} {more}");
        }
        let mut acme = worlds[0].back_end(Some("acme")).await;
        assert_eq!(acme.query("list_users", "").await["_metadata"]["totalItems"], 3);
    }
}
