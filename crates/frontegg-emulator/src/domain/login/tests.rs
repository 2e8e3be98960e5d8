//! Invites, and the token between the factors, without the operations around them.

use std::time::Duration;

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{ClientInfo, Demand, FirstFactor, Outcome, first_factor_done, second_factor_done};
use crate::{
    clock::Clock,
    domain::{
        Refusal,
        applications::default_application,
        caller::Caller,
        memberships::{self, NewMembership},
        mfa::{
            Proven, RememberDevice,
            pending::{self, Asked, Pending},
        },
        seed,
        sessions::SecondFactor,
        tenants,
        users::{self, NewUser},
    },
    ids,
    store::{
        FetchCount, Identity, Read, Store, StoreTarget, Wished, Write,
        entity::{MembershipStatus, membership, tenant_invite, tenant_invite_role, user},
    },
    tokens::{Claims, Payload, UserClaims},
};

async fn store(clock: &Clock) -> Store {
    let store = Store::open(&StoreTarget::Memory, clock.clone(), "http://emulator.test").await.expect("a store");
    let tx = store.begin_write().await;
    Identity::settle(&tx, Wished::default()).await.expect("an environment");
    seed::fresh_environment(&tx).await.expect("a seed");
    for id in ["acme", "globex"] {
        tenants::ensure(&tx, id).await.expect("a tenant");
    }
    tx.finish().await;
    store
}

fn claims(payload: Payload) -> UserClaims {
    let Payload::Default(Claims::UserToken(claims)) = payload else { panic!("{payload:?}") };
    *claims
}

async fn member(tx: &Write, email: &str) -> user::Model {
    let new = NewUser { email: Some(email.to_owned()), verified: true, ..NewUser::default() };
    let user = users::create(tx, new).await.expect("a user");
    let acme = tenants::require(tx, "acme").await.expect("a tenant");
    let roles = memberships::named_or_default(tx, Caller::Environment, "acme", None).await.expect("roles");
    let new = NewMembership { roles, status: MembershipStatus::Activated, expires_at: None, invited_as: None };
    memberships::join(tx, &user, &acme, new).await.expect("a membership");
    users::require(tx, &user.id).await.expect("a user")
}

async fn invite(tx: &Write, user_id: Option<&str>, role_ids: &[String]) -> String {
    let token = ids::new_secret();
    let row = tenant_invite::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set("globex".to_owned()),
        user_id: Set(user_id.map(str::to_owned)),
        token: Set(token.clone()),
        name: Set(None),
        should_send_email: Set(false),
        expires_at: Set(tx.now().after(Duration::from_hours(1))),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let row = row.insert(tx).await.expect("an invite");
    for role_id in role_ids {
        let role = tenant_invite_role::ActiveModel { invite_id: Set(row.id.clone()), role_id: Set(role_id.clone()) };
        role.insert(tx).await.expect("a role");
    }
    token
}

fn by_invite(token: &str) -> ClientInfo {
    ClientInfo::default().invited(Some(token.to_owned()))
}

#[tokio::test]
async fn whoever_signs_in_by_an_invite_joins_its_tenant() {
    let clock = Clock::default();
    let store = store(&clock).await;
    let tx = store.begin_write().await;
    let ada = member(&tx, "ada@acme.test").await;
    let token = invite(&tx, None, &[ids::fixed_id("role:ReadOnly")]).await;
    for _ in 0..2 {
        let ada = users::require(&tx, &ada.id).await.expect("a user");
        let outcome = first_factor_done(&tx, ada, FirstFactor::Password, &by_invite(&token)).await;
        let Ok(Outcome::SignedIn(signed_in)) = outcome else { panic!("a session") };
        let claims = claims(signed_in.payload);
        assert_eq!(claims.tenant_ids, ["acme", "globex"]);
        assert_eq!(claims.tenant_id, "acme", "where they worked last");
    }
    let row = memberships::find(&tx, &ada.id, "globex").await.expect("a look").expect("a membership");
    assert_eq!(row.status, MembershipStatus::Activated);
}

/// Security case 46, as far as signing in goes.
#[tokio::test]
async fn case_46_a_bad_invite_lets_nobody_in() {
    let clock = Clock::default();
    clock.freeze();
    let store = store(&clock).await;
    let tx = store.begin_write().await;
    let ada = member(&tx, "ada@acme.test").await;
    let bob = member(&tx, "bob@acme.test").await;
    let of_bob = invite(&tx, Some(&bob.id), &[]).await;
    let of_all = invite(&tx, None, &[]).await;
    tx.finish().await;
    let refused = async |token: &str| {
        let tx = store.begin_write().await;
        let outcome = first_factor_done(&tx, ada.clone(), FirstFactor::Password, &by_invite(token)).await;
        outcome.err().expect("a refusal").refusal()
    };
    assert_eq!(refused("nonsense").await, Refusal::BadRequest);
    assert_eq!(refused(&of_bob).await, Refusal::BadRequest, "its owner is no member");
    let tx = store.begin_write().await;
    tenants::set_locked(&tx, "globex", true).await.expect("a lock");
    tx.finish().await;
    assert_eq!(refused(&of_all).await, Refusal::BadRequest, "the tenant is locked");
    let tx = store.begin_write().await;
    tenants::set_locked(&tx, "globex", false).await.expect("no lock");
    tx.finish().await;
    clock.advance(Duration::from_hours(1));
    assert_eq!(refused(&of_all).await, Refusal::BadRequest, "its time is over");
    let tx = store.read().await.expect("a transaction");
    assert_eq!(membership::Entity::find().fetch_count(&tx).await.expect("a count"), 2);
}

async fn wait(tx: &Write, user: &user::Model, client: &ClientInfo) -> String {
    let demand = Demand::Enrollment(vec![MfaStrategy::Sms]);
    let asked = pending::open(tx, user, FirstFactor::Password, client, None, demand).await;
    let Ok(Asked::Enrollment { mfa_token, .. }) = asked else { panic!("a token") };
    mfa_token
}

/// The sign-in that the token was given out for.
async fn look(tx: &Read, mfa_token: &str) -> Option<Pending> {
    match pending::find(tx, mfa_token).await {
        Ok(pending) => Some(pending),
        Err(error) => {
            assert_eq!(
                (error.refusal(), error.messages()),
                (Refusal::Unauthorized, &["MFA token is invalid".to_owned()][..])
            );
            None
        }
    }
}

#[tokio::test]
async fn a_second_factor_ends_the_waiting() {
    let clock = Clock::default();
    clock.freeze();
    let store = store(&clock).await;
    let tx = store.begin_write().await;
    let ada = member(&tx, "ada@acme.test").await;
    // Every tenant gets what is made the default application, and keeps it.
    for id in ["portal", "default"] {
        default_application::mark(&tx, id).await.expect("an application");
    }
    let client = ClientInfo { application_id: Some("portal".to_owned()), ..ClientInfo::default() };
    let (token, other) = (wait(&tx, &ada, &client).await, wait(&tx, &ada, &client).await);
    tx.finish().await;
    clock.advance(Duration::from_secs(299));
    let tx = store.begin_write().await;
    let pending = look(&tx, &token).await.expect("a sign-in");
    assert!(pending.enrolling && pending.user.id == ada.id && pending.first == FirstFactor::Password);
    let proven = Proven { pending, second: SecondFactor::Totp, recovery_code: None, remember: RememberDevice::No };
    let done = second_factor_done(&tx, proven, &ClientInfo::default()).await;
    let Ok(Outcome::SignedIn(signed_in)) = done else { panic!("a session") };
    let claims = claims(signed_in.payload);
    assert_eq!(claims.amr, ["pwd", "mfa", "otp"]);
    assert!(claims.acr.is_some_and(|acr| acr.ends_with("multi-factor")));
    assert_eq!(claims.application_id.as_deref(), Some("portal"), "as the sign-in began");
    // Valid once; the one for another browser is another matter.
    assert!(look(&tx, &token).await.is_none());
    assert!(look(&tx, &other).await.is_some());
}

/// Security cases 16 and 23, as far as the token goes.
#[tokio::test]
async fn case_16_23_the_token_dies_by_time_by_guesses_and_with_its_holder() {
    let clock = Clock::default();
    clock.freeze();
    let store = store(&clock).await;
    let tx = store.begin_write().await;
    let ada = member(&tx, "ada@acme.test").await;
    assert!(look(&tx, "nonsense").await.is_none());

    let token = wait(&tx, &ada, &ClientInfo::default()).await;
    for _ in 0..5 {
        let pending = look(&tx, &token).await.expect("a sign-in");
        pending::failed(&tx, &pending).await.expect("a count");
    }
    assert!(look(&tx, &token).await.is_none(), "five wrong answers");

    // New tokens do not help for long.
    let mut guesses = 5;
    for _ in 0..5 {
        let token = wait(&tx, &ada, &ClientInfo::default()).await;
        while let Some(pending) = look(&tx, &token).await {
            pending::failed(&tx, &pending).await.expect("a count");
            guesses += 1;
        }
    }
    assert_eq!(guesses, 15);
    assert_eq!(users::require(&tx, &ada.id).await.expect("a user").failed_logins, 0);
    let bob = member(&tx, "bob@acme.test").await;
    let bobs = wait(&tx, &bob, &ClientInfo::default()).await;
    assert!(look(&tx, &bobs).await.is_some(), "others are not concerned");
    clock.advance(Duration::from_mins(16));
    tx.finish().await;

    let tx = store.begin_write().await;
    let token = wait(&tx, &ada, &ClientInfo::default()).await;
    assert!(look(&tx, &token).await.is_some());
    tx.finish().await;
    clock.advance(Duration::from_mins(5));
    let tx = store.begin_write().await;
    assert!(look(&tx, &token).await.is_none(), "five minutes");

    let token = wait(&tx, &ada, &ClientInfo::default()).await;
    let mut row = users::require(&tx, &ada.id).await.expect("a user").into_active_model();
    row.is_locked = Set(true);
    row.update(&tx).await.expect("a lock");
    assert!(look(&tx, &token).await.is_none(), "they are locked");
}
