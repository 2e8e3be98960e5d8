//! What signing in and sessions must withstand. Numbers are those of the security cases; those of the
//! lockout are in `lockout_policy.rs`.

use crate::support;

use std::{collections::BTreeSet, time::Duration};

use frontegg_emulator::Emulator;
use serde_json::{Value, json};
use support::{
    World,
    browser::{Browser, PASSWORD, Reply},
};

/// Ada in acme, on each store, as the engines lock differently.
async fn worlds(grace: Duration) -> Vec<World> {
    let worlds = World::each_of(Emulator::builder().refresh_grace(grace)).await;
    for world in &worlds {
        world.tenant("acme").await;
        world.member("acme", "ada@acme.test").await;
    }
    worlds
}

/// One with a tenant and a member.
async fn world() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    (world, ada)
}

/// Everything of an answer but what differs between any two.
fn looks(reply: &Reply) -> (u16, &Value, &Vec<String>, &Vec<String>) {
    (reply.status, &reply.body, &reply.headers, &reply.cookies)
}

async fn sessions(browser: &mut Browser) -> Vec<Value> {
    let list = browser.done("list_my_sessions", &[], Value::Null).await;
    list.as_array().expect("sessions").clone()
}

#[tokio::test]
async fn case_08_unknown_people_look_like_known_ones() {
    let (world, _) = world().await;
    world.user("acme", "bob@acme.test", &[]).await;
    let mut browser = world.browser();
    let expected = browser.sign_in_with("nobody@acme.test", "wrong").await;
    assert_eq!(expected.refused(401), "Incorrect email or password");
    for _ in 0..20 {
        for email in ["nobody@acme.test", "ada@acme.test", "bob@acme.test"] {
            let reply = browser.sign_in_with(email, "wrong").await;
            assert_eq!(looks(&reply), looks(&expected), "{email}");
        }
    }
    for username in ["nobody", "ada"] {
        let body = json!({ "username": username, "password": "wrong" });
        let reply = browser.call("authenticate_user_with_password", &[], body).await;
        assert_eq!(looks(&reply), looks(&expected), "{username}");
    }
}

#[tokio::test]
async fn case_10_a_taken_address_cannot_be_signed_up_again() {
    let (world, ada) = world().await;
    let mut browser = world.browser();
    let new = json!({
        "provider": "local", "email": "ADA@acme.test", "companyName": "Evil", "password": "Other-horse-1815",
    });
    assert_eq!(browser.call("sign_up_user", &[], new).await.refused(409), "Email already exists");
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["sub"], ada);
    assert_eq!(browser.sign_in_with("ada@acme.test", "Other-horse-1815").await.status, 401);
}

#[tokio::test]
async fn case_11_only_the_right_password_tells_what_bars_somebody() {
    let (world, ada) = world().await;
    let mut browser = world.browser();
    let expected = browser.sign_in_with("nobody@acme.test", "wrong").await;
    let mut back_end = world.back_end(Some("acme")).await;
    let unverified = json!({ "email": "bob@acme.test", "password": PASSWORD });
    back_end.done("create_user_v2", &[], unverified).await;
    let carol = world.member("acme", "carol@acme.test").await;
    back_end.done("disable_user_in_tenant", &[&carol], Value::Null).await;
    let dora = world.member("acme", "dora@acme.test").await;
    world.back_end(None).await.done("remove_user", &[&dora], Value::Null).await;
    back_end.done("lock_user", &[&ada], Value::Null).await;
    for email in ["ada@acme.test", "bob@acme.test", "carol@acme.test", "dora@acme.test"] {
        let reply = browser.sign_in_with(email, "wrong").await;
        assert_eq!(looks(&reply), looks(&expected), "{email}");
    }
    assert_eq!(browser.sign_in("bob@acme.test").await.refused(403), "User is not verified");
    assert_eq!(browser.sign_in("carol@acme.test").await.refused(403), "User has no tenant to sign in to");
    assert_eq!(looks(&browser.sign_in("dora@acme.test").await), looks(&expected));
    // Of a locked person no password is compared, so that nobody can go on guessing: the answer does
    // not depend on it.
    assert_eq!(looks(&browser.sign_in("ada@acme.test").await), looks(&expected));
}

#[tokio::test]
async fn case_18_a_tenants_rule_holds_in_that_tenant() {
    let (world, ada) = world().await;
    world.tenant("globex").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let one = json!({ "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": 1 } });
    world.back_end(Some("globex")).await.done("set_session_configuration", &[], one).await;
    let mut acme = [world.browser(), world.browser()];
    for browser in &mut acme {
        assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "acme");
    }
    let mut back_end = world.back_end(None).await;
    back_end.done("set_user_active_tenant", &[&ada], json!({ "tenantId": "globex" })).await;
    let mut globex = [world.browser(), world.browser()];
    for browser in &mut globex {
        assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex");
    }
    globex[0].refresh().await.refused(401);
    globex[1].refresh().await.token();
    for browser in &mut acme {
        browser.call("refresh_user_token", &[], json!({ "tenantId": "acme" })).await.token();
    }
}

#[tokio::test]
async fn case_19_what_ends_access_ends_sessions_at_once() {
    for end in ["lock", "disable", "remove", "delete", "expire", "delete the tenant"] {
        let (world, ada) = world().await;
        world.tenant("globex").await;
        world.add_to_tenant(&ada, "globex", true).await;
        world.configure(json!({})).await;
        let mut environment = world.back_end(None).await;
        environment.done("set_temporary_users_configuration", &[], json!({ "enabled": true })).await;
        let mut acme = world.browser();
        let token = acme.sign_in("ada@acme.test").await.token().to_owned();
        environment.done("set_user_active_tenant", &[&ada], json!({ "tenantId": "globex" })).await;
        let mut globex = world.browser();
        let elsewhere = globex.sign_in("ada@acme.test").await.token().to_owned();
        let mut in_acme = world.back_end(Some("acme")).await;
        let everywhere = match end {
            "lock" => {
                environment.done("lock_user", &[&ada], Value::Null).await;
                true
            }
            "disable" => {
                in_acme.done("disable_user_in_tenant", &[&ada], Value::Null).await;
                false
            }
            "remove" => {
                in_acme.done("remove_user", &[&ada], Value::Null).await;
                false
            }
            "delete" => {
                environment.done("remove_user", &[&ada], Value::Null).await;
                true
            }
            "expire" => {
                let period = json!({ "expirationInSeconds": 300 });
                in_acme.done("set_user_temporary", &[&ada], period).await;
                world.emulator.clock().advance(Duration::from_secs(301));
                false
            }
            _ => {
                environment.done("delete_tenant", &["acme"], Value::Null).await;
                false
            }
        };
        assert_eq!(acme.refresh().await.refused(401), "Session not found", "{end}");
        let mut own = world.browser().bearer(&token);
        assert_eq!(own.call("list_my_sessions", &[], Value::Null).await.refused(401), "Session not found", "{end}");
        let mut other = world.browser().bearer(&elsewhere);
        let status = other.call("list_my_sessions", &[], Value::Null).await.status;
        assert_eq!(status, if everywhere { 401 } else { 200 }, "{end}");
        assert_eq!(globex.refresh().await.status, if everywhere { 401 } else { 201 }, "{end}");
    }
}

#[tokio::test]
async fn case_27_28_a_spent_refresh_token_ends_its_session() {
    for uses in [1, 2] {
        let (world, _) = world().await;
        let mut browser = world.browser();
        let token = browser.sign_in("ada@acme.test").await.token().to_owned();
        let mut stolen = browser.clone();
        let mut other = world.browser();
        other.sign_in("ada@acme.test").await.token();
        for _ in 0..uses {
            browser.refresh().await.token();
        }
        assert_eq!(stolen.refresh().await.refused(401), "Session not found");
        assert_eq!(browser.refresh().await.refused(401), "Session not found", "the newest is dead as well");
        let mut own = world.browser().bearer(&token);
        assert_eq!(own.call("list_my_sessions", &[], Value::Null).await.status, 401);
        other.refresh().await.token();
    }
}

/// The refresh tokens that come of presenting one of them twenty times at once.
async fn presented_at_once(world: &World) -> Vec<Option<String>> {
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await.token();
    let renewals = (0..20).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move {
            let reply = browser.refresh().await;
            assert!([201, 401].contains(&reply.status), "{}", reply.body);
            reply.body["refreshToken"].as_str().map(str::to_owned)
        })
    });
    let mut tokens = Vec::new();
    for renewal in renewals.collect::<Vec<_>>() {
        tokens.push(renewal.await.expect("an answer"));
    }
    tokens
}

#[tokio::test]
async fn case_29_at_once_without_grace_one_renewal_succeeds() {
    let worlds = worlds(Duration::ZERO).await;
    for world in worlds {
        let tokens = presented_at_once(&world).await;
        assert_eq!(tokens.iter().flatten().count(), 1, "{tokens:?}");
    }
}

#[tokio::test]
async fn case_29_at_once_with_grace_all_get_the_same() {
    let worlds = worlds(Duration::from_secs(10)).await;
    for world in worlds {
        world.emulator.clock().freeze();
        let tokens: BTreeSet<_> = presented_at_once(&world).await.into_iter().collect();
        assert_eq!(tokens.len(), 1);
        assert!(tokens.first().is_some_and(Option::is_some));
    }
}

#[tokio::test]
async fn case_30_a_lost_answer_is_given_again() {
    let world = World::of(Emulator::builder().refresh_grace(Duration::from_secs(10))).await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    world.emulator.clock().freeze();
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await.token();
    let mut again = browser.clone();
    let first = browser.refresh().await.body["refreshToken"].clone();
    world.emulator.clock().advance(Duration::from_secs(9));
    assert_eq!(again.clone().refresh().await.body["refreshToken"], first);
    // It is the answer that may be had again, not the token that is good again.
    assert_eq!(again.refresh_token().map(|token| json!(token) == first), Some(false));
    let mut late = again.clone();
    world.emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(late.refresh().await.refused(401), "Session not found");
    assert_eq!(browser.refresh().await.refused(401), "Session not found");

    // Once its successor is in use, a spent token is a stolen one, grace or not.
    browser.sign_in("ada@acme.test").await.token();
    again = browser.clone();
    browser.refresh().await.token();
    browser.refresh().await.token();
    assert_eq!(again.refresh().await.refused(401), "Session not found");
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
}

#[tokio::test]
async fn case_31_signing_out_ends_everything_at_our_own_routes() {
    let (world, _) = world().await;
    let mut browser = world.browser();
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let mut own = world.browser().bearer(&token);
    own.done("list_my_sessions", &[], Value::Null).await;
    let mut copy = browser.clone();
    let reply = browser.sign_out().await;
    assert_eq!(reply.cookies.len(), 1);
    assert!(reply.cookies[0].contains("=; Path=/; HttpOnly; Max-Age=0"), "{:?}", reply.cookies);
    assert_eq!(copy.refresh().await.refused(401), "Session not found");
    for operation in ["list_my_sessions", "get_my_profile_v3", "list_my_tenants_v3", "delete_all_my_sessions"] {
        assert_eq!(own.call(operation, &[], Value::Null).await.refused(401), "Session not found", "{operation}");
    }
}

#[tokio::test]
async fn case_32_sessions_are_listed_and_ended_by_their_holder_only() {
    let (world, _) = world().await;
    world.member("acme", "bob@acme.test").await;
    let mut browsers = [world.browser().with("user-agent", "Engine/1"), world.browser(), world.browser()];
    let mut tokens = Vec::new();
    for browser in &mut browsers {
        tokens.push(browser.sign_in("ada@acme.test").await.token().to_owned());
    }
    let mut bob = world.browser();
    let bobs = bob.sign_in("bob@acme.test").await;
    let mut ada = world.browser().bearer(&tokens[2]);
    let list = sessions(&mut ada).await;
    let sids: Vec<_> = tokens.iter().rev().map(|token| support::claims(token)["sid"].clone()).collect();
    assert_eq!(list.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), sids, "the newest first");
    assert_eq!(list.iter().map(|row| row["current"] == true).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!((&list[2]["userAgent"], &list[2]["ipAddress"]), (&json!("Engine/1"), &json!("127.0.0.1")));

    let foreign = bobs.claims()["sid"].as_str().expect("an id").to_owned();
    // Case 42: somebody else's session is as unknown as one that does not exist.
    let unknown = ada.call("delete_my_session", &["nonsense"], Value::Null).await;
    assert_eq!(unknown.refused(404), "Session not found");
    let refused = ada.call("delete_my_session", &[&foreign], Value::Null).await;
    assert_eq!(looks(&refused), looks(&unknown));
    bob.refresh().await.token();

    ada.done("delete_my_session", &[sids[2].as_str().expect("an id")], Value::Null).await;
    assert_eq!(browsers[0].refresh().await.status, 401);
    assert_eq!(sessions(&mut ada).await.len(), 2);
    browsers[1].refresh().await.token();
    ada.done("delete_all_my_sessions", &[], Value::Null).await;
    assert_eq!(ada.call("list_my_sessions", &[], Value::Null).await.status, 401, "the calling one ends, too");
    for browser in &mut browsers {
        assert_eq!(browser.refresh().await.status, 401);
    }
    bob.refresh().await.token();
}

#[tokio::test]
async fn case_33_idling_and_the_absolute_end() {
    let (world, _) = world().await;
    world.emulator.clock().freeze();
    let rules = json!({
        "sessionIdleTimeoutConfiguration": { "isActive": true, "timeout": 60 },
        "sessionTimeoutConfiguration": { "isActive": true, "timeout": 120 },
    });
    world.back_end(None).await.done("set_session_configuration", &[], rules).await;
    let mut browser = world.browser();
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let mut idle = world.browser();
    idle.sign_in("ada@acme.test").await.token();
    for age in [50, 100] {
        world.emulator.clock().advance(Duration::from_secs(50));
        let reply = browser.refresh().await;
        reply.token();
        // The cookie never outlives the session.
        let left = format!("Max-Age={}", 120 - age);
        assert!(reply.cookies[0].contains(&left), "{left}: {:?}", reply.cookies);
    }
    assert_eq!(idle.refresh().await.refused(401), "Session not found");
    world.emulator.clock().advance(Duration::from_secs(50));
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
    let mut own = world.browser().bearer(&token);
    assert_eq!(own.call("list_my_sessions", &[], Value::Null).await.refused(401), "Session not found");
}

#[tokio::test]
async fn case_33_without_rules_a_session_may_idle_for_a_day() {
    let (world, _) = world().await;
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await.token();
    for _ in 0..3 {
        world.emulator.clock().advance(Duration::from_hours(23));
        browser.refresh().await.token();
    }
    world.emulator.clock().advance(Duration::from_hours(25));
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
}

#[tokio::test]
async fn case_34_the_oldest_session_makes_room() {
    let (world, _) = world().await;
    let two = json!({ "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": 2 } });
    world.back_end(None).await.done("set_session_configuration", &[], two).await;
    let mut browsers = [world.browser(), world.browser(), world.browser()];
    for browser in &mut browsers {
        browser.sign_in("ada@acme.test").await.token();
    }
    let [oldest, middle, newest] = &mut browsers;
    assert_eq!(oldest.refresh().await.refused(401), "Session not found");
    middle.refresh().await.token();
    let token = newest.refresh().await.token().to_owned();
    assert_eq!(sessions(&mut world.browser().bearer(&token)).await.len(), 2);
}

#[tokio::test]
async fn case_43_a_users_token_says_the_scope_whatever_the_headers_say() {
    let (world, _) = world().await;
    world.tenant("globex").await;
    let bob = world.member("globex", "bob@globex.test").await;
    let mut bobs = world.browser();
    bobs.sign_in("bob@globex.test").await.token();
    let mut browser = world.browser();
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let forged = world.browser().bearer(&token);
    let mut forged = forged.with("frontegg-user-id", bob).with("frontegg-tenant-id", "globex");
    let list = sessions(&mut forged).await;
    assert_eq!(list[0]["id"], support::claims(&token)["sid"]);
    let one = json!({ "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": 7 } });
    forged.done("set_session_configuration", &[], one.clone()).await;
    let mut globex = world.back_end(Some("globex")).await;
    assert_eq!(globex.done("get_session_configuration", &[], Value::Null).await, json!({}));
    let mut acme = world.back_end(Some("acme")).await;
    assert_eq!(acme.done("get_session_configuration", &[], Value::Null).await, one);
    forged.done("delete_all_my_sessions", &[], Value::Null).await;
    bobs.refresh().await.token();
    browser.refresh().await.refused(401);
}

#[tokio::test]
async fn case_44_who_signs_up_cannot_make_themselves_more() {
    let (world, _) = world().await;
    world.configure(json!({ "allowNotVerifiedUsersLogin": true })).await;
    let mut back_end = world.back_end(None).await;
    let role = json!([{ "key": "root", "name": "Root", "level": 0 }]);
    let role = back_end.done("create_roles_v1", &[], role).await[0]["id"].clone();
    let mut browser = world.browser();
    let greedy = json!({
        "provider": "local", "email": "eve@acme.test", "companyName": "Evil", "password": PASSWORD,
        "superUser": true, "mfaBypass": true, "vendorMetadata": "{\"plan\":\"gold\"}", "verified": true,
        "tenantId": "acme", "roleIds": [role], "id": "chosen", "createdAt": "2001-01-01T00:00:00Z", "isLocked": true,
        "invisible": true, "externalId": "mine",
    });
    let reply = browser.call("sign_up_user", &[], greedy).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_ne!(reply.body["tenantId"], "acme");
    let id = reply.body["userId"].as_str().expect("an id");
    assert_ne!(id, "chosen");
    let tenant = reply.body["tenantId"].as_str().expect("an id").to_owned();
    let user = world.back_end(Some(&tenant)).await.done("get_user", &[id], Value::Null).await;
    for (member, value) in [
        ("superUser", json!(false)),
        ("mfaBypass", json!(false)),
        ("verified", json!(false)),
        ("isLocked", json!(false)),
        ("tenantIds", json!([tenant])),
    ] {
        assert_eq!(user[member], value, "{member}");
    }
    assert_ne!(user["vendorMetadata"], "{\"plan\":\"gold\"}");
    assert!(user["externalId"].is_null());
    assert!(!user["createdAt"].as_str().expect("a time").starts_with("2001"));
    let claims = support::claims(reply.body["authResponse"]["accessToken"].as_str().expect("a token"));
    assert_eq!(claims["roles"], json!(["Admin", "ReadOnly"]));
    assert!(claims.get("superUser").is_none());
}
