//! Tag “MFA Configuration”, over HTTP.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn the_configuration_has_defaults_and_keeps_what_is_left_out() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    let read = back_end.done("get_mfa_configuration", &[], Value::Null).await;
    let defaults = json!({
        "authenticationApp": { "active": true, "serviceName": "Frontegg" },
        "sms": { "active": false, "tokenLifetimeSeconds": 300 },
        "email": { "active": false, "tokenLifetimeSeconds": 300, "sender": "" },
    });
    assert_eq!(read, defaults);
    let update = "update_mfa_configuration";
    let app = json!({ "authenticationApp": { "active": true, "serviceName": "Acme" } });
    let reply = back_end.call(update, &[], app.clone()).await;
    assert_eq!(reply.status, 201);
    assert_eq!((&reply.body["authenticationApp"], &reply.body["sms"]), (&app["authenticationApp"], &defaults["sms"]));
    let sms = json!({ "sms": { "active": true, "tokenLifetimeSeconds": 600 } });
    let both = back_end.done(update, &[], sms.clone()).await;
    assert_eq!((&both["authenticationApp"], &both["sms"]), (&app["authenticationApp"], &sms["sms"]));
    assert_eq!(back_end.done(update, &[], json!({})).await, both);
    assert_eq!(back_end.done("get_mfa_configuration", &[], Value::Null).await, both);

    for bad in [
        json!({ "authenticationApp": { "active": true } }),
        json!({ "sms": { "active": true, "tokenLifetimeSeconds": 299 } }),
        json!({ "email": { "active": true, "tokenLifetimeSeconds": 300 } }),
        json!({ "email": { "active": true, "tokenLifetimeSeconds": 299, "sender": "" } }),
        json!({ "sms": { "active": "yes", "tokenLifetimeSeconds": 300 } }),
    ] {
        assert_eq!(back_end.call(update, &[], bad.clone()).await.status, 400, "{bad}");
    }
    assert_eq!(back_end.done("get_mfa_configuration", &[], Value::Null).await, both);
}

#[tokio::test]
async fn switches_are_those_of_the_strategies() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    let email = json!({ "email": { "active": true, "tokenLifetimeSeconds": 300, "sender": "codes@acme.test" } });
    back_end.done("update_mfa_configuration", &[], email).await;
    let off = json!({ "strategy": "AuthenticatorApp", "isActive": false });
    assert_eq!(back_end.call("set_mfa_strategy", &[], off).await.status, 201);
    let list = back_end.done("list_mfa_strategies", &[], Value::Null).await;
    let strategies = list["strategies"].as_array().expect("a list");
    let state =
        |name: &str| strategies.iter().find(|it| it["strategy"] == name).expect("a strategy")["isActive"].clone();
    assert_eq!(
        (state("EmailCode"), state("AuthenticatorApp"), state("SMS")),
        (json!(true), json!(false), json!(false))
    );
    let read = back_end.done("get_mfa_configuration", &[], Value::Null).await;
    assert_eq!(read["authenticationApp"], json!({ "active": false, "serviceName": "Frontegg" }));
    assert_eq!(read["email"]["sender"], "codes@acme.test");
}
