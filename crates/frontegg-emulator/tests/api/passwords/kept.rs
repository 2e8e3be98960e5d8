//! Changing a password, and how passwords are kept.

use std::collections::BTreeSet;

use frontegg_emulator::{Emulator, PasswordHashing, StoreTarget};
use frontegg_identity::types::{
    CreateUserDto, CreateUserDtoVendorOnly, PasswordConfigRequest, PasswordHistoryPolicyRequest, VerifyPasswordDto,
};
use serde_json::{Value, json};

use super::{
    NEW, OLD, change, is_password, mailed_token, start,
    support::{World, http, refused},
};

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
    let before = world.emulator.work().password_hashes;
    let body = VerifyPasswordDto::new(&ada, token.as_str(), huge.as_str());
    let texts = refused(settings.reset_password_with_token(&body).await, 400);
    assert_eq!(texts, "password must be shorter than or equal to 4096 bytes");
    refused(change(&session, &longest, &huge).await, 400);
    refused(change(&session, &huge, NEW).await, 400);
    assert_eq!(world.emulator.work().password_hashes - before, 1, "but the one of an honest length");
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
    let emulator = Emulator::builder().store(StoreTarget::SqliteFile(file)).start().await;
    let world = World::around(emulator.expect("an emulator"));
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
        // Unless it is asked for by name.
        (Emulator::builder().listen(everywhere).admin_token("hush").password_hashing(PasswordHashing::Cheap), true),
        (Emulator::builder().password_hashing(PasswordHashing::Normal), false),
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
        let answer = http().put(url).json(&body).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(put(json!({ "passwords": [NEW] })).await, 204);
    assert_eq!(put(json!({ "passwords": [1] })).await, 400);
    let session = world.session(&ada, "acme").await.password_settings();
    refused(change(&session, OLD, NEW).await, 400);
    assert_eq!(put(json!({ "passwords": [] })).await, 204);
    change(&session, OLD, NEW).await.expect("a new password");
}
