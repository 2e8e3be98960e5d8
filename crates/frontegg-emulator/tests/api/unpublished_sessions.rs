//! The caller's own session, and ending those of somebody else.

use serde_json::{Value, json};

use crate::support::World;

const CURRENT: &str = "get_my_current_session";
const REVOKE: &str = "revoke_user_sessions";

#[tokio::test]
async fn a_browser_reads_the_session_that_it_has() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let (mut here, mut there) = (world.browser().with("user-agent", "here"), world.browser());
    let token = here.sign_in("ada@acme.test").await.token().to_owned();
    there.sign_in("ada@acme.test").await.token();
    let mut here = here.bearer(&token);
    let session = here.done(CURRENT, &[], Value::Null).await;
    assert_eq!((&session["current"], &session["userAgent"]), (&json!(true), &json!("here")));
    let listed = here.done("list_my_sessions", &[], Value::Null).await;
    let listed = listed.as_array().expect("sessions");
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&session));
    assert_eq!(world.back_end(None).await.call(CURRENT, &[], Value::Null).await.status, 401);
    here.done("delete_all_my_sessions", &[], Value::Null).await;
    assert_eq!(here.call(CURRENT, &[], Value::Null).await.status, 401, "it has ended");
}

#[tokio::test]
async fn sessions_end_where_the_caller_may_end_them() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let admin = world.user("acme", "admin@acme.test", &[&world.role("Admin").await]).await;
    let ada = world.member("acme", "ada@acme.test").await;
    let bob = world.member("globex", "bob@globex.test").await;
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await.token();
    let mut bobs = world.browser();
    bobs.sign_in("bob@globex.test").await.token();

    let mut admin = world.browser().bearer(&world.token(&admin, "acme").await);
    let mut plain = world.browser().bearer(&world.token(&ada, "acme").await);
    assert_eq!(plain.call(REVOKE, &[], json!({ "userId": ada })).await.status, 403, "without the permission");
    let strangers = [bob.as_str(), "00000000-0000-4000-8000-000000000000"];
    for stranger in strangers {
        assert_eq!(admin.call(REVOKE, &[], json!({ "userId": stranger })).await.refused(404), "User not found");
    }
    assert_eq!(admin.call(REVOKE, &[], json!({})).await.refused(400), "userId is required");
    browser.refresh().await.token();
    admin.done(REVOKE, &[], json!({ "userId": ada })).await;
    assert_eq!(browser.refresh().await.status, 401);
    bobs.refresh().await.token();
    // A back end ends all, or those in one tenant.
    world.back_end(Some("acme")).await.call(REVOKE, &[], json!({ "userId": bob })).await.refused(404);
    world.back_end(None).await.done(REVOKE, &[], json!({ "userId": bob })).await;
    assert_eq!(bobs.refresh().await.status, 401);
}

/// Nobody signs out whom they may not manage.
#[tokio::test]
async fn stronger_people_stay() {
    let world = World::start().await;
    world.tenant("acme").await;
    let manager = crate::users::role(&world.frontegg.tenant("acme"), "manager", 10).await;
    world.allow(&manager, &["fe.secure.write.users"]).await;
    let manager = world.user("acme", "manager@acme.test", &[&manager]).await;
    let admin = world.user("acme", "admin@acme.test", &[&world.role("Admin").await]).await;
    let mut manager = world.browser().bearer(&world.token(&manager, "acme").await);
    let refusal = manager.call(REVOKE, &[], json!({ "userId": admin })).await.refused(403);
    assert_eq!(refusal, "Users can only be managed up to your own level");
}
