//! The identity configuration, the captcha policy, and templates of tokens.

mod jwt_templates;

use crate::support;

use std::time::Duration;

use serde_json::{Value, json};
use support::World;

#[tokio::test]
async fn the_identity_configuration_is_there_from_the_start() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut back_end = world.back_end(None).await;
    let document = back_end.done("get_identity_configuration", &[], Value::Null).await;
    for (member, value) in [
        ("defaultTokenExpiration", json!(86_400)),
        ("defaultRefreshTokenExpiration", json!(2_592_000)),
        ("defaultPasswordlessTokenExpiration", json!(300)),
        ("cookieSameSite", json!("NONE")),
        ("jwtAlgorithm", json!("RS256")),
        ("authStrategy", json!("EmailAndPassword")),
        ("machineToMachineAuthStrategy", json!("ClientCredentials")),
        ("refreshTokensRotationLimit", json!(100)),
        ("allowSignups", json!(true)),
        ("allowNotVerifiedUsersLogin", json!(false)),
        ("forcePermissions", json!(true)),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    // The same key as in the key set, in the form that servers read.
    assert!(document["publicKey"].as_str().expect("a key").starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    let mine = own.done("get_identity_configuration", &[], Value::Null).await;
    assert_eq!((&mine["jwtSecret"], &mine["id"]), (&json!(""), &document["id"]));
    let basic = own.done("get_basic_identity_configuration", &[], Value::Null).await;
    let expected = json!({ "forcePermissions": true, "machineToMachineAuthStrategy": "ClientCredentials" });
    assert_eq!(basic, expected);
}

#[tokio::test]
async fn writing_merges() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    let write = "update_identity_configuration";
    let first = back_end.call(write, &[], json!({ "authStrategy": "Code", "id": "x", "publicKey": "y" })).await;
    assert_eq!((first.status, &first.body["authStrategy"]), (201, &json!("Code")));
    assert_ne!(first.body["id"], "x");
    let second = back_end.done(write, &[], json!({ "addRolesToJwt": false, "addPermissionsToJwt": false })).await;
    assert_eq!((&second["authStrategy"], &second["addRolesToJwt"]), (&json!("Code"), &json!(false)));
    assert_eq!(back_end.done("get_identity_configuration", &[], Value::Null).await, second);
    for bad in [
        json!({ "defaultTokenExpiration": 0 }),
        json!({ "defaultRefreshTokenExpiration": 15_552_001 }),
        json!({ "authStrategy": "Telepathy" }),
        json!({ "allowSignups": "no" }),
    ] {
        assert_eq!(back_end.call(write, &[], bad.clone()).await.status, 400, "{bad}");
    }
    assert_eq!(back_end.done("get_identity_configuration", &[], Value::Null).await, second);
    // It steers tokens, but not what people may do here.
    world.tenant("acme").await;
    world.configure(json!({ "authStrategy": "EmailAndPassword" })).await;
    world.member("acme", "ada@acme.test").await;
    let reply = world.browser().sign_in("ada@acme.test").await;
    let claims = reply.claims();
    assert!(claims.get("roles").is_none() && claims.get("permissions").is_none(), "{claims}");
    let limit = json!({ "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": 3 } });
    world.browser().bearer(reply.token()).done("set_session_configuration", &[], limit).await;
}

#[tokio::test]
async fn the_captcha_policy_is_made_once_and_replaced() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.call("get_captcha_policy", &[], Value::Null).await.refused(404), "Captcha policy not found");
    let policy = json!({ "enabled": true, "siteKey": "site", "secretKey": "secret", "minScore": 0.5 });
    let reply = back_end.call("replace_captcha_policy", &[], policy.clone()).await;
    assert_eq!(reply.refused(404), "Captcha policy not found");
    for (member, value, text) in
        [("siteKey", json!(" "), "Site key must be valid"), ("minScore", json!(1.5), ""), ("minScore", json!(-0.1), "")]
    {
        let mut bad = policy.clone();
        bad[member] = value;
        let refused = back_end.call("create_captcha_policy", &[], bad).await.refused(400);
        assert!(text.is_empty() || refused == text, "{refused}");
    }
    let mut with_ignored = policy.clone();
    with_ignored["ignoredEmails"] = json!(["bot@acme.test"]);
    let made = back_end.call("create_captcha_policy", &[], with_ignored).await;
    assert_eq!(made.status, 201);
    let reply = back_end.call("create_captcha_policy", &[], policy.clone()).await;
    assert_eq!(reply.refused(409), "Captcha policy already exists");
    world.emulator.clock().advance(Duration::from_secs(5));
    let mut off = policy;
    off["enabled"] = json!(false);
    let replaced = back_end.done("replace_captcha_policy", &[], off).await;
    assert_eq!((&replaced["id"], &replaced["createdAt"]), (&made.body["id"], &made.body["createdAt"]));
    assert_ne!(replaced["updatedAt"], made.body["updatedAt"]);
    assert_eq!(replaced["ignoredEmails"], json!(["bot@acme.test"]), "what is absent stays");
    assert_eq!(back_end.done("get_captcha_policy", &[], Value::Null).await, replaced);
}
