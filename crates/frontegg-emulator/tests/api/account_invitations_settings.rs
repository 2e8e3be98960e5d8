//! Tag “Account Invitations Settings”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    enums::StrategyKind,
    types::{
        AddRoleRequest, CreateInviteTokenRequest, CreateOrUpdateActivationStrategyRequest,
        CreateOrUpdateInvitationStrategyRequest, VerifyInviteTokenRequest,
    },
};
use reqwest::Method;
use serde_json::json;
use support::{World, json, refused};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn strategies_are_read_back() {
    let world = World::start().await;
    let settings = world.frontegg.management().account_invitations_settings();
    let activation = async || {
        let read = settings.get_activation_strategy().await.expect("a strategy");
        (read.strategy, read.code_expiration)
    };
    let invitation = async || {
        let read = settings.get_invitation_strategy().await.expect("a strategy");
        (read.strategy, read.code_expiration)
    };
    assert_eq!(activation().await, (StrategyKind::Link, 3_600));
    assert_eq!(invitation().await, (StrategyKind::Link, 3_600));

    let by_code = CreateOrUpdateActivationStrategyRequest::new(StrategyKind::Code);
    for body in [by_code.clone().code_expiration(60), by_code.clone(), by_code] {
        settings.set_activation_strategy(&body).await.expect("to be stored");
        assert_eq!(activation().await, (StrategyKind::Code, 60), "what is absent stays");
    }
    assert_eq!(invitation().await, (StrategyKind::Link, 3_600), "they are kept apart");
    let body = CreateOrUpdateInvitationStrategyRequest::new().code_expiration(120);
    settings.set_invitation_strategy(&body).await.expect("to be stored");
    assert_eq!(invitation().await, (StrategyKind::Link, 120));
    let body = CreateOrUpdateInvitationStrategyRequest::new().strategy(StrategyKind::Code);
    settings.set_invitation_strategy(&body).await.expect("to be stored");
    assert_eq!(invitation().await, (StrategyKind::Code, 120));
    let back = CreateOrUpdateActivationStrategyRequest::new(StrategyKind::Link);
    settings.set_activation_strategy(&back).await.expect("to be stored");
    assert_eq!(activation().await, (StrategyKind::Link, 60));
}

#[tokio::test]
async fn strategies_are_those_there_are_and_the_environments() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let raw = world.raw().await;
    for id in ["set_activation_strategy", "set_invitation_strategy"] {
        for body in [
            json!({ "strategy": "pigeon" }),
            json!({ "strategy": "code", "codeExpiration": 59 }),
            json!({ "strategy": "code", "codeExpiration": "long" }),
            json!({ "strategy": "code", "codeExpiration": 1.5 }),
            json!({ "strategy": "code", "codeExpiration": i64::MAX }),
        ] {
            raw.call(id, &[], body).await.refused(400);
        }
    }
    raw.call("set_activation_strategy", &[], json!({ "codeExpiration": 60 })).await.refused(400);
    let session = world.raw_with(&world.token(&ada, "acme").await);
    for id in ["get_activation_strategy", "get_invitation_strategy"] {
        session.call(id, &[], json!(null)).await.refused(403);
        assert_eq!(raw.call(id, &[], json!(null)).await.body, json!({ "strategy": "link", "codeExpiration": 3_600 }));
    }
}

#[tokio::test]
async fn invites_are_made_listed_and_taken_back() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let settings = world.frontegg.management().account_invitations_settings();
    let lead = acme.roles().create_roles_v1(&[AddRoleRequest::new("lead", "Lead", 5)]).await.expect("a role").remove(0);
    let now = world.emulator.clock().now();

    let plain = settings.create_tenant_invite(&CreateInviteTokenRequest::new("acme")).await.expect("an invite");
    assert_eq!((plain.tenant_id.as_str(), plain.name.as_deref()), ("acme", Some("acme")));
    assert_eq!((plain.user_id.as_deref(), plain.role_ids.as_ref(), plain.should_send_email), (None, None, false));
    assert_eq!(plain.vendor_id, world.emulator.vendor_id());
    assert_eq!(plain.expires, now + Duration::from_hours(7 * 24));
    assert!(plain.token.expose().len() >= 43);
    let again = settings.create_tenant_invite(&CreateInviteTokenRequest::new("acme")).await.expect("another invite");
    assert_ne!(again.id, plain.id);

    let new = CreateInviteTokenRequest::new("acme").user_id(&ada).expires_in_minutes(5).should_send_email(true);
    let first = settings.create_tenant_invite(&new.clone().role_ids([lead.id.as_str()])).await.expect("an invite");
    assert_eq!((first.user_id.as_ref(), first.role_ids.as_deref()), (Some(&ada), Some(&[lead.id.clone()][..])));
    assert_eq!((first.expires, first.should_send_email), (now + Duration::from_mins(5), true));
    // One for each member: a second one replaces the first.
    let second = settings.create_tenant_invite(&new).await.expect("an invite");
    let globex = settings.create_tenant_invite(&CreateInviteTokenRequest::new("globex")).await.expect("an invite");
    let all = settings.list_all_tenant_invites().await.expect("invites");
    assert_eq!(json(&all), json(&vec![&plain, &again, &second, &globex]));
    world.emulator.clock().advance(Duration::from_mins(5));
    assert_eq!(settings.list_all_tenant_invites().await.expect("invites").len(), 4, "also those that have expired");

    settings.delete_tenant_invite(&plain.id).await.expect("a deletion");
    refused(settings.delete_tenant_invite(&plain.id).await, 404);
    refused(settings.delete_tenant_invite(again.token.expose()).await, 404);
    refused(settings.delete_tenant_invite(NOBODY).await, 404);
    let verify = VerifyInviteTokenRequest::new(plain.token.expose());
    refused(world.frontegg.self_service().account_invitations().verify_tenant_invite(&verify).await, 404);
    assert_eq!(settings.list_all_tenant_invites().await.expect("invites").len(), 3);
    // With a tenant its invites are gone, with a role only that.
    world.send(Method::DELETE, "/tenants/resources/tenants/v1/globex", None, json!({})).await;
    assert_eq!(settings.list_all_tenant_invites().await.expect("invites").len(), 2);
}

#[tokio::test]
async fn invites_can_be_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let eve = world.user("globex", "eve@globex.test", &[]).await;
    let foreign = AddRoleRequest::new("own", "Own", 5);
    let foreign = globex.roles().create_roles_v1(&[foreign]).await.expect("a role").remove(0).id;
    let settings = world.frontegg.management().account_invitations_settings();
    let new = || CreateInviteTokenRequest::new("acme");
    for (new, status) in [
        (CreateInviteTokenRequest::new("nowhere"), 404),
        (new().user_id(NOBODY), 404),
        (new().user_id(&eve), 404),
        (new().role_ids([NOBODY]), 404),
        (new().role_ids([foreign.as_str()]), 404),
        (new().expires_in_minutes(0), 400),
        (new().expires_in_minutes(-5), 400),
        (new().expires_in_minutes(i64::MAX), 400),
    ] {
        refused(settings.create_tenant_invite(&new).await, status);
    }
    let raw = world.raw().await;
    assert_eq!(raw.call("create_tenant_invite", &[], json!({})).await.refused(400), "tenantId is required");
    world.emulator.set_tenant_locked("acme", true).await.expect("a lock");
    let error = settings.create_tenant_invite(&new()).await.expect_err("a refusal");
    assert_eq!((error.status(), error.code()), (Some(400), Some("ER-01240")));
    world.emulator.set_tenant_locked("acme", false).await.expect("no lock");
    world.configure(json!({ "allowTenantInvitations": false })).await;
    refused(settings.create_tenant_invite(&new()).await, 403);
    assert!(settings.list_all_tenant_invites().await.expect("invites").is_empty());
    let session = world.raw_with(&world.token(&eve, "globex").await);
    session.call("create_tenant_invite", &[], json!({ "tenantId": "globex" })).await.refused(403);
    session.call("list_all_tenant_invites", &[], json!(null)).await.refused(403);
    session.call("delete_tenant_invite", &[NOBODY], json!(null)).await.refused(403);
}
