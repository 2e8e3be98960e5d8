//! What a change to somebody's identity makes void, cell by cell: for each change a person with everything
//! that may outlive it, and a look at what is left.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    mfa::{challenge, enroll, policy},
    support::{
        World,
        authenticator::App,
        browser::{Browser, PASSWORD},
    },
};

const ADA: &str = "ada@acme.test";
const NUMBER: &str = "+4915112345678";
const NEW: &str = "Another-horse-1816";

/// What may be left.
const SESSION: &str = "the session of the change";
const OTHER_SESSION: &str = "another session";
const PENDING: &str = "a sign-in under way";
const REMEMBERED: &str = "a remembered browser";
const MAILED_RESET: &str = "a mailed reset";
const SENT_RESET: &str = "a reset by SMS";
const LINK: &str = "a magic link";
const SMS: &str = "a sign-in by SMS";
const ALL: [&str; 8] = [SESSION, OTHER_SESSION, PENDING, REMEMBERED, MAILED_RESET, SENT_RESET, LINK, SMS];

/// Somebody with all of that.
struct Person {
    world: World,
    id: String,
    app: App,
    session: Browser,
    other_session: Browser,
    mfa_token: String,
    remembered: Browser,
    mailed_reset: String,
    /// Handle and code.
    sent_reset: Value,
    link: String,
    sms: String,
    password: &'static str,
}

impl Person {
    async fn new() -> Self {
        let world = World::start().await;
        world.emulator.clock().freeze();
        world.tenant("acme").await;
        let id = world.member("acme", ADA).await;
        let mut back_end = world.back_end(None).await;
        let number = json!({ "phoneNumber": NUMBER });
        back_end.done("add_user_phone_number_globally", &[&id], number).await;
        let sessions = [signed_in(&world).await, signed_in(&world).await];
        let (app, _) = enroll(&world, &id).await;
        policy(&world, None, json!({ "allowRememberMyDevice": true })).await;
        let mut remembered = world.browser();
        let mfa_token = challenge(&mut remembered, ADA).await;
        let code = json!({ "mfaToken": mfa_token, "value": app.next_code(&world), "rememberDevice": true });
        remembered.done("verify_login_mfa_authenticator", &[], code).await;
        let mfa_token = challenge(&mut world.browser(), ADA).await;

        let mut browser = world.browser();
        browser.done("send_password_reset_email_v1", &[], json!({ "email": ADA })).await;
        let mailed_reset = world.emulator.outbox().last_to(ADA).token().await.expect("a token");
        let named = json!({ "identifier": ADA, "identifierType": "email" });
        let handle = browser.done("send_password_reset_sms", &[], named).await["sessionId"].clone();
        let code = world.emulator.outbox().last_to(NUMBER).code().await.expect("a code");
        let sent_reset = json!({ "sessionId": handle, "otcToken": code });
        world.configure(json!({ "authStrategy": "MagicLink" })).await;
        browser.done("send_passwordless_magic_link", &[], json!({ "email": ADA })).await;
        let link = world.emulator.outbox().last_to(ADA).token().await.expect("a token");
        world.configure(json!({ "authStrategy": "SmsCode" })).await;
        browser.done("send_passwordless_sms_code", &[], json!({ "email": ADA })).await;
        let sms = world.emulator.outbox().last_to(NUMBER).code().await.expect("a code");
        world.configure(json!({ "authStrategy": "EmailAndPassword" })).await;
        let [session, other_session] = sessions;
        Self {
            world,
            id,
            app,
            session,
            other_session,
            mfa_token,
            remembered,
            mailed_reset,
            sent_reset,
            link,
            sms,
            password: PASSWORD,
        }
    }

    async fn by_back_end(&self, operation: &str, path: &[&str], body: Value) {
        self.world.back_end(None).await.done(operation, path, body).await;
    }

    /// Looks at each, beginning with what changes nothing.
    async fn left(mut self) -> BTreeSet<&'static str> {
        let ok = |status: u16| (200..300).contains(&status);
        let mut left = BTreeSet::new();
        let mut keep = |what: &'static str, kept: bool| {
            if kept {
                left.insert(what);
            }
        };
        keep(SESSION, ok(self.session.refresh().await.status));
        keep(OTHER_SESSION, ok(self.other_session.refresh().await.status));
        let reply = self.remembered.sign_in_with(ADA, self.password).await;
        keep(REMEMBERED, reply.body["accessToken"].as_str().is_some_and(|token| !token.is_empty()));
        let mut browser = self.world.browser();
        let code = json!({ "mfaToken": self.mfa_token, "value": self.app.next_code(&self.world) });
        keep(PENDING, ok(browser.call("verify_login_mfa_authenticator", &[], code).await.status));
        let token = json!({ "userId": self.id, "token": self.mailed_reset });
        keep(MAILED_RESET, ok(browser.call("validate_password_reset_token", &[], token).await.status));
        keep(SENT_RESET, ok(browser.call("verify_password_reset_sms_code", &[], self.sent_reset.clone()).await.status));
        self.world.configure(json!({ "authStrategy": "MagicLink" })).await;
        let token = json!({ "token": self.link });
        keep(LINK, ok(browser.call("authenticate_user_with_magic_link", &[], token).await.status));
        self.world.configure(json!({ "authStrategy": "SmsCode" })).await;
        let token = json!({ "token": self.sms });
        keep(SMS, ok(browser.call("authenticate_user_with_sms_code", &[], token).await.status));
        left
    }
}

async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    browser.bearer(&token)
}

#[track_caller]
fn assert_voids(left: &BTreeSet<&'static str>, voided: &[&'static str]) {
    let kept: BTreeSet<_> = ALL.into_iter().filter(|what| !voided.contains(what)).collect();
    assert_eq!(left, &kept);
}

#[tokio::test]
async fn without_a_change_all_is_left() {
    assert_voids(&Person::new().await.left().await, &[]);
}

#[tokio::test]
async fn a_changed_password() {
    let mut ada = Person::new().await;
    let body = json!({ "password": PASSWORD, "newPassword": NEW });
    ada.session.done("change_my_password", &[], body).await;
    ada.password = NEW;
    assert_voids(&ada.left().await, &[OTHER_SESSION, PENDING, REMEMBERED, MAILED_RESET, SENT_RESET]);
}

#[tokio::test]
async fn a_password_that_was_reset() {
    let mut ada = Person::new().await;
    let body = json!({ "userId": ada.id, "token": ada.mailed_reset, "password": NEW });
    ada.world.browser().done("reset_password_with_token", &[], body).await;
    ada.password = NEW;
    assert_voids(&ada.left().await, &[SESSION, OTHER_SESSION, PENDING, REMEMBERED, MAILED_RESET, SENT_RESET]);
}

#[tokio::test]
async fn an_address_that_the_environment_replaced() {
    let ada = Person::new().await;
    ada.by_back_end("set_user_email", &[&ada.id], json!({ "email": "new@acme.test" })).await;
    // The former address again, so that only what was voided is gone.
    ada.by_back_end("set_user_email", &[&ada.id], json!({ "email": ADA })).await;
    assert_voids(&ada.left().await, &[MAILED_RESET, LINK]);
}

#[tokio::test]
async fn a_number_that_was_taken_away() {
    let ada = Person::new().await;
    let numbers = ada.world.frontegg.tenant("acme").user(&ada.id).sms().list_my_phone_numbers().await.expect("numbers");
    ada.by_back_end("delete_user_phone_number_globally", &[&ada.id, &numbers[0].id], Value::Null).await;
    ada.by_back_end("add_user_phone_number_globally", &[&ada.id], json!({ "phoneNumber": NUMBER })).await;
    assert_voids(&ada.left().await, &[SENT_RESET, SMS]);
}

#[tokio::test]
async fn a_bar_that_was_lifted() {
    let ada = Person::new().await;
    ada.by_back_end("lock_user", &[&ada.id], Value::Null).await;
    ada.by_back_end("unlock_user", &[&ada.id], Value::Null).await;
    assert_voids(&ada.left().await, &[SESSION, OTHER_SESSION, PENDING]);
}

#[tokio::test]
async fn second_factors_that_were_taken_away() {
    let mut ada = Person::new().await;
    ada.by_back_end("unenroll_user_mfa_globally", &[&ada.id], Value::Null).await;
    (ada.app, _) = enroll(&ada.world, &ada.id).await;
    assert_voids(&ada.left().await, &[REMEMBERED]);
}

/// Faults of the kind "a sign-in begun with the old password outlives its change": where a second factor is
/// forced and the person has none yet, whoever knew the old password could set one up.
#[tokio::test]
async fn nobody_sets_a_factor_up_with_the_old_password() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    policy(&world, None, json!({ "enforceMFAType": "Force" })).await;
    let mut thief = world.browser();
    let reply = thief.sign_in(ADA).await;
    let (mfa_token, qr_code) = (reply.body["mfaToken"].clone(), reply.body["qrCode"].clone());
    assert!(qr_code.is_string(), "{}", reply.body);
    world.browser().done("send_password_reset_email_v1", &[], json!({ "email": ADA })).await;
    let token = world.emulator.outbox().last_to(ADA).token().await.expect("a token");
    let body = json!({ "userId": ada, "token": token, "password": NEW });
    world.browser().done("reset_password_with_token", &[], body).await;
    let offer = thief.call("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    offer.refused(401);
}
