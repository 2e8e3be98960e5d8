//! People whom their company's identity provider brings, and takes away again.

use frontegg_identity::{
    Login,
    enums::{AuthStrategy, Scim2ConnectionSource},
    types::{Scim2CreateConnectionConfigRequest, VendorConfigRequest},
};
use serde_json::{Value, json};

use crate::world;

#[tokio::test]
async fn somebody_provisioned_signs_in_and_is_signed_out_by_the_provider() {
    let world = world().await;
    world.configure(VendorConfigRequest::new().auth_strategy(AuthStrategy::Code)).await;
    let acme = world.frontegg.tenant("acme");
    let new = Scim2CreateConnectionConfigRequest::new(Scim2ConnectionSource::Okta);
    let connection = acme.scim().create_scim_configuration(new).await.unwrap();
    let users = format!("{}/frontegg/directory/resources/scim/v2.0/{}/Users", world.emulator.url(), connection.id);
    let provider = reqwest::Client::new();
    let body = json!({ "userName": "grace@acme.test", "displayName": "Grace Hopper" });
    let made = provider.post(&users).bearer_auth(connection.token.expose()).json(&body).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = serde_json::from_slice(&made.bytes().await.unwrap()).unwrap();

    let step = world.frontegg.authentication().send_email_code("grace@acme.test").await.unwrap();
    let code = world.emulator.outbox().last_to("grace@acme.test").code().await.unwrap();
    let Login::Session(session) = step.submit(code).await.unwrap() else { panic!("more is asked for") };
    let profile = session.user_management().get_my_profile_v2().await.unwrap();
    assert_eq!(profile.name.as_deref(), Some("Grace Hopper"));
    session.refresh().await.unwrap();

    let user = format!("{users}/{}", made["id"].as_str().unwrap());
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    let off = provider.patch(&user).bearer_auth(connection.token.expose()).json(&off).send().await.unwrap();
    assert_eq!(off.status(), 200);
    let refused = session.refresh().await.unwrap_err();
    assert!(refused.is_unauthenticated(), "{refused}");
    let gone = provider.delete(&user).bearer_auth(connection.token.expose()).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    let listed = acme.scim().get_scim_configuration(&connection.id).await.unwrap();
    assert!(listed.last_sync.is_some());
}
