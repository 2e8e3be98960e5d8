//! Who comes by a pool for the first time: into which tenant, and what keeps them out.

use std::collections::BTreeSet;

use frontegg_emulator::control_plane::UserPoolPerson;
use serde_json::{Value, json};

use super::{ADA, REFUSED, acme, ada, everybody, pool, sign_in, told, world};
use crate::support::{World, browser::PASSWORD};

#[tokio::test]
async fn a_newcomer_enters_the_tenant_that_the_pool_says() {
    for world in World::each().await {
        world.tenant("acme").await;
        world.tenant("globex").await;
        let dynamic = json!({ "tenantConfig": { "tenantResolverType": "dynamic", "tenantIdFieldName": "org" } });
        let new = json!({ "tenantConfig": { "tenantResolverType": "new" } });
        let from_source = json!({ "tenantConfig": { "tenantResolverType": "from-source" } });
        let person = |name: &str| UserPoolPerson::new(format!("{name}@acme.test")).password(PASSWORD);
        for (kind, configuration, person, tenant) in [
            ("auth0", dynamic.clone(), person("dynamic").attribute("org", "globex"), Some("globex")),
            ("cognito", dynamic, person("other").attribute("org", "acme"), Some("acme")),
            ("firebase", acme(true), person("static"), Some("acme")),
            ("custom_code", from_source, person("source").tenant_id("globex"), Some("globex")),
            ("firebase", new.clone(), person("first").name("First"), None),
            ("custom_code", new, person("second"), None),
        ] {
            let (email, name) = (person.email.clone(), person.name.clone());
            told(&world, &pool(&world, kind, configuration).await, [person]).await;
            let claims = world.browser().sign_in(&email).await.claims();
            let entered = claims["tenantId"].as_str().expect("a tenant");
            if let Some(tenant) = tenant {
                assert_eq!(entered, tenant, "{email}");
                continue;
            }
            let tenant = world.back_end(None).await.done("get_tenant_v2", &[entered], Value::Null).await;
            assert_eq!(tenant["name"], json!(name.unwrap_or(email)));
            assert!(claims["roles"].as_array().is_some_and(|roles| roles.contains(&json!("Admin"))), "{claims}");
        }
    }
}

#[tokio::test]
async fn a_tenant_that_is_not_there_lets_nobody_in() {
    let world = world().await;
    let dynamic = json!({ "tenantConfig": { "tenantResolverType": "dynamic", "tenantIdFieldName": "org" } });
    let nowhere = json!({ "tenantConfig": { "tenantResolverType": "static", "tenantId": "nowhere" } });
    let from_source = json!({ "tenantConfig": { "tenantResolverType": "from-source" } });
    for (kind, configuration, person, text) in [
        ("auth0", dynamic.clone(), ada(), "The user pool names no tenant for the user"),
        ("auth0", dynamic.clone(), ada().attribute("org", 7), "The user pool names no tenant for the user"),
        ("auth0", dynamic, ada().attribute("org", "x"), "The user pool names a tenant that does not exist"),
        ("firebase", nowhere, ada(), "The user pool names a tenant that does not exist"),
        ("custom_code", from_source, ada(), "The user pool names no tenant for the user"),
    ] {
        let id = pool(&world, kind, configuration).await;
        told(&world, &id, [person]).await;
        assert_eq!(sign_in(&world).await.refused(403), text);
        assert_eq!(world.browser().sign_in_with(ADA, "wrong").await.refused(401), REFUSED, "told to nobody else");
        assert!(everybody(&world).await.is_empty());
        world.back_end(None).await.done("delete_user_source", &[&id], Value::Null).await;
    }
    // Where tenants are not looked at, it is made.
    world.configure(json!({ "skipTenantValidation": true })).await;
    let nowhere = json!({ "tenantConfig": { "tenantResolverType": "static", "tenantId": "nowhere" } });
    told(&world, &pool(&world, "auth0", nowhere).await, [ada()]).await;
    assert_eq!(sign_in(&world).await.claims()["tenantId"], "nowhere");
}

#[tokio::test]
async fn many_first_sign_ins_at_once_make_one_person() {
    for world in World::each().await {
        world.tenant("acme").await;
        let new = json!({ "isMigrated": true, "tenantConfig": { "tenantResolverType": "new" } });
        told(&world, &pool(&world, "auth0", new).await, [ada()]).await;
        let sign_ins = (0..10).map(|_| {
            let mut browser = world.browser();
            tokio::spawn(async move { browser.sign_in(ADA).await.claims()["sub"].to_string() })
        });
        let mut people = BTreeSet::new();
        for sign_in in sign_ins.collect::<Vec<_>>() {
            people.insert(sign_in.await.expect("a sign-in"));
        }
        assert_eq!((people.len(), everybody(&world).await.len()), (1, 1));
        let tenants = world.back_end(None).await.done("list_tenants_v1", &[], Value::Null).await;
        assert_eq!(tenants.as_array().map(Vec::len), Some(2), "one was opened");
    }
}

#[tokio::test]
async fn what_bars_others_bars_people_of_pools() {
    let world = world().await;
    let mut back_end = world.back_end(None).await;
    let id = pool(&world, "auth0", acme(true)).await;

    // Who has not proven their address there has not done so here.
    told(&world, &id, [ada().email_verified(false)]).await;
    assert_eq!(sign_in(&world).await.refused(403), "User is not verified");
    told(&world, &id, [ada()]).await;

    // Lists of mail domains, of the environment and of the tenant. That sign-up is closed does not matter.
    world.configure(json!({ "allowSignups": false })).await;
    let mut in_acme = world.back_end(Some("acme")).await;
    for lists in [&mut back_end, &mut in_acme] {
        lists.done("create_domain_restriction", &[], json!({ "domain": "acme.test", "type": "BLOCK" })).await;
        let mut on = json!({ "active": true, "type": "BLOCK", "blockPublicDomains": false });
        lists.done("set_domain_restrictions_configuration", &[], on.clone()).await;
        assert_eq!(sign_in(&world).await.refused(403), "Addresses of this domain are not allowed");
        on["active"] = json!(false);
        lists.done("set_domain_restrictions_configuration", &[], on).await;
    }

    // Lists of networks.
    in_acme.done("create_ip_restriction", &[], json!({ "ip": "127.0.0.1", "strategy": "BLOCK" })).await;
    let mut on = json!({ "isActive": true, "strategy": "BLOCK" });
    in_acme.done("set_ip_restrictions_configuration", &[], on.clone()).await;
    assert_eq!(sign_in(&world).await.refused(403), "Your IP address is not allowed in this tenant");
    on["isActive"] = json!(false);
    in_acme.done("set_ip_restrictions_configuration", &[], on).await;
    assert!(everybody(&world).await.is_empty(), "nothing was kept of any of them");

    // A leaked password opens nothing; its owner is here by now, and is told.
    world.emulator.set_leaked_passwords([PASSWORD]).await.expect("a leak");
    assert_eq!(sign_in(&world).await.body["isBreachedPassword"], true);
    assert!(world.emulator.outbox().last_to(ADA).template("PwnedPassword").await.is_ok());
    assert_eq!(everybody(&world).await.len(), 1);
}

/// A second factor is asked for as of anybody.
#[tokio::test]
async fn a_newcomer_enrolls_a_second_factor_where_all_have_to() {
    let world = world().await;
    told(&world, &pool(&world, "auth0", acme(true)).await, [ada()]).await;
    world.back_end(None).await.done("create_mfa_policy", &[], json!({ "enforceMFAType": "Force" })).await;
    for _ in 0..2 {
        let reply = sign_in(&world).await;
        assert_eq!((&reply.body["mfaRequired"], &reply.body["mfaEnrolled"]), (&json!(true), &json!(false)));
    }
    assert_eq!(everybody(&world).await.len(), 1);
}

#[tokio::test]
async fn a_number_stays_with_whoever_has_it() {
    let world = world().await;
    let bob = world.member("acme", "bob@acme.test").await;
    let number = json!({ "phoneNumber": "+4915112345678" });
    world.back_end(None).await.done("add_user_phone_number_globally", &[&bob], number).await;
    told(&world, &pool(&world, "auth0", acme(true)).await, [ada().phone_number("+4915112345678")]).await;
    let user_id = sign_in(&world).await.claims()["sub"].clone();
    let user_id = user_id.as_str().expect("an id");
    let user = world.back_end(Some("acme")).await.done("get_user", &[user_id], Value::Null).await;
    assert!(user["phoneNumber"].is_null());
}
