//! The ways to a new password (tag “Password Settings”), over HTTP through the SDK, and what must
//! hold of passwords whichever way they came.

mod support;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use frontegg_emulator::{Emulator, StoreTarget};
use frontegg_identity::{
    Authorized, Environment, Error,
    enums::IdentifierType,
    types::{
        CreateUserDto, CreateUserDtoVendorOnly, PasswordConfigRequest, PasswordHistoryPolicyRequest,
        PreVerifyUserPhoneNumberRequestDto, ResetPasswordDto, ResetPasswordV1Dto, UpdateUserPasswordDto,
        ValidateUserPasswordRequest, VerifyPasswordDto, VerifyPasswordViaSmsRequestDto,
    },
    views::PasswordSettings,
};
use serde_json::{Value, json};
use support::{World, refused};

const OLD: &str = "Correct-horse-7";
const NEW: &str = "Another-horse-8";

/// Somebody in acme with a password.
async fn person(world: &World, email: &str) -> String {
    let new = CreateUserDtoVendorOnly::new("acme").email(email).username(email.replace('@', "-")).password(OLD);
    world.frontegg.management().users().create_user_globally(&new).await.expect("a user").id
}

async fn start() -> (World, PasswordSettings<Environment>, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "ada@acme.test").await;
    let settings = world.frontegg.self_service().password_settings();
    (world, settings, ada)
}

/// Whether that is the person's password.
async fn is_password(world: &World, email: &str, password: &str) -> bool {
    let users = world.frontegg.management().users();
    let body = ValidateUserPasswordRequest::new(email, password);
    users.verify_user_password(&body).await.expect("an answer").is_valid
}

/// Asks for a mail and gives the token in it.
async fn mailed_token(world: &World, email: &str) -> String {
    let settings = world.frontegg.self_service().password_settings();
    settings.send_password_reset_email_v1(&ResetPasswordV1Dto::new().email(email)).await.expect("to be sent");
    world.emulator.outbox().last_to(email).template("ResetPassword").token().await.expect("a token")
}

async fn change<A: Authorized>(settings: &PasswordSettings<A>, from: &str, to: &str) -> Result<(), Error> {
    settings.change_my_password(&UpdateUserPasswordDto::new(from, to)).await
}

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
    world.emulator.clock().advance(Duration::from_secs(300));
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

/// Security case 6: the right one ends the other sessions, and the last three may not return.
#[tokio::test]
async fn case_6_a_change_ends_other_sessions_and_history_holds() {
    let (world, environment, ada) = start().await;
    let policy = PasswordHistoryPolicyRequest::new(true, 3);
    environment.create_password_history_policy(&policy).await.expect("a rule");
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(world.token(&ada, "acme").await);
    }
    let session = world.frontegg.session(tokens[0].as_str()).password_settings();
    assert_eq!(refused(change(&session, "wrong", NEW).await, 400), "The current password is wrong");
    let texts = refused(change(&session, OLD, "short").await, 400);
    assert_eq!(texts, "The password must be at least 6 characters long.");
    assert!(is_password(&world, "ada@acme.test", OLD).await);
    change(&session, OLD, "Password-2").await.expect("a new password");
    assert!(is_password(&world, "ada@acme.test", "Password-2").await);
    session.get_password_configuration().await.expect("the calling session goes on");
    for token in &tokens[1..] {
        world.raw_with(token).call("get_password_configuration", &[], Value::Null).await.refused(401);
    }

    change(&session, "Password-2", "Password-3").await.expect("a new password");
    for barred in ["Password-3", "Password-2", OLD] {
        let texts = refused(change(&session, "Password-3", barred).await, 400);
        assert_eq!(texts, "The password must differ from the last 3 passwords.");
    }
    change(&session, "Password-3", "Password-4").await.expect("a new password");
    change(&session, "Password-4", OLD).await.expect("the fourth last one may return");
    assert!(is_password(&world, "ada@acme.test", OLD).await);

    // Resets are bound in the same way; a rule switched off keeps what it knows.
    let token = mailed_token(&world, "ada@acme.test").await;
    let body = VerifyPasswordDto::new(&ada, token.as_str(), "Password-4");
    refused(environment.reset_password_with_token(&body).await, 400);
    let off = PasswordHistoryPolicyRequest::new(false, 3);
    environment.update_password_history_policy(&off).await.expect("the rule");
    change(&session, OLD, OLD).await.expect("anything goes");
    let on = PasswordHistoryPolicyRequest::new(true, 4);
    environment.update_password_history_policy(&on).await.expect("the rule");
    for barred in [OLD, "Password-4", "Password-3", "Password-2"] {
        refused(change(&session, OLD, barred).await, 400);
    }
    change(&session, OLD, NEW).await.expect("a new one");
}

#[tokio::test]
async fn a_back_end_changes_for_a_person() {
    let (world, _, ada) = start().await;
    let token = world.token(&ada, "acme").await;
    let acme = world.frontegg.tenant("acme");
    let settings = acme.user(&ada).password_settings();
    refused(change(&settings, "wrong", NEW).await, 400);
    change(&settings, OLD, NEW).await.expect("a new password");
    assert!(is_password(&world, "ada@acme.test", NEW).await);
    world.raw_with(&token).call("get_password_configuration", &[], Value::Null).await.refused(401);
    assert_eq!(refused(change(&acme.user("nobody").password_settings(), OLD, NEW).await, 404), "User not found");
    let raw = world.raw().await;
    let body = json!({ "password": NEW, "newPassword": OLD });
    assert_eq!(raw.call("change_my_password", &[], body).await.refused(403), "User ID is not specified");
    let session = world.raw_with(&world.token(&ada, "acme").await);
    for body in
        [json!({ "password": NEW }), json!({ "newPassword": OLD }), json!({ "password": 1, "newPassword": OLD })]
    {
        session.call("change_my_password", &[], body).await.refused(400);
    }
    world
        .raw_with("")
        .call("change_my_password", &[], json!({ "password": NEW, "newPassword": OLD }))
        .await
        .refused(401);
}

/// Security case 5, for change, reset and creation.
#[tokio::test]
async fn case_5_the_policy_binds_every_way() {
    let (world, settings, ada) = start().await;
    let body = PasswordConfigRequest::new().min_length(10).min_optional_tests_to_pass(4).block_pwned_passwords(true);
    settings.update_password_configuration(&body).await.expect("rules");
    world.emulator.set_leaked_passwords(["Summer-2026!"]).await.expect("to be told");
    let session = world.session(&ada, "acme").await.password_settings();
    for (weak, reasons) in [
        ("weak", "The password must be at least 10 characters long."),
        ("Summer-2026!", "The password is known from a data leak."),
    ] {
        let changed = refused(change(&session, OLD, weak).await, 400);
        let token = mailed_token(&world, "ada@acme.test").await;
        let body = VerifyPasswordDto::new(&ada, token.as_str(), weak);
        let reset = refused(settings.reset_password_with_token(&body).await, 400);
        let new = CreateUserDtoVendorOnly::new("acme").email("new@acme.test").password(weak);
        let created = refused(world.frontegg.management().users().create_user_globally(&new).await, 400);
        let new = CreateUserDto::new().email("new@acme.test").password(weak);
        let invited = refused(world.frontegg.tenant("acme").user_management().create_user_v2(&new).await, 400);
        assert!(changed.contains(reasons), "{changed}");
        for texts in [reset, created, invited] {
            assert_eq!(texts, changed);
        }
    }
    // Without the rule it is as good as another one.
    let body = PasswordConfigRequest::new().block_pwned_passwords(false);
    settings.update_password_configuration(&body).await.expect("rules");
    change(&session, OLD, "Summer-2026!").await.expect("a new password");
}

/// Security case 4.
#[tokio::test]
async fn case_4_long_passwords_work_and_huge_ones_are_refused_at_once() {
    let (world, settings, ada) = start().await;
    let session = world.session(&ada, "acme").await.password_settings();
    let (long, longest) = ("Ab-1".repeat(16), "Ab-1".repeat(32));
    change(&session, OLD, &long).await.expect("64 characters");
    change(&session, &long, &longest).await.expect("128 characters");
    assert!(is_password(&world, "ada@acme.test", &longest).await);
    assert!(!is_password(&world, "ada@acme.test", &longest[..127]).await);
    let huge = "Ab-1".repeat(250_000);
    let token = mailed_token(&world, "ada@acme.test").await;
    let begin = Instant::now();
    let body = VerifyPasswordDto::new(&ada, token.as_str(), huge.as_str());
    let texts = refused(settings.reset_password_with_token(&body).await, 400);
    assert_eq!(texts, "password must be shorter than or equal to 4096 bytes");
    refused(change(&session, &longest, &huge).await, 400);
    refused(change(&session, &huge, NEW).await, 400);
    eprintln!("three refusals in {:?}", begin.elapsed());
    assert!(is_password(&world, "ada@acme.test", &longest).await);
}

/// Security case 3, over HTTP; the hash is tested beside it.
#[tokio::test]
async fn case_3_passwords_are_kept_exactly() {
    let (world, _, ada) = start().await;
    let session = world.session(&ada, "acme").await.password_settings();
    let mut present = OLD.to_owned();
    for (password, other) in [
        (" Outer spaces 1 ", "Outer spaces 1"),
        ("Caf\u{e9}-horse-1", "Cafe\u{301}-horse-1"),
        (&format!("{}-after-byte-72-a", "Ab1!".repeat(18)), &format!("{}-after-byte-72-b", "Ab1!".repeat(18))),
    ] {
        change(&session, &present, password).await.expect("a new password");
        assert!(is_password(&world, "ada@acme.test", password).await);
        assert!(!is_password(&world, "ada@acme.test", other).await);
        password.clone_into(&mut present);
    }
    let raw = world.raw_with(&world.token(&ada, "acme").await);
    raw.call("change_my_password", &[], json!({ "password": present, "newPassword": "Null-\u{0}-byte-1" }))
        .await
        .refused(400);
}

/// Security case 1: what lies on the disk.
#[tokio::test]
async fn case_1_the_store_holds_hashes_and_no_password() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state.db");
    let world = World::of(Emulator::builder().store(StoreTarget::SqliteFile(file))).await;
    world.tenant("acme").await;
    let password = "Unmistakable-password-1";
    for email in ["ada@acme.test", "bob@acme.test"] {
        let new = CreateUserDtoVendorOnly::new("acme").email(email).password(password);
        world.frontegg.management().users().create_user_globally(&new).await.expect("a user");
    }
    let bytes = || {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(directory.path()).expect("a directory") {
            bytes.extend(std::fs::read(entry.expect("a file").path()).expect("bytes"));
        }
        bytes
    };
    let find = |bytes: &[u8], text: &str| {
        let positions = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text.as_bytes());
        positions.map(|(at, _)| at).collect::<Vec<_>>()
    };
    // With its write-ahead log, and without it.
    let mut emulator = Some(world.emulator);
    for _ in 0..2 {
        let bytes = bytes();
        let start = "$argon2id$v=19$m=19456,t=2,p=1$";
        let salts: BTreeSet<_> = find(&bytes, start).iter().map(|at| &bytes[at + start.len()..][..22]).collect();
        assert_eq!(salts.len(), 2, "a salt each");
        assert!(find(&bytes, password).is_empty());
        if let Some(emulator) = emulator.take() {
            emulator.stop().await;
        }
    }
}

/// Security case 2: cheap hashes are made only in memory and where nobody else comes, and it is told.
#[tokio::test]
async fn case_2_the_hashing_mode_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = StoreTarget::SqliteFile(directory.path().join("state.db"));
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    for (builder, cheap) in [
        (Emulator::builder(), true),
        (Emulator::builder().store(file), false),
        (Emulator::builder().listen(everywhere).admin_token("hush"), false),
    ] {
        let emulator = builder.start().await.expect("an emulator");
        let health = reqwest::get(format!("{}/_emulator/health", emulator.url())).await.expect("an answer");
        let health: Value = health.json().await.expect("JSON");
        let mode = health["passwordHashing"].as_str().expect("a mode");
        assert_eq!(mode.starts_with("cheap"), cheap, "{mode}");
        assert_eq!(mode.contains("m=19456,t=2,p=1"), !cheap, "{mode}");
    }
}

#[tokio::test]
async fn leaked_passwords_are_told_over_http_as_well() {
    let (world, settings, ada) = start().await;
    let body = PasswordConfigRequest::new().block_pwned_passwords(true);
    settings.update_password_configuration(&body).await.expect("rules");
    let put = async |body: Value| {
        let url = format!("{}/_emulator/leaked-passwords", world.emulator.url());
        let answer = reqwest::Client::new().put(url).json(&body).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(put(json!({ "passwords": [NEW] })).await, 204);
    assert_eq!(put(json!({ "passwords": [1] })).await, 400);
    let session = world.session(&ada, "acme").await.password_settings();
    refused(change(&session, OLD, NEW).await, 400);
    assert_eq!(put(json!({ "passwords": [] })).await, 204);
    change(&session, OLD, NEW).await.expect("a new password");
}
