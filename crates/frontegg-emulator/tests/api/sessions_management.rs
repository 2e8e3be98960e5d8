//! Rules about sessions, of the environment or of a tenant.

use crate::support;

use serde_json::{Value, json};
use support::World;

const READ: &str = "get_session_configuration";
const WRITE: &str = "set_session_configuration";

fn limit(most: i64) -> Value {
    json!({ "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": most } })
}

fn idle(seconds: i64) -> Value {
    json!({ "sessionIdleTimeoutConfiguration": { "isActive": true, "timeout": seconds } })
}

#[tokio::test]
async fn each_level_keeps_its_own_rules() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let (mut environment, mut acme) = (world.back_end(None).await, world.back_end(Some("acme")).await);
    assert_eq!(environment.done(READ, &[], Value::Null).await, json!({}));
    let reply = environment.call(WRITE, &[], limit(3)).await;
    assert_eq!((reply.status, reply.body), (201, Value::Null));
    assert_eq!(acme.done(READ, &[], Value::Null).await, limit(3), "a tenant has the environment's");
    acme.done(WRITE, &[], limit(1)).await;
    acme.done(WRITE, &[], idle(60)).await;
    let both = acme.done(READ, &[], Value::Null).await;
    assert_eq!(both["sessionConcurrentConfiguration"]["maxSessions"], 1, "what is left out stays");
    assert_eq!(both["sessionIdleTimeoutConfiguration"]["timeout"], 60);
    assert_eq!(environment.done(READ, &[], Value::Null).await, limit(3));
    assert_eq!(world.back_end(Some("globex")).await.done(READ, &[], Value::Null).await, limit(3));
    let reply = world.back_end(Some("nonsense")).await.call(WRITE, &[], limit(1)).await;
    assert_eq!(reply.refused(404), "Tenant not found");
}

#[tokio::test]
async fn rules_are_complete_and_in_range() {
    let world = World::start().await;
    let mut environment = world.back_end(None).await;
    for bad in [
        limit(0),
        idle(59),
        idle(2_073_601),
        json!({ "sessionTimeoutConfiguration": { "isActive": true, "timeout": 59 } }),
        json!({ "sessionTimeoutConfiguration": { "isActive": true } }),
        json!({ "sessionIdleTimeoutConfiguration": { "timeout": 60 } }),
        json!({ "sessionConcurrentConfiguration": { "isActive": "yes", "maxSessions": 1 } }),
    ] {
        let reply = environment.call(WRITE, &[], bad).await;
        reply.refused(400);
    }
    assert_eq!(environment.done(READ, &[], Value::Null).await, json!({}));
    environment.done(WRITE, &[], json!({ "unknown": 1 })).await;
    environment.done(WRITE, &[], idle(2_073_600)).await;
}

#[tokio::test]
async fn people_need_a_permission_to_write() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let bob = world.member("acme", "bob@acme.test").await;
    let mut admin = world.browser().bearer(&world.token(&ada, "acme").await);
    admin.done(WRITE, &[], limit(2)).await;
    let mut reader = world.browser().bearer(&world.token(&bob, "acme").await);
    let reply = reader.call(WRITE, &[], limit(5)).await;
    assert_eq!(reply.refused(403), "The permission fe.secure.write.securityPolicy is required");
    assert_eq!(reader.done(READ, &[], Value::Null).await, limit(2));
    assert_eq!(world.back_end(None).await.done(READ, &[], Value::Null).await, json!({}));
    assert_eq!(world.browser().call(READ, &[], Value::Null).await.status, 401);
}
