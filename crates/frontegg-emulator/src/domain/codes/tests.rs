//! Tokens and codes: valid once, for one, for a time, against a few guesses.

use super::*;
use crate::{
    clock::Clock,
    domain::users::{self, NewUser},
    store::{Store, StoreTarget},
};

struct World {
    store: Store,
    clock: Clock,
    ada: String,
    bob: String,
}

impl World {
    async fn new() -> Self {
        let clock = Clock::default();
        clock.freeze();
        let store = Store::open(&StoreTarget::Memory, clock.clone(), "http://emulator.test").await.expect("a store");
        let tx = store.begin_write().await;
        let (ada, bob) = (person(&tx, "ada@acme.test").await, person(&tx, "bob@acme.test").await);
        tx.finish().await;
        Self { store, clock, ada, bob }
    }

    async fn tx(&self) -> Write {
        self.store.begin_write().await
    }
}

async fn person(tx: &Write, email: &str) -> String {
    let new = NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    users::create(tx, new).await.expect("a person").id
}

fn invalid(spent: DomainResult<impl Into<Counted>>) -> InvalidCode {
    match spent.expect("an answer").into() {
        Tried::Refused(invalid) => invalid,
        Tried::Done(row) => panic!("{row:?} is good"),
    }
}

fn good(spent: DomainResult<impl Into<Counted>>) -> one_time_token::Model {
    match spent.expect("an answer").into() {
        Tried::Done(row) => row,
        Tried::Refused(invalid) => panic!("{invalid:?}"),
    }
}

/// Another code than that.
fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test]
async fn a_token_is_good_once_for_its_purpose() {
    let world = World::new().await;
    let tx = world.tx().await;
    let token = Grant::new(Purpose::PasswordReset, &world.ada).token(&tx).await.expect("a token");
    let presented = Presented::new(Purpose::PasswordReset, &token);
    assert_eq!(invalid(Presented::new(Purpose::Unlock, &token).spend(&tx).await), InvalidCode::Unknown);
    assert_eq!(invalid(presented.user(&world.bob).spend(&tx).await), InvalidCode::Unknown);
    assert_eq!(invalid(presented.target("x").spend(&tx).await), InvalidCode::Unknown);
    assert_eq!(invalid(Presented::new(Purpose::PasswordReset, "").spend(&tx).await), InvalidCode::Unknown);
    good(presented.look(&tx).await);
    assert_eq!(good(presented.user(&world.ada).spend(&tx).await).user_id, world.ada);
    assert_eq!(invalid(presented.look(&tx).await), InvalidCode::Spent);
    assert_eq!(invalid(presented.spend(&tx).await), InvalidCode::Spent);
}

#[tokio::test]
async fn a_new_one_voids_the_old_and_time_voids_all() {
    let world = World::new().await;
    let tx = world.tx().await;
    let grant = Grant::new(Purpose::Unlock, &world.ada).lifetime(Duration::from_mins(1));
    let (first, second) = (grant.token(&tx).await.expect("a token"), grant.token(&tx).await.expect("a token"));
    let others = Grant::new(Purpose::Unlock, &world.bob).token(&tx).await.expect("a token");
    assert_eq!(invalid(Presented::new(Purpose::Unlock, &first).look(&tx).await), InvalidCode::Unknown);
    good(Presented::new(Purpose::Unlock, &second).look(&tx).await);
    tx.finish().await;

    world.clock.advance(Duration::from_mins(1));
    let tx = world.tx().await;
    assert_eq!(invalid(Presented::new(Purpose::Unlock, &second).spend(&tx).await), InvalidCode::Expired);
    good(Presented::new(Purpose::Unlock, &others).spend(&tx).await);
    void(&tx, Purpose::Unlock, &world.ada).await.expect("a deletion");
    assert_eq!(invalid(Presented::new(Purpose::Unlock, &second).spend(&tx).await), InvalidCode::Unknown);
}

/// Security case 17, at its root.
#[tokio::test]
async fn five_wrong_guesses_void_a_code() {
    let world = World::new().await;
    let tx = world.tx().await;
    let grant = Grant::new(Purpose::PhoneVerification, &world.ada);
    let handle = grant.code(&tx).await.expect("a code");
    let presented = Presented::new(Purpose::PhoneVerification, &handle.token);
    // The handle alone is not enough, and asking so is no guess.
    assert_eq!(invalid(presented.spend(&tx).await), InvalidCode::Wrong);
    for _ in 1..TRIES {
        assert_eq!(invalid(presented.spend_with(&tx, wrong(&handle.code)).await), InvalidCode::Wrong);
    }
    good(presented.look(&tx).await);
    assert_eq!(invalid(presented.spend_with(&tx, "").await), InvalidCode::Wrong);
    assert_eq!(invalid(presented.spend_with(&tx, &handle.code).await), InvalidCode::Exhausted);

    let handle = grant.code(&tx).await.expect("a code");
    let presented = Presented::new(Purpose::PhoneVerification, &handle.token);
    good(presented.spend_with(&tx, &handle.code).await);
    assert_eq!(invalid(presented.spend_with(&tx, &handle.code).await), InvalidCode::Spent);
}

#[tokio::test]
async fn codes_about_several_things_live_side_by_side() {
    let world = World::new().await;
    let tx = world.tx().await;
    let grant = Grant::new(Purpose::PhoneVerification, &world.ada);
    let one = grant.target("+491").code_per_target(&tx).await.expect("a code");
    let two = grant.target("+492").code_per_target(&tx).await.expect("a code");
    let again = grant.target("+491").code_per_target(&tx).await.expect("a code");
    let look = async |handle: &Handle| {
        Presented::new(Purpose::PhoneVerification, &handle.token).look(&tx).await.expect("an answer").is_ok()
    };
    assert!(!look(&one).await);
    assert!(look(&two).await && look(&again).await);
}

#[tokio::test]
async fn bare_codes_differ_and_share_their_guesses() {
    let world = World::new().await;
    let tx = world.tx().await;
    let purpose = Purpose::CodeSignIn;
    let adas = Grant::new(purpose, &world.ada).device(Some("browser")).bare_code(&tx).await.expect("a code");
    let bobs = Grant::new(purpose, &world.bob).bare_code(&tx).await.expect("a code");
    assert_ne!(adas, bobs);
    let wrong = (0..3).map(|n| format!("{n:06}")).find(|code| *code != adas && *code != bobs).expect("a code");
    // A guess for one browser is none for the others.
    assert_eq!(invalid(spend_bare(&tx, purpose, &bobs, Some(&["browser"])).await), InvalidCode::Wrong);
    assert_eq!(invalid(spend_bare(&tx, Purpose::SmsSignIn, &adas, None).await), InvalidCode::Wrong);
    for _ in 2..TRIES {
        assert_eq!(invalid(spend_bare(&tx, purpose, &wrong, None).await), InvalidCode::Wrong);
    }
    assert_eq!(invalid(spend_bare(&tx, purpose, &wrong, None).await), InvalidCode::Wrong);
    assert_eq!(invalid(spend_bare(&tx, purpose, &adas, None).await), InvalidCode::Wrong, "five guesses");
    // Ada's, dead by then, was the fifth wrong one for Bob's.
    assert_eq!(invalid(spend_bare(&tx, purpose, &bobs, None).await), InvalidCode::Wrong);

    let adas = Grant::new(purpose, &world.ada).bare_code(&tx).await.expect("a code");
    assert_eq!(good(spend_bare(&tx, purpose, &adas, None).await).user_id, world.ada);
    assert_eq!(invalid(spend_bare(&tx, purpose, &adas, None).await), InvalidCode::Wrong);
}

/// Security case 24, for these secrets: the store does not hold them.
#[tokio::test]
async fn the_store_holds_fingerprints() {
    let world = World::new().await;
    let tx = world.tx().await;
    let handle = Grant::new(Purpose::MailSecondFactor, &world.ada).code(&tx).await.expect("a code");
    let bare = Grant::new(Purpose::SmsSignIn, &world.ada).bare_code(&tx).await.expect("a code");
    let rows = one_time_token::Entity::find().fetch_all(&tx).await.expect("rows");
    let text = format!("{rows:?}");
    assert_eq!(rows.len(), 2);
    assert!(!text.contains(&handle.token));
    for code in [&handle.code, &bare] {
        assert!(!text.contains(&format!("\"{code}\"")));
        assert!(!text.contains(&ids::fingerprint(code)), "a code is not found by trying them all");
    }
}

#[tokio::test]
async fn an_own_code_is_good_for_its_holder_and_what_it_is_about() {
    let world = World::new().await;
    let tx = world.tx().await;
    let issue = async |user_id: &str, target: &str| {
        let grant = Grant::new(Purpose::EmailVerification, user_id).target(target);
        grant.own_code(&tx).await.expect("a code")
    };
    let spend = async |user_id: &str, target: &str, code: &str| {
        spend_own(&tx, Purpose::EmailVerification, Own { user_id, target }, code).await
    };
    let (ada, bob) = (world.ada.as_str(), world.bob.as_str());
    let old = issue(ada, "x").await;
    let (x, y) = (issue(ada, "x").await, issue(ada, "y").await);
    assert_eq!(invalid(spend(bob, "x", &x).await), InvalidCode::Unknown);
    assert_eq!(invalid(spend(ada, "z", &x).await), InvalidCode::Unknown);
    if old != x {
        assert_eq!(invalid(spend(ada, "x", &old).await), InvalidCode::Wrong, "the new one is the one");
    }
    for _ in 0..TRIES {
        assert_eq!(invalid(spend(ada, "y", wrong(&y)).await), InvalidCode::Wrong);
    }
    assert_eq!(invalid(spend(ada, "y", &y).await), InvalidCode::Exhausted);
    good(spend(ada, "x", &x).await);
    assert_eq!(invalid(spend(ada, "x", &x).await), InvalidCode::Spent);
    // Nothing that could be presented elsewhere is stored in clear.
    let late = issue(ada, "y").await;
    tx.finish().await;
    world.clock.advance(LIFETIME);
    let tx = world.tx().await;
    let row = spend_own(&tx, Purpose::EmailVerification, Own { user_id: ada, target: "y" }, &late).await;
    assert_eq!(invalid(row), InvalidCode::Expired);
}
