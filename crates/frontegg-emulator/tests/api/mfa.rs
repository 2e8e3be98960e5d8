//! Tag “MFA”, over HTTP: a module for each kind of factor, and for what they have to withstand.

mod apps;
mod mails;
mod phones;
mod recovery;
mod remembering;
mod security;

use serde_json::{Value, json};

use crate::support::{
    World,
    authenticator::App,
    browser::{Browser, Reply},
};

const ADA: &str = "ada@acme.test";

/// With Ada in acme, who has a password; the clock stands still.
async fn world() -> (World, String) {
    let world = World::start().await;
    let ada = populate(&world).await;
    (world, ada)
}

async fn populate(world: &World) -> String {
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    world.member("acme", ADA).await
}

/// A browser in which that person of acme is signed in.
async fn self_service(world: &World, user_id: &str) -> Browser {
    world.browser().bearer(&world.token(user_id, "acme").await)
}

/// Sets an app up for that person of acme; the app, and the recovery code if there is one.
pub(crate) async fn enroll(world: &World, user_id: &str) -> (App, String) {
    let mut browser = self_service(world, user_id).await;
    let offer = browser.done("enroll_my_authenticator_mfa", &[], Value::Null).await;
    let app = App::of(&offer["secret"]);
    let code = json!({ "token": app.code(world) });
    let answer = browser.done("verify_my_authenticator_mfa_enrollment", &[], code).await;
    (app, answer["recoveryCode"].as_str().expect("a text").to_owned())
}

/// Sets a phone up for that person of acme; the recovery code if there is one.
async fn enroll_phone(world: &World, user_id: &str, number: &str) -> String {
    let mut browser = self_service(world, user_id).await;
    let sent = browser.done("enroll_my_sms_mfa", &[], json!({ "phoneNumber": number })).await;
    let code = code_to(world, number).await;
    let answer = json!({ "otcToken": sent["otcToken"], "code": code });
    let answer = browser.done("verify_my_sms_mfa_enrollment", &[], answer).await;
    answer["recoveryCode"].as_str().expect("a text").to_owned()
}

/// The code that was sent there last.
async fn code_to(world: &World, recipient: &str) -> String {
    world.emulator.outbox().last_to(recipient).code().await.expect("a code")
}

/// Another code of six digits.
fn other(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

/// Switches a method on or off.
async fn switch(world: &World, strategy: &str, active: bool) {
    let body = json!({ "strategy": strategy, "isActive": active });
    world.back_end(None).await.done("set_mfa_strategy", &[], body).await;
}

/// Writes the MFA policy of the environment, or of a tenant.
pub(crate) async fn policy(world: &World, tenant: Option<&str>, body: Value) {
    world.back_end(tenant).await.done("set_mfa_policy", &[], body).await;
}

/// The token of an answer that demands a second factor, and nothing else of use.
#[track_caller]
fn demand(reply: &Reply) -> String {
    assert!((200..300).contains(&reply.status), "{}", reply.body);
    assert_eq!(reply.body["mfaRequired"], true, "{}", reply.body);
    for token in ["accessToken", "refreshToken"] {
        assert_eq!(reply.body[token], "", "{}", reply.body);
    }
    assert!(reply.cookies.is_empty(), "{:?}", reply.cookies);
    reply.body["mfaToken"].as_str().expect("an mfaToken").to_owned()
}

/// The mfaToken of a fresh sign-in in that browser.
pub(crate) async fn challenge(browser: &mut Browser, email: &str) -> String {
    demand(&browser.sign_in(email).await)
}

/// Whether a person has a second factor, as a back end sees it.
async fn is_enrolled(world: &World, user_id: &str) -> bool {
    let user = world.back_end(None).await.done("get_user_globally", &[user_id], Value::Null).await;
    user["mfaEnrolled"].as_bool().expect("a flag")
}

/// The types of the mails and SMS messages that went to a recipient.
async fn templates(world: &World, recipient: &str) -> Vec<String> {
    let messages = world.emulator.outbox().messages_to(recipient).await.expect("the messages");
    messages.iter().map(|message| message.template().to_owned()).collect()
}
