//! Tag “User Emails Policy”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::types::CreateUserEmailsPolicyRequestDto;
use serde_json::json;
use support::World;

#[tokio::test]
async fn users_may_not_change_their_address_until_it_is_allowed() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let policy = world.frontegg.self_service().user_emails_policy();
    let session = world.session(&ada, "acme").await.user_emails_policy();
    assert!(!policy.get_user_emails_policy().await.expect("the policy").allow_email_change);
    for allowed in [true, true, false] {
        let body = CreateUserEmailsPolicyRequestDto::new().allow_email_change(allowed);
        policy.set_user_emails_policy(&body).await.expect("to be stored");
        assert_eq!(policy.get_user_emails_policy().await.expect("the policy").allow_email_change, allowed);
        let read = session.get_user_emails_policy().await.expect("users read it, too");
        assert_eq!(read.allow_email_change, allowed);
        policy.set_user_emails_policy(&CreateUserEmailsPolicyRequestDto::new()).await.expect("to say nothing");
        assert_eq!(policy.get_user_emails_policy().await.expect("the policy").allow_email_change, allowed);
    }
}

#[tokio::test]
async fn only_the_environment_writes_it_and_only_booleans() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let session = world.raw_with(&world.token(&ada, "acme").await);
    let body = json!({ "allowEmailChange": true });
    session.call("set_user_emails_policy", &[], body.clone()).await.refused(403);
    world.raw_with("").call("set_user_emails_policy", &[], body).await.refused(401);
    let raw = world.raw().await;
    for body in [json!({ "allowEmailChange": "yes" }), json!({ "allowEmailChange": 1 }), json!([])] {
        raw.call("set_user_emails_policy", &[], body).await.refused(400);
    }
    let policy = world.frontegg.self_service().user_emails_policy();
    assert!(!policy.get_user_emails_policy().await.expect("the policy").allow_email_change);
}
