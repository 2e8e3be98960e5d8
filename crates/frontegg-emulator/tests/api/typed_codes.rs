//! Codes as people type them: with the blanks and dashes that apps and mails put into them.

use serde_json::{Value, json};

use crate::support::{World, authenticator::App, browser::Browser};

const ADA: &str = "ada@acme.test";
const NUMBER: &str = "+4915112345678";

/// The ways in which a code of six digits is typed.
fn typings(code: &str) -> [String; 6] {
    let (first, last) = code.split_at(3);
    [
        format!("{first} {last}"),
        format!(" {code}"),
        format!("{code}\n"),
        format!("{first}-{last}"),
        format!("{first}\u{2013}{last}"),
        format!("\u{200b}{first}\u{a0}{last}"),
    ]
}

async fn world() -> (World, String) {
    let world = World::start().await;
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    (world, ada)
}

async fn own(world: &World, ada: &str) -> Browser {
    world.browser().bearer(&world.token(ada, "acme").await)
}

async fn code(world: &World) -> String {
    world.emulator.outbox().last().code().await.expect("a code")
}

#[tokio::test]
async fn codes_of_mails_and_messages_are_read_as_they_are_typed() {
    let (world, ada) = world().await;
    for index in 0..typings("123456").len() {
        let typed = |code: String| typings(&code)[index].clone();
        let mut browser = own(&world, &ada).await;
        let address = format!("ada{index}@acme.test");
        browser.done("add_my_email", &[], json!({ "email": address })).await;
        let body = json!({ "email": address, "code": typed(code(&world).await) });
        browser.done("verify_my_email", &[], body).await;
        let number = format!("+491511234567{index}");
        let added = browser.done("add_my_phone_number", &[], json!({ "phoneNumber": number })).await;
        let body = json!({ "otcToken": added["otcToken"], "code": typed(code(&world).await) });
        browser.done("verify_my_phone_number", &[], body).await;
        for (strategy, send, finish, sent) in [
            ("Code", "send_passwordless_email_code", "authenticate_user_with_email_code", json!({ "email": ADA })),
            (
                "SmsCode",
                "send_passwordless_sms_code",
                "authenticate_user_with_sms_code",
                json!({ "phoneNumber": number }),
            ),
        ] {
            world.configure(json!({ "authStrategy": strategy })).await;
            let mut browser = world.browser();
            browser.done(send, &[], sent).await;
            let token = typed(code(&world).await);
            browser.call(finish, &[], json!({ "token": token })).await.token();
        }
        world.configure(json!({ "authStrategy": "EmailAndPassword" })).await;
    }
}

#[tokio::test]
async fn codes_of_second_factors_are_read_as_they_are_typed() {
    let (world, ada) = world().await;
    let body = json!({ "strategy": "SMS", "isActive": true });
    world.back_end(None).await.done("set_mfa_strategy", &[], body).await;
    let mut browser = own(&world, &ada).await;
    let offer = browser.done("enroll_my_authenticator_mfa", &[], Value::Null).await;
    let app = App::of(&offer["secret"]);
    let typed = json!({ "token": typings(&app.code(&world))[0] });
    let enrolled = browser.done("verify_my_authenticator_mfa_enrollment", &[], typed).await;
    let sent = browser.done("enroll_my_sms_mfa", &[], json!({ "phoneNumber": NUMBER })).await;
    let typed = json!({ "otcToken": sent["otcToken"], "code": typings(&code(&world).await)[3] });
    browser.done("verify_my_sms_mfa_enrollment", &[], typed).await;
    for index in 0..typings("123456").len() {
        let mut browser = world.browser();
        let reply = browser.sign_in(ADA).await;
        let typed = typings(&app.next_code(&world))[index].clone();
        let body = json!({ "mfaToken": reply.body["mfaToken"], "value": typed });
        browser.call("verify_login_mfa_authenticator", &[], body).await.token();
    }
    // A code that is wrong stays so.
    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    let body = json!({ "mfaToken": reply.body["mfaToken"], "value": typings(&app.wrong_code(&world))[0] });
    assert_eq!(browser.call("verify_login_mfa_authenticator", &[], body).await.status, 401);
    let recovery_code = enrolled["recoveryCode"].as_str().expect("a code").replace('-', " ").to_lowercase();
    let body = json!({ "email": ADA, "recoveryCode": format!(" {recovery_code}\n") });
    browser.done("recover_mfa", &[], body).await;
}
