//! Locked out by wrong passwords, and let in again.

use frontegg_identity::{
    ErrorKind, Login,
    types::{LockoutPolicyRequest, UnlockUserRequestDto},
};

use crate::{PASSWORD, World, world};

/// Ada guesses wrong until she is locked.
async fn lock(world: &World) {
    let authentication = world.frontegg.authentication();
    for _ in 0..3 {
        assert!(authentication.login("ada@acme.test", "wrong").await.unwrap_err().is_unauthenticated());
    }
    assert!(world.frontegg.management().users().get_user_globally(&world.ada).await.unwrap().is_locked.unwrap());
    let right = authentication.login("ada@acme.test", PASSWORD).await.unwrap_err();
    assert!(right.is_unauthenticated(), "the right password does not help: {right}");
}

async fn signs_in(world: &World) -> bool {
    let login = world.frontegg.authentication().login("ada@acme.test", PASSWORD).await;
    matches!(login, Ok(Login::Session(_)))
}

async fn limited() -> World {
    let world = world().await;
    let policy = LockoutPolicyRequest::new(true, 3);
    world.frontegg.self_service().lockout_policy().create_lockout_policy(&policy).await.unwrap();
    world
}

#[tokio::test]
async fn case_12_the_mailed_link_unlocks() {
    let world = limited().await;
    let session = world.login().await;
    lock(&world).await;
    let ended = session.user_sessions().list_my_sessions().await.unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Unauthenticated, "a lock ends sessions: {ended}");
    let mail = world.emulator.outbox().last_to("ada@acme.test").template("UnlockUser").find().await.unwrap().unwrap();
    let token = mail.token().unwrap();
    assert!(mail.link().unwrap().contains(token));
    // Whoever follows the link is not signed in.
    let people = world.frontegg.anonymous().user_management();
    people.unlock_me(&UnlockUserRequestDto::new(token)).await.unwrap();
    assert!(signs_in(&world).await);
    let again = people.unlock_me(&UnlockUserRequestDto::new(token)).await.unwrap_err();
    assert!(again.is_bad_request(), "good once: {again}");
    // The count began anew.
    for _ in 0..2 {
        world.frontegg.authentication().login("ada@acme.test", "wrong").await.unwrap_err();
    }
    assert!(signs_in(&world).await);
}

#[tokio::test]
async fn an_administrator_unlocks_as_well() {
    let world = limited().await;
    lock(&world).await;
    world.frontegg.management().users().unlock_user(&world.ada).await.unwrap();
    assert!(signs_in(&world).await);
    // And may lock without any wrong password.
    let session = world.login().await;
    world.frontegg.management().users().lock_user(&world.ada).await.unwrap();
    assert!(!signs_in(&world).await);
    let ended = session.user_sessions().list_my_sessions().await.unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::Unauthenticated, "{ended}");
}
