//! Tag “Lockout Policy”, over HTTP through the SDK, and what the policy does.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized, Error, Frontegg, params,
    types::{
        AuthenticateUserPasswordDto, AuthenticationResponseDto, CreateUserDtoVendorOnly, LockoutPolicyRequest,
        UnlockUserRequestDto, UpdateUserPasswordDto,
    },
    views::LockoutPolicy,
};
use serde_json::{Value, json};
use support::{World, refused};

const PASSWORD: &str = "Correct-horse-7";

fn policy(max_attempts: i64) -> LockoutPolicyRequest {
    LockoutPolicyRequest::new(true, max_attempts)
}

async fn lives<A: Authorized>(world: &World, policies: &LockoutPolicy<A>) {
    let texts = refused(policies.get_lockout_policy().await, 404);
    assert_eq!(texts, "Lockout policy not found");
    assert_eq!(refused(policies.update_lockout_policy(&policy(3)).await, 404), texts);

    let created = policies.create_lockout_policy(&policy(3)).await.expect("a policy");
    assert!(created.enabled && created.max_attempts == 3 && created.created_at == created.updated_at);
    let read = policies.get_lockout_policy().await.expect("the policy");
    assert_eq!(support::json(&read), support::json(&created));

    let texts = refused(policies.create_lockout_policy(&policy(9)).await, 409);
    assert_eq!(texts, "Lockout policy already exists");
    assert_eq!(policies.get_lockout_policy().await.expect("the policy").max_attempts, 3);

    world.emulator.clock().advance(Duration::from_mins(1));
    let updated = policies.update_lockout_policy(&LockoutPolicyRequest::new(false, 4)).await.expect("the policy");
    assert_eq!((updated.enabled, updated.max_attempts), (false, 4));
    assert_eq!((&updated.id, updated.created_at), (&created.id, created.created_at));
    assert_eq!((updated.updated_at - created.updated_at).num_seconds(), 60);
    let read = policies.get_lockout_policy().await.expect("the policy");
    assert_eq!(support::json(&read), support::json(&updated));
}

#[tokio::test]
async fn each_level_has_a_policy_of_its_own() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let (acme, _) = (world.tenant("acme").await, world.tenant("globex").await);
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let bob = world.user("globex", "bob@globex.test", &[&admin]).await;

    lives(&world, &world.frontegg.self_service().lockout_policy()).await;
    // A tenant without one does not fall back to the environment's.
    lives(&world, &acme.lockout_policy()).await;
    let session = world.session(&ada, "acme").await.lockout_policy();
    let read = session.get_lockout_policy().await.expect("that of the own tenant");
    assert_eq!(support::json(&read), support::json(&acme.lockout_policy().get_lockout_policy().await.expect("it")));
    lives(&world, &world.session(&bob, "globex").await.lockout_policy()).await;
    session.update_lockout_policy(&policy(2)).await.expect("the policy");
    assert_eq!(acme.lockout_policy().get_lockout_policy().await.expect("it").max_attempts, 2);
    for other in [world.frontegg.self_service().lockout_policy(), world.frontegg.tenant("globex").lockout_policy()] {
        assert_eq!(other.get_lockout_policy().await.expect("another's policy").max_attempts, 4);
    }
}

#[tokio::test]
async fn malformed_policies_and_callers_without_the_right_are_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let reader = world.role("ReadOnly").await;
    let ada = world.user("acme", "ada@acme.test", &[&reader]).await;
    let raw = world.raw().await;
    for (body, text) in [
        (json!({ "maxAttempts": 3 }), "enabled"),
        (json!({ "enabled": true }), "maxAttempts"),
        (json!({ "enabled": "true", "maxAttempts": 3 }), "enabled"),
        (json!({ "enabled": true, "maxAttempts": 0 }), "maxAttempts"),
        (json!({ "enabled": true, "maxAttempts": 2.5 }), "maxAttempts"),
        (json!({}), "enabled"),
    ] {
        for operation in ["create_lockout_policy", "update_lockout_policy"] {
            assert!(raw.call(operation, &[], body.clone()).await.refused(400).contains(text), "{body}");
        }
    }
    raw.call("get_lockout_policy", &[], Value::Null).await.refused(404);

    let session = world.session(&ada, "acme").await.lockout_policy();
    let texts = refused(session.create_lockout_policy(&policy(3)).await, 403);
    assert!(texts.contains("fe.secure.write.securityPolicy"), "{texts}");
    refused(session.update_lockout_policy(&policy(3)).await, 403);
    refused(session.get_lockout_policy().await, 404);
    world.raw_with("").call("get_lockout_policy", &[], Value::Null).await.refused(401);
    let nowhere = world.frontegg.tenant("nowhere").lockout_policy();
    assert_eq!(refused(nowhere.create_lockout_policy(&policy(3)).await, 404), "Tenant not found");
}

/// A person who can sign in.
async fn person(world: &World, tenant: &str, email: &str) -> String {
    let new = CreateUserDtoVendorOnly::new(tenant).email(email).password(PASSWORD);
    let users = world.frontegg.management().users();
    let user = users.create_user_globally(&new).await.expect("a user");
    users.verify_user(&user.id).await.expect("to be verified");
    user.id
}

async fn sign_in(frontegg: &Frontegg, email: &str, password: &str) -> Result<AuthenticationResponseDto, Error> {
    let body = AuthenticateUserPasswordDto::new(password).email(email);
    let general = frontegg.authentication().general();
    general.authenticate_user_with_password(&body, params::AuthenticateUserWithPassword::new()).no_retry().await
}

async fn is_locked(world: &World, user_id: &str) -> bool {
    let user = world.frontegg.management().users().get_user_globally(user_id).await.expect("the user");
    user.is_locked.unwrap_or_default()
}

async fn limit(world: &World, max_attempts: i64) {
    let policies = world.frontegg.self_service().lockout_policy();
    policies.create_lockout_policy(&policy(max_attempts)).await.expect("a policy");
}

/// Security case 12.
#[tokio::test]
async fn case_12_three_wrong_passwords_lock_and_the_mail_unlocks() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "acme", "ada@acme.test").await;
    limit(&world, 3).await;
    let token = world.token(&ada, "acme").await;
    for _ in 0..2 {
        refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
    }
    assert!(!is_locked(&world, &ada).await);
    assert!(world.emulator.outbox().messages_to("ada@acme.test").await.expect("mails").is_empty());
    refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
    assert!(is_locked(&world, &ada).await);
    refused(sign_in(&world.frontegg, "ada@acme.test", PASSWORD).await, 401);
    // Sessions have ended.
    world.raw_with(&token).call("get_lockout_policy", &[], Value::Null).await.refused(401);

    let mail = world.emulator.outbox().last_to("ada@acme.test").template("UnlockUser").await.expect("a mail");
    let token = mail.token().expect("a token").to_owned();
    assert!(mail.link().expect("a link").contains(&token));
    let people = world.frontegg.self_service().user_management();
    refused(people.unlock_me(&UnlockUserRequestDto::new("another")).await, 400);
    people.unlock_me(&UnlockUserRequestDto::new(token.as_str())).await.expect("to be unlocked");
    assert!(!is_locked(&world, &ada).await);
    refused(people.unlock_me(&UnlockUserRequestDto::new(token.as_str())).await, 400);

    // The counter is at nought: two more wrong ones do not lock, and the right one clears them.
    for _ in 0..2 {
        for _ in 0..2 {
            refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
        }
        let session = sign_in(&world.frontegg, "ada@acme.test", PASSWORD).await.expect("a session");
        assert!(session.access_token.is_some_and(|token| !token.expose().is_empty()));
    }
    assert_eq!(world.emulator.outbox().messages_to("ada@acme.test").await.expect("mails").len(), 1);
}

#[tokio::test]
async fn an_unlock_token_ends_with_its_time_and_an_administrator_unlocks_as_well() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "acme", "ada@acme.test").await;
    limit(&world, 1).await;
    refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
    let token = world.emulator.outbox().last_to("ada@acme.test").token().await.expect("a token");
    world.emulator.clock().advance(Duration::from_hours(24));
    let people = world.frontegg.self_service().user_management();
    refused(people.unlock_me(&UnlockUserRequestDto::new(token.as_str())).await, 400);
    assert!(is_locked(&world, &ada).await);
    world.frontegg.management().users().unlock_user(&ada).await.expect("to be unlocked");
    sign_in(&world.frontegg, "ada@acme.test", PASSWORD).await.expect("a session");
}

/// Security case 15, as far as live sessions go.
#[tokio::test]
async fn case_15_a_live_session_does_not_touch_the_counter() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "acme", "ada@acme.test").await;
    limit(&world, 3).await;
    let session = world.session(&ada, "acme").await;
    for _ in 0..2 {
        refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
        refused(session.lockout_policy().get_lockout_policy().await, 404);
    }
    refused(sign_in(&world.frontegg, "ada@acme.test", "wrong").await, 401);
    assert!(is_locked(&world, &ada).await);
}

/// Security case 18: the strictest policy of environment and tenants counts, and the lock is global.
#[tokio::test]
async fn case_18_the_strictest_enabled_policy_counts() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = person(&world, "acme", "ada@acme.test").await;
    let bob = person(&world, "globex", "bob@globex.test").await;
    limit(&world, 4).await;
    acme.lockout_policy().create_lockout_policy(&policy(2)).await.expect("a policy");
    let off = LockoutPolicyRequest::new(false, 1);
    globex.lockout_policy().create_lockout_policy(&off).await.expect("a policy that does nothing");
    for (email, id, allowed) in [("ada@acme.test", &ada, 2), ("bob@globex.test", &bob, 4)] {
        for attempt in 1..=allowed {
            assert!(!is_locked(&world, id).await, "{email} {attempt}");
            refused(sign_in(&world.frontegg, email, "wrong").await, 401);
        }
        assert!(is_locked(&world, id).await, "{email}");
    }
    // Switched off, it unlocks nobody, and locks nobody further.
    let policies = world.frontegg.self_service().lockout_policy();
    policies.update_lockout_policy(&LockoutPolicyRequest::new(false, 4)).await.expect("the policy");
    assert!(is_locked(&world, &bob).await);
    world.frontegg.management().users().unlock_user(&bob).await.expect("to be unlocked");
    for _ in 0..6 {
        refused(sign_in(&world.frontegg, "bob@globex.test", "wrong").await, 401);
    }
    assert!(!is_locked(&world, &bob).await);
    // More failures than a new limit allows lock at the next one.
    policies.update_lockout_policy(&policy(3)).await.expect("the policy");
    assert!(!is_locked(&world, &bob).await);
    refused(sign_in(&world.frontegg, "bob@globex.test", "wrong").await, 401);
    assert!(is_locked(&world, &bob).await);
}

/// Security case 13, in one process.
#[tokio::test]
async fn case_13_parallel_guesses_are_compared_as_often_as_allowed() {
    for world in World::each().await {
        world.tenant("acme").await;
        let ada = person(&world, "acme", "ada@acme.test").await;
        limit(&world, 5).await;
        let guesses = (0..100).map(|number| {
            let frontegg = world.frontegg.clone();
            // The right one is among them, after the last that is compared.
            let password = if number == 99 { PASSWORD.to_owned() } else { format!("guess {number}") };
            tokio::spawn(async move { sign_in(&frontegg, "ada@acme.test", &password).await })
        });
        for guess in guesses.collect::<Vec<_>>() {
            if let Err(error) = guess.await.expect("no panic") {
                assert_eq!(error.status(), Some(401), "{error}");
            }
        }
        assert!(is_locked(&world, &ada).await);
        let mails = world.emulator.outbox().messages_to("ada@acme.test").await.expect("mails");
        assert_eq!(mails.len(), 1, "one lock, one mail");
        refused(sign_in(&world.frontegg, "ada@acme.test", PASSWORD).await, 401);
    }
}

/// Security case 14.
#[tokio::test]
async fn case_14_parallel_right_passwords_all_succeed() {
    for world in World::each().await {
        world.tenant("acme").await;
        let ada = person(&world, "acme", "ada@acme.test").await;
        limit(&world, 1).await;
        let logins = (0..50).map(|_| {
            let frontegg = world.frontegg.clone();
            tokio::spawn(async move { sign_in(&frontegg, "ada@acme.test", PASSWORD).await })
        });
        for login in logins.collect::<Vec<_>>() {
            login.await.expect("no panic").expect("a session");
        }
        assert!(!is_locked(&world, &ada).await);
    }
}

/// Security case 6, first part: the current password at a change is a guess like any other.
#[tokio::test]
async fn case_6_wrong_current_passwords_count() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "acme", "ada@acme.test").await;
    limit(&world, 3).await;
    let session = world.session(&ada, "acme").await.password_settings();
    let change = UpdateUserPasswordDto::new("wrong", "Another-horse-8");
    for _ in 0..3 {
        assert_eq!(refused(session.change_my_password(&change).await, 400), "The current password is wrong");
    }
    assert!(is_locked(&world, &ada).await);
    refused(session.change_my_password(&change).await, 401);
    let asked_for = world.frontegg.tenant("acme").user(&ada).password_settings();
    let change = UpdateUserPasswordDto::new(PASSWORD, "Another-horse-8");
    assert_eq!(refused(asked_for.change_my_password(&change).await, 403), "User is locked");
}
