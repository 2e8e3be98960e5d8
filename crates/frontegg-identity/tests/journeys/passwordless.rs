//! Signing in by what was mailed or texted.

use frontegg_identity::{
    Login, Session,
    enums::AuthStrategy,
    types::{PreVerifyUserPhoneNumberRequestDto, VendorConfigRequest},
};

use crate::{World, world};

const NUMBER: &str = "+15550100";

async fn by(strategy: AuthStrategy) -> World {
    let world = world().await;
    world.configure(VendorConfigRequest::new().auth_strategy(strategy)).await;
    let number = PreVerifyUserPhoneNumberRequestDto::new(NUMBER);
    let users = world.frontegg.management().users();
    users.add_user_phone_number_globally(&world.ada, &number).await.unwrap();
    world
}

async fn is_adas(session: &Session) {
    let profile = session.user_management().get_my_profile_v2().await.unwrap();
    assert_eq!(profile.email.as_deref(), Some("ada@acme.test"));
    session.refresh().await.unwrap();
}

#[tokio::test]
async fn a_mailed_code_signs_in() {
    let world = world().await;
    let settings = VendorConfigRequest::new().auth_strategy(AuthStrategy::Code);
    world.frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
    let step = world.frontegg.authentication().send_email_code("ada@acme.test").await.unwrap();
    let wrong = step.submit("000000").await.unwrap_err();
    assert!(wrong.is_unauthenticated(), "{wrong}");
    let code = world.emulator.outbox().last_to("ada@acme.test").code().await.unwrap();
    let Login::Session(session) = step.submit(code).await.unwrap() else { panic!("more is asked for") };
    assert_eq!(session.user_management().get_my_profile_v2().await.unwrap().email.as_deref(), Some("ada@acme.test"));
}

#[tokio::test]
async fn a_magic_link_signs_in_once() {
    let world = by(AuthStrategy::MagicLink).await;
    let step = world.frontegg.authentication().send_magic_link("ada@acme.test").await.unwrap();
    let mail = world.emulator.outbox().last_to("ada@acme.test").template("MagicLink").find().await.unwrap().unwrap();
    let token = mail.token().unwrap();
    assert!(mail.link().unwrap().contains(token));
    // The link may be followed elsewhere, by a program that did not ask.
    let elsewhere = world.frontegg.authentication().send_magic_link("nobody@acme.test").await.unwrap();
    is_adas(&elsewhere.submit(token).await.unwrap().into_session().unwrap()).await;
    for step in [&step, &elsewhere] {
        let replayed = step.submit(token).await.unwrap_err();
        assert!(replayed.is_unauthenticated(), "{replayed}");
    }
}

#[tokio::test]
async fn a_texted_code_signs_in() {
    let world = by(AuthStrategy::SmsCode).await;
    let step = world.frontegg.authentication().send_sms_code(NUMBER).await.unwrap();
    let code = world.emulator.outbox().last_to(NUMBER).code().await.unwrap();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert!(step.submit(wrong).await.unwrap_err().is_unauthenticated());
    is_adas(&step.submit(code.as_str()).await.unwrap().into_session().unwrap()).await;
    assert!(step.submit(code.as_str()).await.unwrap_err().is_unauthenticated(), "spent");
}

/// Security case 17: five wrong guesses void the right one; a new one works.
#[tokio::test]
async fn case_17_a_code_is_not_to_be_guessed() {
    let world = by(AuthStrategy::Code).await;
    let authentication = world.frontegg.authentication();
    let step = authentication.send_email_code("ada@acme.test").await.unwrap();
    let mail = world.emulator.outbox().last_to("ada@acme.test").find().await.unwrap().unwrap();
    let code = mail.code().unwrap();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        assert!(step.submit(wrong).await.unwrap_err().is_unauthenticated());
    }
    assert!(step.submit(code).await.unwrap_err().is_unauthenticated());
    let step = authentication.send_email_code("ada@acme.test").await.unwrap();
    let code = world.emulator.outbox().last_to("ada@acme.test").after(&mail).code().await.unwrap();
    is_adas(&step.submit(code).await.unwrap().into_session().unwrap()).await;
}

/// Security case 9: who is not known is answered alike.
#[tokio::test]
async fn case_9_strangers_learn_nothing() {
    let world = by(AuthStrategy::Code).await;
    let step = world.frontegg.authentication().send_email_code("nobody@acme.test").await.unwrap();
    let unknown = step.submit("123456").await.unwrap_err();
    let step = world.frontegg.authentication().send_email_code("ada@acme.test").await.unwrap();
    let mail = world.emulator.outbox().last_to("ada@acme.test").find().await.unwrap().unwrap();
    let wrong = if mail.code() == Some("123456") { "654321" } else { "123456" };
    let known = step.submit(wrong).await.unwrap_err();
    assert_eq!((unknown.status(), unknown.messages()), (known.status(), known.messages()));
    assert!(world.emulator.outbox().messages_to("nobody@acme.test").await.unwrap().is_empty());
}
