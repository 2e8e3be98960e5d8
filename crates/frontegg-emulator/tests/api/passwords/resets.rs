//! New passwords for people who lost theirs: by mail, by SMS, by a link from an administrator.

use std::time::Duration;

use frontegg_identity::{
    enums::IdentifierType,
    types::{
        PreVerifyUserPhoneNumberRequestDto, ResetPasswordDto, ResetPasswordV1Dto, VerifyPasswordDto,
        VerifyPasswordViaSmsRequestDto,
    },
};
use serde_json::{Value, json};

use super::{
    NEW, OLD, change, is_password, mailed_token, person, start,
    support::{World, refused},
};

#[tokio::test]
async fn a_mailed_link_sets_a_new_password_once() {
    let (world, settings, ada) = start().await;
    let token = world.token(&ada, "acme").await;
    let body = ResetPasswordV1Dto::new().email("ADA@acme.test");
    settings.send_password_reset_email_v1(&body).await.expect("to be sent");
    let mail = world.emulator.outbox().last_to("ada@acme.test").await.expect("a mail");
    assert_eq!(mail.template(), "ResetPassword");
    let (link, reset) = (mail.link().expect("a link").to_owned(), mail.token().expect("a token").to_owned());
    assert!(link.contains(&format!("userId={ada}")) && link.contains(&format!("token={reset}")), "{link}");
    assert!(link.starts_with(world.emulator.url()), "{link}");
    // Nothing has happened yet.
    assert!(is_password(&world, "ada@acme.test", OLD).await);

    let body = VerifyPasswordDto::new(&ada, reset.as_str(), NEW);
    settings.reset_password_with_token(&body).await.expect("a new password");
    assert!(is_password(&world, "ada@acme.test", NEW).await);
    assert!(!is_password(&world, "ada@acme.test", OLD).await);
    // All sessions have ended, and the address is proven.
    world.raw_with(&token).call("get_password_configuration", &[], Value::Null).await.refused(401);
    let user = world.frontegg.management().users().get_user_globally(&ada).await.expect("the user");
    assert!(user.verified);
    let body = VerifyPasswordDto::new(&ada, reset.as_str(), OLD);
    assert_eq!(
        refused(settings.reset_password_with_token(&body).await, 410),
        "The reset token has expired or was used"
    );
    assert!(is_password(&world, "ada@acme.test", NEW).await);
}

#[tokio::test]
async fn a_reset_token_is_its_owners_and_ends_with_its_time_or_the_next() {
    let (world, settings, ada) = start().await;
    let bob = person(&world, "bob@acme.test").await;
    let first = mailed_token(&world, "ada@acme.test").await;
    let token = mailed_token(&world, "ada@acme.test").await;
    for (user, token) in [(&ada, &first), (&bob, &token), (&"nobody".to_owned(), &token), (&ada, &"x".to_owned())] {
        let body = VerifyPasswordDto::new(user, token.as_str(), NEW);
        assert_eq!(refused(settings.reset_password_with_token(&body).await, 401), "Invalid reset token");
    }
    world.emulator.clock().advance(Duration::from_hours(24));
    let body = VerifyPasswordDto::new(&ada, token.as_str(), NEW);
    refused(settings.reset_password_with_token(&body).await, 410);
    for email in ["ada@acme.test", "bob@acme.test"] {
        assert!(is_password(&world, email, OLD).await);
    }
    // A change voids what was asked for before.
    let token = mailed_token(&world, "ada@acme.test").await;
    let session = world.session(&ada, "acme").await.password_settings();
    change(&session, OLD, NEW).await.expect("a new password");
    let body = VerifyPasswordDto::new(&ada, token.as_str(), OLD);
    refused(settings.reset_password_with_token(&body).await, 401);
}

#[tokio::test]
async fn a_weak_password_does_not_spend_the_token() {
    let (world, settings, ada) = start().await;
    let token = mailed_token(&world, "ada@acme.test").await;
    let body = VerifyPasswordDto::new(&ada, token.as_str(), "short");
    let texts = refused(settings.reset_password_with_token(&body).await, 400);
    assert_eq!(texts, "The password must be at least 6 characters long.");
    let body = VerifyPasswordDto::new(&ada, token.as_str(), NEW);
    settings.reset_password_with_token(&body).await.expect("a new password");
}

#[tokio::test]
async fn a_made_link_works_like_a_mailed_one_but_proves_nothing() {
    let (world, settings, ada) = start().await;
    let users = world.frontegg.management().users();
    refused(users.generate_user_password_reset_link("nobody").await, 404);
    let earlier = mailed_token(&world, "ada@acme.test").await;
    let made = users.generate_user_password_reset_link(&ada).await.expect("a link");
    assert_eq!(made.user_id, ada);
    assert!(made.link.expose().contains(made.token.expose()) && made.link.expose().contains(&ada));
    let body = VerifyPasswordDto::new(&ada, earlier.as_str(), NEW);
    refused(settings.reset_password_with_token(&body).await, 401);
    let body = VerifyPasswordDto::new(&ada, made.token.expose(), NEW);
    settings.reset_password_with_token(&body).await.expect("a new password");
    assert!(is_password(&world, "ada@acme.test", NEW).await);
    assert!(!users.get_user_globally(&ada).await.expect("the user").verified);
}

#[tokio::test]
async fn people_are_named_by_any_identifier() {
    let (world, settings, ada) = start().await;
    let users = world.frontegg.management().users();
    let phone = PreVerifyUserPhoneNumberRequestDto::new("+15550001");
    users.add_user_phone_number_globally(&ada, &phone).await.expect("a number");
    let outbox = world.emulator.outbox();
    let mails = async || outbox.messages_to("ada@acme.test").await.expect("mails").len();
    let mut sent = 0;
    for (kind, value) in [
        (IdentifierType::Email, "Ada@Acme.test"),
        (IdentifierType::Username, "ADA-acme.test"),
        (IdentifierType::PhoneNumber, "+15550001"),
    ] {
        let body = ResetPasswordV1Dto::new().identifier(value).identifier_type(kind.clone());
        settings.send_password_reset_email_v1(&body).await.expect("to be sent");
        let answer = settings.send_password_reset_email_v2(&ResetPasswordDto::new(value, kind)).await;
        assert!(answer.expect("to be sent").session_id.is_some_and(|id| !id.is_empty()));
        sent += 2;
        assert_eq!(mails().await, sent, "{value}");
    }
    let raw = world.raw_with("");
    for body in [
        json!({}),
        json!({ "identifier": "ada@acme.test" }),
        json!({ "identifier": "", "identifierType": "email" }),
        json!({ "identifier": "ada@acme.test", "identifierType": "shoeSize" }),
        json!({ "email": 1 }),
    ] {
        raw.call("send_password_reset_email_v1", &[], body.clone()).await.refused(400);
        raw.call("send_password_reset_email_v2", &[], body.clone()).await.refused(400);
        raw.call("send_password_reset_sms", &[], body).await.refused(400);
    }
    assert_eq!(mails().await, sent);
}

#[tokio::test]
async fn a_callers_values_go_into_the_mail_but_not_over_ours() {
    let (world, settings, ada) = start().await;
    let Value::Object(values) = json!({ "userId": "another", "token": "another", "colour": "blue" }) else { panic!() };
    let body = ResetPasswordV1Dto::new().email("ada@acme.test").email_metadata(values);
    settings.send_password_reset_email_v1(&body).await.expect("to be sent");
    let mail = world.emulator.outbox().last_to("ada@acme.test").await.expect("a mail");
    assert!(mail.link().expect("a link").contains(&ada));
    assert_ne!(mail.token(), Some("another"));
}

/// Security case 9, for resets.
#[tokio::test]
async fn case_9_nobody_learns_who_exists() {
    let (world, settings, _) = start().await;
    let eve = person(&world, "eve@acme.test").await;
    world.frontegg.management().users().lock_user(&eve).await.expect("to be locked");
    let raw = world.raw_with("");
    let mut answers = Vec::new();
    for email in ["ada@acme.test", "nobody@acme.test", "eve@acme.test"] {
        let named = json!({ "identifier": email, "identifierType": "email" });
        let first = raw.call("send_password_reset_email_v1", &[], json!({ "email": email })).await;
        let mut second = raw.call("send_password_reset_email_v2", &[], named.clone()).await;
        let mut third = raw.call("send_password_reset_sms", &[], named).await;
        for answer in [&mut second, &mut third] {
            let id = answer.body["sessionId"].take();
            answer.body["length"] = id.as_str().expect("a handle").len().into();
        }
        answers.push([first, second, third]);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let outbox = world.emulator.outbox();
    assert_eq!(outbox.messages().await.expect("messages").len(), 2);
    assert_eq!(outbox.messages_to("ada@acme.test").await.expect("messages").len(), 2);
    // Handles of nobody behave like those of somebody.
    let body = ResetPasswordDto::new("nobody@acme.test", IdentifierType::Email);
    let handle = settings.send_password_reset_sms(&body).await.expect("a handle").session_id.expect("a handle");
    for _ in 0..6 {
        let body = VerifyPasswordViaSmsRequestDto::new("123456", handle.as_str());
        let texts = refused(settings.verify_password_reset_sms_code(&body).await, 401);
        assert_eq!(texts, "The code is wrong or has expired");
    }
}

/// Asks for an SMS; gives the handle and the code.
async fn texted(world: &World, number: &str) -> (String, String) {
    let settings = world.frontegg.self_service().password_settings();
    let body = ResetPasswordDto::new("ada@acme.test", IdentifierType::Email);
    let handle = settings.send_password_reset_sms(&body).await.expect("a handle").session_id.expect("a handle");
    let code = world.emulator.outbox().last_to(number).template("ResetPassword").code().await.expect("a code");
    (handle, code)
}

#[tokio::test]
async fn the_code_of_an_sms_gives_a_reset_token() {
    let (world, settings, ada) = start().await;
    let users = world.frontegg.management().users();
    users
        .add_user_phone_number_globally(&ada, &PreVerifyUserPhoneNumberRequestDto::new("+15550001"))
        .await
        .expect("a number");
    let (handle, code) = texted(&world, "+15550001").await;
    assert_eq!(code.len(), 6);
    let body = VerifyPasswordViaSmsRequestDto::new(code.as_str(), handle.as_str());
    let right = settings.verify_password_reset_sms_code(&body).await.expect("a token");
    assert_eq!(right.user_id, ada);
    refused(settings.verify_password_reset_sms_code(&body).await, 401);
    let body = VerifyPasswordDto::new(&ada, right.token.expose(), NEW);
    settings.reset_password_with_token(&body).await.expect("a new password");
    assert!(is_password(&world, "ada@acme.test", NEW).await);
    // An SMS says nothing about the address.
    assert!(!users.get_user_globally(&ada).await.expect("the user").verified);

    // A code ends with its time, and with the next one.
    let (handle, code) = texted(&world, "+15550001").await;
    let (next, next_code) = texted(&world, "+15550001").await;
    let body = VerifyPasswordViaSmsRequestDto::new(code.as_str(), handle.as_str());
    refused(settings.verify_password_reset_sms_code(&body).await, 401);
    world.emulator.clock().advance(Duration::from_mins(5));
    let body = VerifyPasswordViaSmsRequestDto::new(next_code.as_str(), next.as_str());
    refused(settings.verify_password_reset_sms_code(&body).await, 401);
}

/// Security case 17, for reset codes by SMS.
#[tokio::test]
async fn case_17_five_wrong_codes_void_the_right_one() {
    let (world, settings, ada) = start().await;
    let users = world.frontegg.management().users();
    users
        .add_user_phone_number_globally(&ada, &PreVerifyUserPhoneNumberRequestDto::new("+15550001"))
        .await
        .expect("a number");
    for (wrong, works) in [(4, true), (5, false), (0, true)] {
        let (handle, code) = texted(&world, "+15550001").await;
        let other = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..wrong {
            let body = VerifyPasswordViaSmsRequestDto::new(other, handle.as_str());
            refused(settings.verify_password_reset_sms_code(&body).await, 401);
        }
        let body = VerifyPasswordViaSmsRequestDto::new(code.as_str(), handle.as_str());
        assert_eq!(settings.verify_password_reset_sms_code(&body).await.is_ok(), works, "{wrong}");
    }
}

#[tokio::test]
async fn an_sms_goes_to_a_verified_number_only() {
    let (world, settings, ada) = start().await;
    let body = ResetPasswordDto::new("ada@acme.test", IdentifierType::Email);
    settings.send_password_reset_sms(&body).await.expect("a handle without a message");
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());
    let users = world.frontegg.management().users();
    for number in ["+15550001", "+15550002"] {
        users
            .add_user_phone_number_globally(&ada, &PreVerifyUserPhoneNumberRequestDto::new(number))
            .await
            .expect("a number");
    }
    // The one that was named, where one was.
    let body = ResetPasswordDto::new("+15550002", IdentifierType::PhoneNumber);
    settings.send_password_reset_sms(&body).await.expect("a handle");
    assert_eq!(world.emulator.outbox().last().await.expect("a message").recipient(), "+15550002");
}
