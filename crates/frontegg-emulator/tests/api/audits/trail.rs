//! The entries that requests leave.

use std::collections::BTreeSet;

use frontegg_emulator::{Audits, Emulator};
use frontegg_identity::{
    enums::AuditSeverity,
    params::ListAudits,
    types::{AddRoleRequest, Audit, CreateUserDto},
};
use serde_json::{Value, json};

use super::{actions, add, entry, list};
use crate::support::{World, browser::PASSWORD};

/// The newest entry of the environment with that action.
async fn newest(world: &World, action: &str) -> Audit {
    let page = world.frontegg.audits().list_audits(ListAudits::new()).await.expect("entries");
    page.data.into_iter().find(|entry| entry.action.as_deref() == Some(action)).unwrap_or_else(|| panic!("no {action}"))
}

#[tokio::test]
async fn a_change_says_who_what_and_from_where() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let added = newest(&world, "Invited user").await;
    assert_eq!((added.tenant_id.as_deref(), added.user.as_deref()), (Some("acme"), Some("API")));
    assert_eq!((added.user_id, added.severity, added.resource.as_deref()), (None, AuditSeverity::Info, Some("Users")));

    let mut own = world.browser().bearer(&world.token(&ada, "acme").await).with("user-agent", "Lynx/2.9");
    let roles = own.done("create_roles_v1", &[], json!([{ "key": "own", "name": "Own", "level": 3 }])).await;
    let made = newest(&world, "Created role").await;
    assert_eq!(made.user_id.as_deref(), Some(ada.as_str()));
    assert_eq!((made.user.as_deref(), made.email.as_deref()), (Some("ada@acme.test"), Some("ada@acme.test")));
    assert_eq!((made.tenant_id.as_deref(), made.ip.as_deref()), (Some("acme"), Some("127.0.0.1")));
    assert_eq!((made.user_agent.as_deref(), made.severity), (Some("Lynx/2.9"), AuditSeverity::Medium));
    assert_eq!(made.json, Some(json!({ "operation": "create_roles_v1", "about": [] })));

    let id = roles[0]["id"].as_str().expect("an id");
    own.done("delete_role", &[id], Value::Null).await;
    let gone = newest(&world, "Deleted role").await;
    assert_eq!(gone.description.as_deref(), Some(format!("Deleted role: {id}").as_str()));
}

#[tokio::test]
async fn reads_and_refused_changes_leave_none() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let before = list(&world, "acme", ListAudits::new()).await.total;
    acme.roles().list_roles_v1().await.expect("roles");
    let twice = [AddRoleRequest::new("own", "Own", 3), AddRoleRequest::new("own", "Own", 3)];
    acme.roles().create_roles_v1(&twice).await.expect_err("a refusal");
    acme.user_management().remove_user("nobody").await.expect_err("a refusal");
    assert_eq!(list(&world, "acme", ListAudits::new()).await.total, before);
}

#[tokio::test]
async fn sign_ins_leave_entries_also_refused_ones() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    browser.sign_in_with("ada@acme.test", "wrong").await.refused(401);
    browser.sign_in("ada@acme.test").await.claims();
    browser.refresh().await.token();
    browser.sign_out().await;
    browser.sign_in_with("nobody@acme.test", PASSWORD).await.refused(401);
    let page = list(&world, "acme", ListAudits::new().users([&ada])).await;
    assert_eq!(actions(&page), ["User logged out", "User logged in", "User failed to login"]);
    for entry in &page.data {
        assert_eq!(entry.email.as_deref(), Some("ada@acme.test"));
        assert_eq!(entry.ip.as_deref(), Some("127.0.0.1"));
    }
    assert_eq!(page.data[2].severity, AuditSeverity::High);
    // Who is unknown belongs to no tenant.
    let failed = newest(&world, "User failed to login").await;
    assert_eq!((failed.tenant_id, failed.user_id, failed.user, failed.email), (None, None, None, None));
}

#[tokio::test]
async fn a_lock_and_the_reuse_of_a_token_are_told() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let policy = json!({ "enabled": true, "maxAttempts": 2 });
    world.back_end(None).await.done("create_lockout_policy", &[], policy).await;
    assert_eq!(newest(&world, "Updated lockout policy").await.severity, AuditSeverity::High);
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await.claims();
    let spent = browser.refresh_token().expect("a token").to_owned();
    browser.refresh().await.token();
    browser.with_refresh_token(&spent).refresh().await.refused(401);
    let reused = newest(&world, "Refresh token reused").await;
    assert_eq!((reused.tenant_id.as_deref(), reused.email.as_deref()), (Some("acme"), Some("ada@acme.test")));
    for _ in 0..2 {
        browser.sign_in_with("ada@acme.test", "wrong").await.refused(401);
    }
    let page = list(&world, "acme", ListAudits::new().count(2)).await;
    let last: BTreeSet<&str> = actions(&page).into_iter().collect();
    assert_eq!(last, BTreeSet::from(["User failed to login", "User locked"]));
}

/// Of many tags: whatever changed something has said so.
#[tokio::test]
async fn whatever_changes_something_leaves_an_entry() {
    let world = World::start().await;
    world.tenant("acme").await;
    let role = world.role("ReadOnly").await;
    let mut acme = world.back_end(Some("acme")).await;
    let user = acme.done("create_user_v2", &[], json!({ "email": "ada@acme.test" })).await;
    let user = user["id"].as_str().expect("an id");
    let roles = json!({ "roleIds": [role] });
    let group = acme.done("create_group", &[], json!({ "name": "Own" })).await;
    let group = group["id"].as_str().expect("an id");
    let own = world.token(user, "acme").await;
    let calls: [(&str, &[&str], Value); 11] = [
        ("assign_roles_to_user", &[user], roles.clone()),
        ("unassign_roles_from_user", &[user], roles.clone()),
        ("add_roles_to_group", &[group], roles),
        ("create_tenant_api_token_v1", &[], json!({})),
        ("add_tenant_metadata", &["acme"], json!({ "metadata": { "plan": "gold" } })),
        ("lock_user", &[user], Value::Null),
        ("unlock_user", &[user], Value::Null),
        ("disable_user_in_tenant", &[user], Value::Null),
        ("enable_user_in_tenant", &[user], Value::Null),
        ("delete_group", &[group], Value::Null),
        ("remove_user", &[user], Value::Null),
    ];
    let mut called = BTreeSet::from(["create_user_v2".to_owned(), "create_group".to_owned()]);
    let mut person = world.browser().bearer(&own);
    person.done("update_my_profile", &[], json!({ "name": "Ada" })).await;
    called.insert("update_my_profile".to_owned());
    for (id, path, body) in calls {
        let reply = acme.call(id, path, body).await;
        assert!((200..300).contains(&reply.status), "{id}: {}", reply.body);
        called.insert(id.to_owned());
    }
    let page = world.frontegg.audits().list_audits(ListAudits::new()).await.expect("entries");
    let told: BTreeSet<String> =
        page.data.iter().filter_map(|entry| Some(entry.json.as_ref()?["operation"].as_str()?.to_owned())).collect();
    let silent: Vec<_> = called.difference(&told).collect();
    assert!(silent.is_empty(), "{silent:?}");
    let updated = page.data.iter().find(|entry| entry.action.as_deref() == Some("Updated profile")).expect("an entry");
    assert_eq!(updated.user_id.as_deref(), Some(user));
}

/// Passwords, tokens, codes and links stand in none of them.
#[tokio::test]
async fn entries_hold_no_secrets() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let token = browser.sign_in("ada@acme.test").await.token().to_owned();
    let refresh = browser.refresh_token().expect("a token").to_owned();
    browser.call("send_password_reset_email_v1", &[], json!({ "email": "ada@acme.test" })).await;
    let reset = world.emulator.outbox().last_to("ada@acme.test").token().await.expect("a token");
    let mut acme = world.back_end(Some("acme")).await;
    let api_token = acme.done("create_tenant_api_token_v1", &[], json!({})).await;
    let invite = acme.done("create_tenant_invite", &[], json!({ "tenantId": "acme" })).await;
    let entries = world.back_end(None).await.query("list_audits_v2", "count=200").await.to_string();
    let secrets = [
        PASSWORD,
        &token,
        &refresh,
        &reset,
        api_token["secret"].as_str().expect("a secret"),
        invite["token"].as_str().expect("a token"),
        world.emulator.api_key(),
    ];
    for secret in secrets {
        assert!(!entries.contains(secret));
    }
}

#[tokio::test]
async fn the_trail_can_be_short_or_off() {
    let short = World::of(Emulator::builder().audits(Audits::Newest(3))).await;
    short.tenant("acme").await;
    for number in 0..9 {
        add(&short, "acme", entry(&number.to_string())).await;
    }
    let page = list(&short, "acme", ListAudits::new()).await;
    assert_eq!((actions(&page), page.total), (vec!["8", "7", "6"], 3));

    let off = World::of(Emulator::builder().audits(Audits::Off)).await;
    off.tenant("acme").await;
    off.member("acme", "ada@acme.test").await;
    off.browser().sign_in("ada@acme.test").await.claims();
    off.browser().sign_in_with("ada@acme.test", "wrong").await.refused(401);
    let all = off.frontegg.audits().list_audits(ListAudits::new()).await.expect("entries");
    assert_eq!(all.total, 0);
    add(&off, "acme", entry("own")).await;
    assert_eq!(list(&off, "acme", ListAudits::new()).await.total, 1);
}

/// A journey, and what its trail says of it.
#[tokio::test]
async fn the_trail_of_a_journey_is_read_back() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let new = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).role_ids([&admin]).skip_invite_email(true);
    acme.user_management().create_user_v2(&new).await.expect("a user");
    let session = world.frontegg.authentication().login("ada@acme.test", PASSWORD).await.expect("a sign-in");
    let session = session.into_session().expect("a session");
    session.roles().create_roles_v1(&[AddRoleRequest::new("own", "Own", 3)]).await.expect("a role");
    let mut trail = session.audits().list_audits(ListAudits::new().count(2)).stream();
    let mut told = Vec::new();
    while let Some(entry) = trail.next().await {
        let entry = entry.expect("an entry");
        assert_eq!(entry.tenant_id.as_deref(), Some("acme"));
        told.push(entry.action.expect("an action"));
    }
    assert_eq!(told[..3], ["Created role", "User logged in", "Invited user"]);
}
