//! The environment's rules about sessions.

use crate::support;

use serde_json::{Value, json};
use support::World;

#[tokio::test]
async fn rules_never_set_are_told_as_switched_off() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    let read = "get_environment_session_configuration";
    assert_eq!(
        back_end.done(read, &[], Value::Null).await,
        json!({
            "sessionIdleTimeoutConfiguration": { "isActive": false, "timeout": 86_400 },
            "sessionTimeoutConfiguration": { "isActive": false, "timeout": 86_400 },
            "sessionConcurrentConfiguration": { "isActive": false, "maxSessions": 1 },
        })
    );
    let idle = json!({ "sessionIdleTimeoutConfiguration": { "isActive": true, "timeout": 600 } });
    back_end.done("set_session_configuration", &[], idle).await;
    let rules = back_end.done(read, &[], Value::Null).await;
    assert_eq!(rules["sessionIdleTimeoutConfiguration"], json!({ "isActive": true, "timeout": 600 }));
    assert_eq!(rules["sessionConcurrentConfiguration"], json!({ "isActive": false, "maxSessions": 1 }));
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    assert_eq!(own.call(read, &[], Value::Null).await.refused(403), "An environment token is required");
}
