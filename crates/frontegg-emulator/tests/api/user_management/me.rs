//! The caller: profile, roles, tenants.

use std::time::Duration;

use frontegg_identity::{
    Patch,
    types::{
        AddUserToTenantRequest, AssignUserToRolesDto, TemporaryUserDto, TemporaryUsersConfigurationDto,
        UpdateSubAccountAccessRequestDto, UpdateUserDto, UpdateUserTenantDto, UpdateVendorUserDto,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, below, common_role, keys,
    support::{World, http, refused},
};

#[tokio::test]
async fn one_reads_ones_own_profile() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let all = world.frontegg.management().users();
    all.add_user_to_tenant(&ada, &AddUserToTenantRequest::new("globex").skip_invite_email(true)).await.expect("a user");
    let one = common_role(&world, "one", 5).await;
    let given = AssignUserToRolesDto::new([one.as_str()]);
    world.frontegg.tenant("globex").user_management().assign_roles_to_user(&ada, &given).await.expect("roles");
    let secret = UpdateVendorUserDto::new().vendor_metadata(r#"{"x":1}"#);
    all.update_user_globally(&ada, &secret).await.expect("a user");

    let me = world.session(&ada, "globex").await.user_management();
    let second = me.get_my_profile_v2().await.expect("a profile");
    assert_eq!((second.id.as_str(), second.tenant_id.as_str()), (ada.as_str(), "acme"));
    assert_eq!(second.tenant_ids, ["acme", "globex"]);
    assert!(keys(&second).contains(&"one") && !second.permissions.is_empty());
    assert_eq!(second.vendor_metadata.as_deref(), Some(""));
    let third = me.get_my_profile_v3().await.expect("a profile");
    assert_eq!((third.email.as_deref(), third.vendor_metadata.as_deref()), (Some("ada@acme.test"), Some("")));
    assert_eq!(third.tenant_ids.len(), 2);

    let held = me.get_my_authorization().await.expect("roles");
    assert_eq!(held.roles.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), keys(&second));
    let mut unique: Vec<_> = held.permissions.iter().map(|one| one.key.as_str()).collect();
    unique.dedup();
    assert_eq!(unique.len(), second.permissions.len());
    for path in ["v2/me", "v3/me", "v1/me/authorization", "v1/me/tenants", "v2/me/hierarchy"] {
        let (status, body) =
            world.send(Method::GET, &format!("/identity/resources/users/{path}"), None, json!(null)).await;
        assert_eq!((status, &body["errors"]), (401, &json!(["Failed to verify user JWT"])), "{path}");
    }
}

#[tokio::test]
async fn one_changes_ones_own_profile() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let me = world.session(&ada, "acme").await.user_management();
    let change = UpdateUserDto::new()
        .name("Ada")
        .profile_picture_url("https://acme.test/ada.png")
        .metadata(r#"{"a":1}"#)
        .phone_number("+4915112345678");
    let changed = me.update_my_profile(&change).await.expect("a user");
    assert_eq!((changed.name.as_deref(), changed.phone_number.as_deref()), (Some("Ada"), Some("+4915112345678")));
    let cleared = me.update_my_profile(&UpdateUserDto::new().profile_picture_url(Patch::Null)).await.expect("a user");
    assert_eq!((cleared.profile_picture_url, cleared.name.as_deref()), (None, Some("Ada")));

    // What only administrators change is not heard. Security case 44.
    let token = world.token(&ada, "acme").await;
    let url = format!("{}/identity/resources/users/v2/me", world.emulator.url());
    let body = json!({ "vendorMetadata": "{\"x\":1}", "mfaBypass": true, "superUser": true, "externalId": "e", "isLocked": true });
    let answer = http().put(url).bearer_auth(token).json(&body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let read = world.frontegg.management().users().get_user_globally(&ada).await.expect("a user");
    assert_eq!((read.vendor_metadata.as_deref(), read.mfa_bypass, read.external_id), (Some("{}"), Some(false), None));
    assert_eq!((read.super_user, read.is_locked), (Some(false), Some(false)));

    // A number that somebody else has proven.
    let proven = UpdateVendorUserDto::new().phone_number("+4915112345678");
    world.frontegg.management().users().update_user_globally(&ada, &proven).await.expect("a user");
    let other = world.session(&bob, "acme").await.user_management();
    refused(other.update_my_profile(&UpdateUserDto::new().phone_number("+4915112345678")).await, 409);
    refused(other.update_my_profile(&UpdateUserDto::new().metadata("{")).await, 400);
    refused(other.update_my_profile(&UpdateUserDto::new().profile_picture_url("x".repeat(4096))).await, 400);
}

#[tokio::test]
async fn one_switches_to_tenants_that_one_can_enter() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    world.tenant("umbrella").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let all = world.frontegg.management().users();
    all.add_user_to_tenant(&ada, &AddUserToTenantRequest::new("globex").skip_invite_email(true)).await.expect("a user");
    let me = world.session(&ada, "acme").await.user_management();
    let switch = UpdateUserTenantDto::new;
    let there = me.set_my_active_tenant(&switch("globex")).await.expect("a user");
    assert_eq!((there.tenant_id.as_str(), there.id.as_str()), ("globex", ada.as_str()));
    // The token goes on with the tenant it was made for.
    assert_eq!(me.get_my_profile_v2().await.expect("a profile").tenant_id, "globex");
    assert_eq!(me.list_my_tenants_v1().await.expect("tenants").active_tenant.tenant_id, "acme");
    let texts = refused(me.set_my_active_tenant(&switch("umbrella")).await, 403);
    assert_eq!(texts, refused(me.set_my_active_tenant(&switch("nowhere")).await, 403));
    let by_header = acme.user(&ada).user_management();
    assert_eq!(by_header.set_my_active_tenant(&switch("acme")).await.expect("a user").tenant_id, "acme");
    refused(acme.user(NOBODY).user_management().set_my_active_tenant(&switch("acme")).await, 404);
    // Super users go everywhere; locked ones nowhere.
    let lift = frontegg_identity::types::UpdateUserSuperuserDto::new(true);
    all.set_user_superuser(&ada, &lift).await.expect("a user");
    assert_eq!(
        by_header.set_my_active_tenant(&switch("umbrella")).await.expect("a user").tenant_ids,
        ["acme", "globex"]
    );
    all.lock_user(&ada).await.expect("a lock");
    refused(by_header.set_my_active_tenant(&switch("acme")).await, 403);
    let path = "/identity/resources/users/v1/tenant";
    assert_eq!(world.send(Method::PUT, path, Some("acme"), json!({ "tenantId": "acme" })).await.0, 403);
}

#[tokio::test]
async fn tenants_are_those_that_one_can_enter() {
    let world = World::start().await;
    world.tenant("acme").await;
    for tenant in ["suspended", "over", "invited", "open"] {
        world.tenant(tenant).await;
    }
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let all = world.frontegg.management().users();
    for tenant in ["suspended", "over", "invited", "open"] {
        let add = AddUserToTenantRequest::new(tenant).skip_invite_email(tenant != "invited");
        all.add_user_to_tenant(&ada, &add).await.expect("a user");
    }
    all.set_temporary_users_configuration(&TemporaryUsersConfigurationDto::new(true)).await.expect("a flag");
    let in_tenant = |tenant: &str| world.frontegg.tenant(tenant).user_management();
    in_tenant("suspended").disable_user_in_tenant(&ada).await.expect("a suspension");
    in_tenant("over").set_user_temporary(&ada, &TemporaryUserDto::new(300)).await.expect("a limit");
    world.emulator.clock().advance(Duration::from_secs(301));

    let me = world.session(&ada, "open").await;
    let second = me.user_management().list_my_tenants_v2().await.expect("tenants");
    assert_eq!(second.iter().map(|one| one.tenant_id.as_str()).collect::<Vec<_>>(), ["acme", "open"]);
    let first = &second[0];
    assert_eq!((first.name.as_str(), first.metadata.as_deref(), first.is_reseller), ("acme", Some("{}"), Some(false)));
    assert_eq!(first.vendor_id.as_deref(), Some(world.emulator.vendor_id()));
    let with_active = me.user_management().list_my_tenants_v1().await.expect("tenants");
    assert_eq!((with_active.active_tenant.tenant_id.as_str(), with_active.tenants.len()), ("open", 2));
}

#[tokio::test]
async fn tenants_have_a_place_in_the_hierarchy() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    below(&world, "branch", "acme").await;
    below(&world, "twig", "branch").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let all = world.frontegg.management().users();
    for tenant in ["twig", "globex"] {
        let add = AddUserToTenantRequest::new(tenant).skip_invite_email(true);
        all.add_user_to_tenant(&ada, &add).await.expect("a user");
    }
    let me = world.session(&ada, "acme").await.user_management();
    let places = me.get_my_tenants_hierarchy().await.expect("places");
    let seen: Vec<_> = places
        .iter()
        .map(|one| (one.tenant_id.as_deref().unwrap_or_default(), one.parent_tenant_id.as_deref(), one.is_parent))
        .collect();
    let twig = ("twig", Some("branch"), Some(false));
    assert_eq!(seen, [("acme", None, Some(true)), twig, ("globex", None, Some(false))]);
    // From acme she reaches the twig anyway.
    let access = UpdateSubAccountAccessRequestDto::new(true);
    acme.user_management().set_user_sub_tenant_access(&ada, &access).await.expect("access");
    let places = me.get_my_tenants_hierarchy().await.expect("places");
    let ids: Vec<_> = places.iter().map(|one| one.tenant_id.as_deref().unwrap_or_default()).collect();
    assert_eq!(ids, ["acme", "globex"]);
}
