//! Tag “MFA Settings”, over HTTP: the policy and the strategies, and whom the policy forces.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{World, browser::Browser};

const CREATE: &str = "create_mfa_policy";
const READ: &str = "get_mfa_policy";
const CHANGE: &str = "update_mfa_policy";
const SET: &str = "set_mfa_policy";

/// The life of a level's policy.
async fn lives(world: &World, level: &mut Browser) {
    assert_eq!(level.call(READ, &[], Value::Null).await.refused(404), "MFA policy not found");
    let change = json!({ "enforceMFAType": "DontForce" });
    assert_eq!(level.call(CHANGE, &[], change.clone()).await.status, 404);
    let reply = level.call(CREATE, &[], json!({})).await;
    assert_eq!(reply.status, 201);
    let created = reply.body;
    let defaults = ["enforceMFAType", "allowRememberMyDevice", "mfaDeviceExpiration"].map(|name| &created[name]);
    assert_eq!(defaults, [&json!("Force"), &json!(false), &json!(1_209_600)]);
    assert_eq!(level.call(CREATE, &[], change.clone()).await.refused(409), "MFA policy already exists");
    assert_eq!(level.done(READ, &[], Value::Null).await, created);

    world.emulator.clock().advance(Duration::from_mins(1));
    let changed = level.done(CHANGE, &[], change).await;
    assert_eq!((&changed["enforceMFAType"], &changed["mfaDeviceExpiration"]), (&json!("DontForce"), &json!(1_209_600)));
    assert_eq!((&changed["id"], &changed["createdAt"]), (&created["id"], &created["createdAt"]));
    assert_ne!(changed["updatedAt"], created["updatedAt"]);
    let nothing = level.call(CHANGE, &[], json!({})).await.refused(400);
    assert_eq!(nothing, "enforceMFAType, allowRememberMyDevice or mfaDeviceExpiration is required");
    let some = json!({ "allowRememberMyDevice": true, "mfaDeviceExpiration": 60 });
    let set = level.done(SET, &[], some).await;
    assert_eq!((&set["enforceMFAType"], &set["allowRememberMyDevice"]), (&json!("DontForce"), &json!(true)));
    assert_eq!((&set["id"], &set["createdAt"]), (&created["id"], &created["createdAt"]));
    for operation in [CREATE, CHANGE, SET] {
        for bad in [
            json!({ "enforceMFAType": "Sometimes" }),
            json!({ "mfaDeviceExpiration": 0 }),
            json!({ "mfaDeviceExpiration": "1h" }),
            json!({ "allowRememberMyDevice": 1 }),
        ] {
            let status = level.call(operation, &[], bad.clone()).await.status;
            assert!([400, 409].contains(&status), "{operation} {bad}: {status}");
        }
    }
    assert_eq!(level.done(READ, &[], Value::Null).await, set);
}

#[tokio::test]
async fn each_level_has_a_policy_of_its_own() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let portal = world.application("Portal").await;
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let admin = world.role("Admin").await;
    let bob = world.user("globex", "bob@globex.test", &[&admin]).await;
    let mut levels = [
        world.back_end(None).await,
        world.back_end(Some("acme")).await,
        world.browser().bearer(&world.token(&bob, "globex").await),
        world.back_end(None).await.with("frontegg-application-id", &portal),
    ];
    for level in &mut levels {
        lives(&world, level).await;
    }
    let mut ids = Vec::new();
    for level in &mut levels {
        ids.push(level.done(READ, &[], Value::Null).await["id"].to_string());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), levels.len());
    let mut globex = world.back_end(Some("globex")).await;
    assert_eq!(globex.done(READ, &[], Value::Null).await, levels[2].done(READ, &[], Value::Null).await);
    let mut nowhere = world.back_end(Some("nowhere")).await;
    assert_eq!(nowhere.call(SET, &[], json!({})).await.refused(404), "Tenant not found");
    let reader = world.role("ReadOnly").await;
    let eve = world.user("globex", "eve@globex.test", &[&reader]).await;
    let mut eve = world.browser().bearer(&world.token(&eve, "globex").await);
    for operation in [CREATE, CHANGE, SET] {
        assert_eq!(eve.call(operation, &[], json!({ "enforceMFAType": "DontForce" })).await.status, 403);
    }
}

/// Whether signing in asks for a second factor.
async fn is_asked(browser: &mut Browser) -> bool {
    browser.sign_in("ada@acme.test").await.body["mfaRequired"].as_bool().expect("a flag")
}

#[tokio::test]
async fn the_strictest_policy_counts() {
    let world = World::start().await;
    let app = world.application("Portal").await;
    for tenant in ["acme", "globex", "initech"] {
        world.tenant(tenant).await;
    }
    let ada = world.member("acme", "ada@acme.test").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let mut browser = world.browser();
    let set = async |tenant: Option<&str>, kind: &str| {
        world.back_end(tenant).await.done(SET, &[], json!({ "enforceMFAType": kind })).await;
    };
    assert!(!is_asked(&mut browser).await);
    // Another's tenant does not matter; one of her own does, wherever she goes.
    set(Some("initech"), "Force").await;
    assert!(!is_asked(&mut browser).await);
    set(Some("globex"), "Force").await;
    assert!(is_asked(&mut browser).await);
    set(Some("globex"), "DontForce").await;
    assert!(!is_asked(&mut browser).await);
    // No tenant loosens what the environment says.
    set(None, "ForceExceptSAML").await;
    assert!(is_asked(&mut browser).await);
    set(None, "DontForce").await;
    // An application has a policy for those who come by it.
    let mut portal = world.back_end(None).await.with("frontegg-application-id", &app);
    portal.done(SET, &[], json!({})).await;
    assert!(!is_asked(&mut browser).await);
    assert!(is_asked(&mut browser.clone().with("frontegg-requested-application-id", &app)).await);
}

#[tokio::test]
async fn the_strategies_are_five_switches() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mut back_end = world.back_end(None).await;
    let names = ["AuthenticatorApp", "WebAuthnPlatform", "WebAuthnCrossPlatform", "SMS", "EmailCode"];
    let expected = |active: [bool; 5]| {
        let rows = names.iter().zip(active).map(|(name, active)| json!({ "strategy": name, "isActive": active }));
        json!({ "strategies": rows.collect::<Vec<_>>() })
    };
    let list = "list_mfa_strategies";
    assert_eq!(back_end.done(list, &[], Value::Null).await, expected([true, false, false, false, false]));
    for (name, active) in names.iter().zip([false, true, true, true, true]) {
        for _ in 0..2 {
            let body = json!({ "strategy": name, "isActive": active });
            let reply = back_end.call("set_mfa_strategy", &[], body).await;
            assert_eq!((reply.status, &reply.body), (201, &Value::Null));
        }
    }
    let mut user = world.browser().bearer(&world.token(&ada, "acme").await);
    assert_eq!(user.done(list, &[], Value::Null).await, expected([false, true, true, true, true]));
    for bad in [
        json!({ "strategy": "Pigeon", "isActive": true }),
        json!({ "strategy": "SMS" }),
        json!({ "strategy": "SMS", "isActive": "no" }),
    ] {
        assert_eq!(back_end.call("set_mfa_strategy", &[], bad.clone()).await.status, 400, "{bad}");
    }
    let body = json!({ "strategy": "SMS", "isActive": false });
    let refused = user.call("set_mfa_strategy", &[], body).await.status;
    assert!([401, 403].contains(&refused), "{refused}");
    assert_eq!(back_end.done(list, &[], Value::Null).await, expected([false, true, true, true, true]));
}
