//! Tags “SSO Settings”, “SAML Configurations” and “OIDC Configurations”, over HTTP.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn the_environment_is_service_provider_under_its_own_address() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let mut ada = world.browser().bearer(&world.token(&ada, "acme").await);
    let origin = world.emulator.url();
    for caller in [&mut world.back_end(None).await, &mut ada] {
        let saml = caller.done("get_environment_saml_configuration", &[], Value::Null).await;
        assert_eq!(saml, json!({ "acsUrl": format!("{origin}/auth/saml/callback"), "spEntityId": origin }));
        let oidc = caller.done("get_environment_oidc_configuration", &[], Value::Null).await;
        let redirect_uri = format!("{origin}/oauth/account/oidc/callback");
        assert_eq!(oidc, json!({ "active": true, "redirectUri": redirect_uri }));
    }
}

/// What a provider is set up with is what the requests to it are signed with.
#[tokio::test]
async fn providers_are_told_who_asks_them() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let origin = world.emulator.url();
    let told = async || acme.sso().get_sp_metadata().await.expect("metadata").text().await.expect("text");
    let of_environment = told().await;
    for part in [
        format!("entityID=\"{origin}\""),
        format!("Location=\"{origin}/auth/saml/callback\""),
        "AuthnRequestsSigned=\"false\"".to_owned(),
        "WantAssertionsSigned=\"true\"".to_owned(),
    ] {
        assert!(of_environment.contains(&part), "{part} in {of_environment}");
    }
    let certificate = acme.sso().get_sp_certificate().await.expect("a certificate").text().await.expect("text");
    let lines: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----") && of_environment.contains(&lines), "{certificate}");
    assert!(!certificate.contains("PRIVATE"), "{certificate}");

    let own =
        json!({ "type": "saml", "signRequest": true, "spEntityId": "urn:acme", "acsUrl": "https://acme.test/acs" });
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.done("create_sso_configuration", &[], own.clone()).await;
    let of_connection = told().await;
    for part in ["entityID=\"urn:acme\"", "Location=\"https://acme.test/acs\"", "AuthnRequestsSigned=\"true\""] {
        assert!(of_connection.contains(part), "{part} in {of_connection}");
    }
    back_end.done("create_sso_configuration", &[], own).await;
    assert!(told().await.contains(&format!("entityID=\"{origin}\"")), "of two connections neither is meant");

    let nobody = world.back_end(Some("nobody")).await.call("get_sp_metadata", &[], Value::Null).await;
    nobody.refused(404);
    world.back_end(None).await.call("get_sp_metadata", &[], Value::Null).await.refused(403);
}

#[tokio::test]
async fn openid_connect_is_switched_for_the_environment() {
    let world = World::start().await;
    let mut environment = world.back_end(None).await;
    let page = "https://app.test/account/oidc/callback";
    let set = json!({ "active": false, "redirectUri": page });
    assert_eq!(environment.done("set_environment_oidc_configuration", &[], set.clone()).await, set);
    let on = environment.done("set_environment_oidc_configuration", &[], json!({ "active": true })).await;
    assert_eq!(on, json!({ "active": true, "redirectUri": page }), "what is absent stays");
    for bad in [json!({}), json!({ "active": "yes" }), json!({ "active": true, "redirectUri": "app://x" })] {
        environment.call("set_environment_oidc_configuration", &[], bad).await.refused(400);
    }
    assert_eq!(environment.done("get_environment_oidc_configuration", &[], Value::Null).await, on);
}

#[tokio::test]
async fn addresses_are_spared_from_single_sign_on() {
    let world = World::start().await;
    let mut environment = world.back_end(None).await;
    for email in ["zoe@acme.test", "Ada@MÜNCHEN.example", "ADA@münchen.example"] {
        environment.done("exclude_email_from_sso", &[], json!({ "email": email })).await;
    }
    let listed = environment.done("list_sso_excluded_emails", &[], Value::Null).await;
    let emails: Vec<_> = listed.as_array().expect("a list").iter().map(|entry| entry["email"].clone()).collect();
    assert_eq!(emails, ["ada@xn--mnchen-3ya.example", "zoe@acme.test"], "once each, by address");
    assert!(listed[0]["createdAt"].is_string());
    for bad in [json!({}), json!({ "email": "" }), json!({ "email": "nobody" })] {
        environment.call("exclude_email_from_sso", &[], bad).await.refused(400);
    }
    environment.done("delete_sso_excluded_email", &["ZOE@acme.test"], Value::Null).await;
    let again = environment.call("delete_sso_excluded_email", &["zoe@acme.test"], Value::Null).await;
    assert_eq!(again.refused(404), "Excluded email not found");
    assert_eq!(environment.done("list_sso_excluded_emails", &[], Value::Null).await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_domain_may_be_shared_where_the_environment_has_it_so() {
    let world = World::start().await;
    let mut environment = world.back_end(None).await;
    let (get, set) = ("get_multiple_sso_per_domain_configuration", "set_multiple_sso_per_domain_configuration");
    let off = json!({ "active": false, "unspecifiedTenantStrategy": "BLOCK", "useActiveTenant": false });
    assert_eq!(environment.done(get, &[], Value::Null).await, off);
    for bad in [json!({}), json!({ "active": true }), json!({ "active": true, "unspecifiedTenantStrategy": "ANY" })] {
        environment.call(set, &[], bad).await.refused(400);
    }
    environment.done(set, &[], json!({ "active": false })).await;
    let on = json!({ "active": true, "unspecifiedTenantStrategy": "FIRST_CREATED", "useActiveTenant": true });
    assert_eq!(environment.done(set, &[], on.clone()).await, on);

    let force = "force_sso_domain_validation";
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
        let mut back_end = world.back_end(Some(tenant)).await;
        let connection = back_end.done("create_sso_configuration", &[], json!({})).await;
        let connection = connection["id"].as_str().expect("an id");
        back_end.done("create_sso_domain", &[connection], json!({ "domain": "shared.test" })).await;
        let body = json!({ "validated": true, "tenantId": tenant });
        let domain = environment.done(force, &["shared.test"], body).await;
        assert_eq!((&domain["validated"], &domain["ssoConfigId"]), (&json!(true), &json!(connection)));
    }
    let conflict = environment.call(set, &[], json!({ "active": false })).await.refused(409);
    assert_eq!(conflict, "Several tenants have validated one domain");
    assert_eq!(environment.done(get, &[], Value::Null).await, on);

    for bad in [json!({}), json!({ "validated": true }), json!({ "validated": "x", "tenantId": "acme" })] {
        environment.call(force, &["shared.test"], bad).await.refused(400);
    }
    for (domain, tenant) in [("other.test", "acme"), ("shared.test", "nobody"), ("no domain", "acme")] {
        let body = json!({ "validated": true, "tenantId": tenant });
        environment.call(force, &[domain], body).await.refused(404);
    }
    environment.done(force, &["shared.test"], json!({ "validated": false, "tenantId": "acme" })).await;
    let off = environment.done(set, &[], json!({ "active": false })).await;
    assert_eq!(off, json!({ "active": false, "unspecifiedTenantStrategy": "FIRST_CREATED", "useActiveTenant": true }));
    let taken = environment.call(force, &["shared.test"], json!({ "validated": true, "tenantId": "acme" })).await;
    assert_eq!(taken.refused(409), "Domain already exists");
}
