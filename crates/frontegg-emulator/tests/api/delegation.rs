//! Tag “Delegation”, over HTTP through the SDK.

use frontegg_identity::types::CreateDelegationConfigurationRequestDto;
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn delegation_is_off_until_it_is_switched_on() {
    for world in World::each().await {
        let delegation = world.frontegg.management().delegation();
        assert!(!delegation.get_delegation_configuration().await.expect("the configuration").enabled);
        for enabled in [true, true, false] {
            let body = CreateDelegationConfigurationRequestDto::new(enabled);
            delegation.set_delegation_configuration(&body).await.expect("to be stored");
            assert_eq!(delegation.get_delegation_configuration().await.expect("it").enabled, enabled);
        }
    }
}

#[tokio::test]
async fn only_the_environment_switches_it_and_only_by_a_boolean() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let session = world.raw_with(&world.token(&ada, "acme").await);
    session.call("set_delegation_configuration", &[], json!({ "enabled": true })).await.refused(403);
    let raw = world.raw().await;
    for body in [json!({}), json!({ "enabled": "true" }), json!({ "enabled": null })] {
        raw.call("set_delegation_configuration", &[], body).await.refused(400);
    }
    let read = world.frontegg.management().delegation().get_delegation_configuration().await;
    assert!(!read.expect("the configuration").enabled);
}
