//! People add addresses of their own, and change the one they have, by codes mailed to them.

use std::time::Duration;

use frontegg_identity::{
    Authorized, Error,
    types::{
        CreateUserEmailRequestDto, CreateUserEmailVerifyRequestDto, CreateUserEmailsPolicyRequestDto,
        SelfEmailUpdateRequestDto, SelfEmailUpdateVerifyRequestDto,
    },
    views::Users,
};
use serde_json::json;

use super::{
    NOBODY,
    support::{World, browser::PASSWORD, refused},
};

const ADA: &str = "ada@acme.test";
const NEW: &str = "Ada@globex.test";
const BAD: &str = "The code is wrong or has expired";

async fn start() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    (world, ada)
}

async fn allow_change(world: &World, allowed: bool) {
    let policy = CreateUserEmailsPolicyRequestDto::new().allow_email_change(allowed);
    world.frontegg.self_service().user_emails_policy().set_user_emails_policy(&policy).await.expect("a policy");
}

async fn add<A: Authorized>(own: &Users<A>, email: &str) -> Result<String, Error> {
    Ok(own.add_my_email(&CreateUserEmailRequestDto::new(email)).await?.id)
}

async fn verify<A: Authorized>(own: &Users<A>, email: &str, code: &str) -> Result<(), Error> {
    own.verify_my_email(&CreateUserEmailVerifyRequestDto::new(code, email)).await
}

async fn ask<A: Authorized>(own: &Users<A>, email: &str) -> Result<(), Error> {
    own.request_my_email_change(&SelfEmailUpdateRequestDto::new(email)).await
}

async fn confirm<A: Authorized>(own: &Users<A>, email: &str, code: &str) -> Result<(), Error> {
    own.verify_my_email_change(&SelfEmailUpdateVerifyRequestDto::new(code, email)).await
}

async fn addresses<A: Authorized>(own: &Users<A>) -> Vec<(String, bool, bool)> {
    let rows = own.list_my_emails().await.expect("addresses").into_iter();
    rows.map(|row| (row.email, row.verified, row.is_primary)).collect()
}

async fn mailed(world: &World, email: &str, template: &str) -> String {
    world.emulator.outbox().last_to(email).template(template).code().await.expect("a code")
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test]
async fn a_further_address_is_proven_by_a_code() {
    let (world, ada) = start().await;
    let own = world.session(&ada, "acme").await.user_management();
    let answer = own.add_my_email(&CreateUserEmailRequestDto::new(NEW)).await.expect("an address");
    assert_eq!((answer.email.as_str(), answer.user_id.as_str()), (NEW, ada.as_str()));
    assert!(!answer.verified && !answer.is_primary);
    assert_eq!(world.emulator.outbox().messages().await.expect("messages").len(), 1, "to the new address alone");
    let code = mailed(&world, NEW, "EmailVerification").await;
    assert_eq!(refused(verify(&own, NEW, wrong(&code)).await, 400), BAD);
    assert_eq!(refused(verify(&own, "other@globex.test", &code).await, 404), "Email not found");
    assert_eq!(refused(verify(&own, ADA, &code).await, 400), BAD, "it is about another address");
    verify(&own, "ada@GLOBEX.test", &code).await.expect("proof");
    assert_eq!(addresses(&own).await, [(ADA.to_owned(), true, true), (NEW.to_owned(), true, false)]);
    assert_eq!(refused(verify(&own, NEW, &code).await, 400), BAD, "the code is spent");

    for taken in [ADA, "ADA@globex.test"] {
        assert_eq!(refused(add(&own, taken).await, 409), "Email already exists");
    }
    assert_eq!(refused(add(&own, "ada").await, 400), "email must be an email");
    assert_eq!(world.emulator.outbox().messages().await.expect("messages").len(), 1);
}

#[tokio::test]
async fn each_added_address_has_its_own_code() {
    let (world, ada) = start().await;
    world.emulator.clock().freeze();
    let own = world.session(&ada, "acme").await.user_management();
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let others = world.session(&bob, "acme").await.user_management();
    add(&own, "one@acme.test").await.expect("an address");
    let two = add(&own, "two@acme.test").await.expect("an address");
    let (one_code, two_code) = (
        mailed(&world, "one@acme.test", "EmailVerification").await,
        mailed(&world, "two@acme.test", "EmailVerification").await,
    );
    // Nobody else's business.
    assert_eq!(refused(verify(&others, "one@acme.test", &one_code).await, 404), "Email not found");
    // Guesses at one are no guesses at the other.
    for _ in 0..5 {
        assert_eq!(refused(verify(&own, "two@acme.test", wrong(&two_code)).await, 400), BAD);
    }
    assert_eq!(refused(verify(&own, "two@acme.test", &two_code).await, 400), BAD, "five wrong ones void it");
    world.emulator.clock().advance(Duration::from_secs(599));
    verify(&own, "one@acme.test", &one_code).await.expect("proof");
    // Whoever wants a new code adds the address anew.
    own.delete_my_email(&two).await.expect("a deletion");
    assert_eq!(refused(verify(&own, "two@acme.test", &two_code).await, 404), "Email not found");
    add(&own, "two@acme.test").await.expect("an address");
    let code = mailed(&world, "two@acme.test", "EmailVerification").await;
    world.emulator.clock().advance(Duration::from_mins(10));
    assert_eq!(refused(verify(&own, "two@acme.test", &code).await, 400), BAD, "ten minutes");
}

#[tokio::test]
async fn a_back_end_adds_addresses_for_somebody() {
    let (world, ada) = start().await;
    let acme = world.frontegg.tenant("acme");
    let own = acme.user(&ada).user_management();
    add(&own, NEW).await.expect("an address");
    verify(&own, NEW, &mailed(&world, NEW, "EmailVerification").await).await.expect("proof");
    allow_change(&world, true).await;
    ask(&own, "third@acme.test").await.expect("a code");
    confirm(&own, "third@acme.test", &mailed(&world, "third@acme.test", "VerifyNewEmail").await)
        .await
        .expect("a change");
    assert_eq!(addresses(&own).await[0], ("third@acme.test".to_owned(), true, true));
    let nobody = acme.user(NOBODY).user_management();
    assert_eq!(refused(add(&nobody, "x@acme.test").await, 404), "User not found");
    assert_eq!(refused(ask(&nobody, "x@acme.test").await, 404), "User not found");
    let raw = world.raw().await;
    for (id, body) in [
        ("add_my_email", json!({ "email": "x@acme.test" })),
        ("verify_my_email", json!({ "email": "x@acme.test", "code": "123456" })),
        ("request_my_email_change", json!({ "email": "x@acme.test" })),
        ("verify_my_email_change", json!({ "email": "x@acme.test", "code": "123456" })),
    ] {
        assert_eq!(raw.call(id, &[], body.clone()).await.refused(403), "User ID is not specified");
        world.raw_with("").call(id, &[], body).await.refused(401);
        raw.call(id, &[], json!({})).await.refused(403);
    }
}

#[tokio::test]
async fn an_address_is_changed_by_a_code_to_the_new_one() {
    let (world, ada) = start().await;
    let own = world.session(&ada, "acme").await.user_management();
    let forbidden = refused(ask(&own, NEW).await, 403);
    assert_eq!(forbidden, "Changing the email is not allowed in this environment");
    allow_change(&world, true).await;
    let reset = json!({ "email": ADA });
    world.browser().done("send_password_reset_email_v1", &[], reset).await;
    ask(&own, NEW).await.expect("a code");
    let code = mailed(&world, NEW, "VerifyNewEmail").await;
    assert!(world.emulator.outbox().last_to(ADA).template("VerifyNewEmail").find().await.expect("a look").is_none());
    assert_eq!(addresses(&own).await, [(ADA.to_owned(), true, true)], "nothing has changed yet");

    assert_eq!(refused(confirm(&own, NEW, wrong(&code)).await, 400), BAD);
    assert_eq!(refused(confirm(&own, "other@globex.test", &code).await, 400), BAD);
    // What was asked for may still be confirmed.
    allow_change(&world, false).await;
    confirm(&own, "ada@globex.test", &code).await.expect("a change");
    assert_eq!(addresses(&own).await, [("ada@globex.test".to_owned(), true, true)], "the former one is dropped");
    assert_eq!(refused(confirm(&own, NEW, &code).await, 400), BAD, "the code is spent");
    let notice = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!(notice.template(), "EmailAddressChanged");
    assert!(notice.body().contains("ada@globex.test") && notice.code().is_none());

    // Signing in follows, and what was mailed to the former address is void.
    world.browser().sign_in(ADA).await.refused(401);
    world.browser().sign_in("ada@globex.test").await.token();
    let token = world.emulator.outbox().last_to(ADA).template("ResetPassword").token().await.expect("a token");
    let body = json!({ "userId": ada, "token": token, "password": format!("{PASSWORD}!") });
    world.browser().call("reset_password_with_token", &[], body).await.refused(401);
    // The former address is free.
    world.user("acme", ADA, &[]).await;
}

#[tokio::test]
async fn a_change_may_come_to_nothing() {
    let (world, ada) = start().await;
    world.emulator.clock().freeze();
    allow_change(&world, true).await;
    let own = world.session(&ada, "acme").await.user_management();
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    for taken in [ADA, "BOB@acme.test"] {
        assert_eq!(refused(ask(&own, taken).await, 409), "Email already exists");
    }
    assert_eq!(refused(ask(&own, "ada").await, 400), "email must be an email");
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());

    // A second request replaces the first, whatever it is about.
    ask(&own, "one@acme.test").await.expect("a code");
    let one = mailed(&world, "one@acme.test", "VerifyNewEmail").await;
    ask(&own, "two@acme.test").await.expect("a code");
    let two = mailed(&world, "two@acme.test", "VerifyNewEmail").await;
    assert_eq!(refused(confirm(&own, "one@acme.test", &one).await, 400), BAD);
    let others = world.session(&bob, "acme").await.user_management();
    assert_eq!(refused(confirm(&others, "two@acme.test", &two).await, 400), BAD);
    // Five wrong ones.
    for _ in 0..5 {
        refused(confirm(&own, "two@acme.test", wrong(&two)).await, 400);
    }
    assert_eq!(refused(confirm(&own, "two@acme.test", &two).await, 400), BAD);
    // Time.
    ask(&own, "two@acme.test").await.expect("a code");
    let two = mailed(&world, "two@acme.test", "VerifyNewEmail").await;
    world.emulator.clock().advance(Duration::from_mins(10));
    assert_eq!(refused(confirm(&own, "two@acme.test", &two).await, 400), BAD);
    // Somebody was faster.
    ask(&own, "two@acme.test").await.expect("a code");
    let two = mailed(&world, "two@acme.test", "VerifyNewEmail").await;
    let fast = add(&others, "two@acme.test").await.expect("an address");
    let code = mailed(&world, "two@acme.test", "EmailVerification").await;
    verify(&others, "two@acme.test", &code).await.expect("proof");
    assert_eq!(refused(confirm(&own, "two@acme.test", &two).await, 409), "Email already exists");
    assert_eq!(addresses(&own).await, [(ADA.to_owned(), true, true)]);
    others.delete_my_email(&fast).await.expect("a deletion");
    confirm(&own, "two@acme.test", &two).await.expect("the code was not spent");

    // An address that one has already, proven or not, may become the one.
    add(&own, "three@acme.test").await.expect("an address");
    ask(&own, "three@acme.test").await.expect("a code");
    confirm(&own, "three@acme.test", &mailed(&world, "three@acme.test", "VerifyNewEmail").await)
        .await
        .expect("a change");
    assert_eq!(addresses(&own).await, [("three@acme.test".to_owned(), true, true)]);
}
