//! Tag “Unpublished Policies”, over HTTP.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn everybody_reads_what_the_environment_says() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mut environment = world.back_end(None).await;
    let mut acme = world.back_end(Some("acme")).await;
    let mut readers = [acme.clone(), world.browser().bearer(&world.token(&ada, "acme").await)];
    for (read, create, body, text) in [
        ("get_environment_mfa_policy", "create_mfa_policy", json!({}), "MFA policy not found"),
        (
            "get_environment_lockout_policy",
            "create_lockout_policy",
            json!({ "enabled": true, "maxAttempts": 3 }),
            "Lockout policy not found",
        ),
        (
            "get_environment_password_history_policy",
            "create_password_history_policy",
            json!({ "enabled": true, "historySize": 3 }),
            "Password history policy not found",
        ),
    ] {
        for reader in &mut readers {
            assert_eq!(reader.call(read, &[], Value::Null).await.refused(404), text);
        }
        // What a tenant says is another matter.
        if create != "create_password_history_policy" {
            acme.done(create, &[], body.clone()).await;
        }
        assert_eq!(readers[0].call(read, &[], Value::Null).await.status, 404);
        let written = environment.done(create, &[], body).await;
        for reader in &mut readers {
            assert_eq!(reader.done(read, &[], Value::Null).await, written, "{read}");
        }
        assert_eq!(world.browser().call(read, &[], Value::Null).await.status, 401);
    }
}
