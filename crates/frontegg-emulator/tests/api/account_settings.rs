//! Tag “Account Settings”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::types::AccountSettingsUpdateRequest;
use serde_json::{Value, json};
use support::{World, json, refused};

fn everything() -> AccountSettingsUpdateRequest {
    AccountSettingsUpdateRequest::new()
        .address("1 Road")
        .timezone("Mars/Olympus")
        .date_format("anything")
        .time_format("")
        .currency("EUR")
        .logo("bG9nbw==")
        .application_url("https://app.acme.test")
        .login_url("https://login.acme.test")
}

#[tokio::test]
async fn settings_are_a_view_on_the_tenant() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.account_settings();
    let other = world.tenant("other").await.account_settings();
    let fresh = json!({"tenantId": "acme"});
    assert_eq!(json(&acme.get_account_settings().await.expect("settings")), fresh);
    assert_eq!(json(&acme.get_public_account_settings().await.expect("settings")), fresh);

    let mut expected = json(&everything());
    expected["tenantId"] = json!("acme");
    let update = everything().name("Acme");
    assert_eq!(json(&acme.update_account_settings(&update).await.expect("settings")), expected);
    assert_eq!(json(&acme.get_account_settings().await.expect("settings")), expected);
    let public = json!({
        "tenantId": "acme", "applicationUrl": "https://app.acme.test", "loginUrl": "https://login.acme.test",
    });
    assert_eq!(json(&acme.get_public_account_settings().await.expect("settings")), public);
    assert_eq!(json(&other.get_account_settings().await.expect("settings")), json!({"tenantId": "other"}));

    let tenant = json(&world.frontegg.tenants().get_tenant_v2("acme").await.expect("a tenant"));
    for (member, value) in json(&update).as_object().expect("an object") {
        assert_eq!(&tenant[member], value, "{member}");
    }
    // What is not said stays.
    let update = AccountSettingsUpdateRequest::new().currency("USD");
    expected["currency"] = json!("USD");
    assert_eq!(json(&acme.update_account_settings(&update).await.expect("settings")), expected);
    assert_eq!(json(&acme.get_account_settings().await.expect("settings")), expected);
}

#[tokio::test]
async fn settings_need_a_tenant_and_something_to_change() {
    let world = World::start().await;
    let acme = world.tenant("acme").await.account_settings();
    let nobody = world.frontegg.tenant("nobody").account_settings();
    let empty = AccountSettingsUpdateRequest::new();
    let nothing = "At least one field to change is required";
    assert_eq!(refused(acme.update_account_settings(&empty).await, 400), nothing);
    let (status, body) = world
        .send(reqwest::Method::PUT, "/tenants/resources/account-settings/v1", Some("acme"), json!({"tenantId": "x"}))
        .await;
    assert_eq!((status, body["errors"][0].as_str()), (400, Some(nothing)));
    let (status, body) = world
        .send(reqwest::Method::PUT, "/tenants/resources/account-settings/v1", Some("acme"), json!({"logo": 1}))
        .await;
    assert_eq!((status, body["errors"][0].as_str()), (400, Some("logo must be a string")));
    assert_eq!(refused(nobody.update_account_settings(&everything()).await, 404), "Tenant not found");
    assert_eq!(refused(nobody.get_account_settings().await, 404), "Tenant not found");
    assert_eq!(refused(nobody.get_public_account_settings().await, 404), "Tenant not found");
    assert_eq!(json(&acme.get_account_settings().await.expect("settings")), json!({"tenantId": "acme"}));

    let raw = world.raw().await;
    for (operation, body) in [
        ("get_account_settings", Value::Null),
        ("get_public_account_settings", Value::Null),
        ("update_account_settings", json!({"currency": "EUR"})),
    ] {
        let refusal = raw.call(operation, &[], body).await.refused(403);
        assert_eq!(refusal, "Tenant ID is not specified", "{operation}");
    }
}

#[tokio::test]
async fn people_see_their_tenant_and_administrators_change_it() {
    let world = World::start().await;
    for tenant in ["acme", "other"] {
        world.tenant(tenant).await;
    }
    let roles = world.frontegg.management().roles().list_roles_v1().await.expect("roles");
    let role = |key: &str| roles.iter().find(|role| role.key == key).expect("a role").id.clone();
    let admin = world.user("acme", "admin@acme.test", &[&role("Admin")]).await;
    let reader = world.user("acme", "reader@acme.test", &[&role("ReadOnly")]).await;
    let admin = world.session(&admin, "acme").await.account_settings();
    let reader = world.session(&reader, "acme").await.account_settings();

    let changed = admin.update_account_settings(&everything()).await.expect("settings");
    assert_eq!(changed.tenant_id.as_deref(), Some("acme"));
    assert_eq!(json(&reader.get_account_settings().await.expect("settings")), json(&changed));
    let public = reader.get_public_account_settings().await.expect("settings");
    assert_eq!(public.login_url.as_deref(), Some("https://login.acme.test"));
    let update = AccountSettingsUpdateRequest::new().currency("USD");
    let refusal = refused(reader.update_account_settings(&update).await, 403);
    assert_eq!(refusal, "The permission fe.account-settings.write.app is required");
    assert_eq!(json(&reader.get_account_settings().await.expect("settings")), json(&changed));
    let other = world.frontegg.tenant("other").account_settings().get_account_settings().await;
    assert_eq!(json(&other.expect("settings")), json!({"tenantId": "other"}));
}
