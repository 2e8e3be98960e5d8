//! Hashes and secrets of an import: read in every form in which they are written, or refused by name
//! where they come in.

use frontegg_emulator::Error;
use serde_json::{Value, json};

use crate::support::{World, authenticator::App, browser::PASSWORD};

const ADA: &str = "ada@acme.test";

/// Salt and key of a hash that nobody's password has.
const REST: &str = "$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn world() -> (World, String, Value) {
    let world = World::start().await;
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    let document = world.emulator.export_with_secrets().await.expect("a document");
    (world, ada, document)
}

async fn import(world: &World, document: &Value, change: impl FnOnce(&mut Value)) -> Result<(), Error> {
    let mut document = document.clone();
    change(&mut document["tables"]);
    world.emulator.import(&document).await
}

#[tokio::test]
async fn parameters_of_a_hash_stand_in_any_order() {
    let (world, _, document) = world().await;
    let hash = document["tables"]["passwords"][0]["hash"].as_str().expect("a hash").to_owned();
    let cost = hash.split('$').nth(3).expect("parameters");
    let [m, t, p] = *cost.split(',').collect::<Vec<_>>() else { panic!("{hash}") };
    for order in [[m, t, p], [m, p, t], [t, m, p], [p, t, m]] {
        let hash = hash.replace(cost, &order.join(","));
        import(&world, &document, |tables| tables["passwords"][0]["hash"] = hash.into()).await.expect("an import");
        assert_eq!(world.browser().sign_in("ada@acme.test").await.claims()["email"], ADA, "{order:?}");
        assert_eq!(world.browser().sign_in_with(ADA, "another").await.status, 401);
    }
}

#[tokio::test]
async fn what_is_not_supported_of_a_hash_is_refused_by_name() {
    let (world, ada, document) = world().await;
    for (hash, text) in [
        (format!("$argon2id$v=19$m=64,t=2,p=1,keyid=Zm9v{REST}"), "the parameter keyid, which is not supported"),
        (format!("$argon2id$v=19$m=64,t=2,p=1,data=Zm9v{REST}"), "the parameter data, which is not supported"),
        (format!("$argon2id$v=20$m=64,t=2,p=1{REST}"), "the version 20, which is not supported"),
        (format!("$6$rounds=5000{REST}"), "the kind 6, which is not supported"),
        (format!("$argon2id$v=19$m=64,t=2{REST}"), "passwordHash is malformed"),
        ("secret".to_owned(), "passwordHash is malformed"),
    ] {
        let set = |tables: &mut Value| tables["passwords"][0]["hash"] = hash.clone().into();
        let error = import(&world, &document, set).await.expect_err("a refusal").to_string();
        assert!(error.contains("tables.passwords[0].hash: ") && error.contains(text), "{hash}: {error}");
        let old = |tables: &mut Value| {
            let row = json!({ "id": "1", "user_id": ada, "hash": hash.clone(), "created_at": 0 });
            tables["password_history"] = json!([row]);
        };
        let error = import(&world, &document, old).await.expect_err("a refusal").to_string();
        assert!(error.contains("tables.password_history[0].hash: "), "{hash}: {error}");
    }
    assert_eq!(world.browser().sign_in_with(ADA, PASSWORD).await.claims()["email"], ADA, "nothing has changed");
}

fn authenticator(user_id: &str, secret: &str) -> Value {
    json!([{
        "id": "9a1f0f8e-0000-4000-8000-000000000001", "user_id": user_id, "pending_id": null, "secret": secret,
        "last_step": null, "created_at": 1_795_962_605_565_565_i64, "confirmed_at": 1_795_962_605_565_565_i64,
    }])
}

#[tokio::test]
async fn secrets_of_apps_are_read_as_they_are_written() {
    let (world, ada, document) = world().await;
    let long = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for (secret, plain) in [
        ("JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
        ("jbswy3dpehpk3pxp", "JBSWY3DPEHPK3PXP"),
        ("JBSW Y3DP EHPK 3PXP", "JBSWY3DPEHPK3PXP"),
        ("jbsw-y3dp-ehpk-3pxp", "JBSWY3DPEHPK3PXP"),
        ("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", long),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY======", "GEZDGNBVGY3TQOJQGEZDGNBVGY"),
        (" GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", long),
    ] {
        let set = |tables: &mut Value| tables["authenticators"] = authenticator(&ada, secret);
        import(&world, &document, set).await.expect("an import");
        let reply = world.browser().sign_in(ADA).await;
        let code = App::of(&plain.into()).next_code(&world);
        let body = json!({ "mfaToken": reply.body["mfaToken"], "value": code });
        let claims = world.browser().call("verify_login_mfa_authenticator", &[], body).await.claims();
        assert_eq!(claims["email"], ADA, "{secret:?}");
    }
    for (secret, text) in [
        ("", "10 bytes or more"),
        ("JBSWY3DP", "10 bytes or more"),
        ("JBSWY3DPEHPK3PX1", "must be base32"),
        ("JBSW=Y3DPEHPK3PXP", "must be base32"),
        ("geheimnis!geheimnis!", "must be base32"),
    ] {
        let set = |tables: &mut Value| tables["authenticators"] = authenticator(&ada, secret);
        let error = import(&world, &document, set).await.expect_err("a refusal").to_string();
        assert!(error.contains("tables.authenticators[0].secret: ") && error.contains(text), "{secret}: {error}");
        assert!(secret.is_empty() || !error.contains(secret), "no secrets: {error}");
    }
}
