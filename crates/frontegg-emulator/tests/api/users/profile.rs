//! What administrators change of a person.

use frontegg_identity::{
    Patch,
    types::{
        CreateUserDto, CreateUserDtoVendorOnly, PreVerifyUserPhoneNumberRequestDto, UpdateUserEmailDto,
        UpdateUserInvisibleDto, UpdateUserSuperuserDto, UpdateVendorUserDto, ValidateUserPasswordRequest,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, read,
    support::{World, http, json, refused},
    users,
};

#[tokio::test]
async fn a_profile_is_changed_for_all_tenants() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let before = read(&world, &id).await;
    let same = users.update_user_globally(&id, &UpdateVendorUserDto::new()).await.expect("a user");
    assert_eq!(json(&same), json(&before));

    let change = UpdateVendorUserDto::new()
        .name("Ada")
        .profile_picture_url("https://acme.test/ada.png")
        .phone_number("+4915112345678")
        .metadata(r#"{"a":1}"#)
        .vendor_metadata("[]")
        .mfa_bypass(true)
        .external_id("ext-1");
    users.update_user_globally(&id, &change).await.expect("a user");
    let clear = UpdateVendorUserDto::new().profile_picture_url(Patch::Null).phone_number("+4915112345679");
    users.update_user_globally(&id, &clear).await.expect("a user");
    let ada = read(&world, &id).await;
    assert_eq!((ada.name.as_deref(), ada.profile_picture_url), (Some("Ada"), None));
    assert_eq!(ada.phone_number.as_deref(), Some("+4915112345679"));
    assert_eq!((ada.metadata.as_deref(), ada.vendor_metadata.as_deref()), (Some(r#"{"a":1}"#), Some("[]")));
    assert_eq!((ada.mfa_bypass, ada.external_id.as_deref()), (Some(true), Some("ext-1")));

    let other = world.user("acme", "bob@acme.test", &[]).await;
    // The first number is still hers.
    for (change, status) in [
        (UpdateVendorUserDto::new().phone_number("+4915112345678").name("x"), 409),
        (UpdateVendorUserDto::new().external_id("ext-1").name("x"), 409),
        (UpdateVendorUserDto::new().phone_number("110").name("x"), 400),
        (UpdateVendorUserDto::new().metadata("no json").name("x"), 400),
        (UpdateVendorUserDto::new().profile_picture_url("x".repeat(4096)).name("x"), 400),
    ] {
        refused(users.update_user_globally(&other, &change).await, status);
    }
    assert_eq!(read(&world, &other).await.name, None);
    refused(users.update_user_globally(NOBODY, &UpdateVendorUserDto::new()).await, 404);
}

#[tokio::test]
async fn an_administrator_replaces_an_address() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let users = users(&world);
    let user = users.set_user_email(&ada, &UpdateUserEmailDto::new("lovelace@acme.test")).await.expect("a user");
    assert_eq!((user.email.as_deref(), user.verified), (Some("lovelace@acme.test"), true));
    // The old address is free, and only the case may differ.
    refused(users.get_user_by_email("ada@acme.test").await, 404);
    users.set_user_email(&ada, &UpdateUserEmailDto::new("Lovelace@acme.test")).await.expect("a user");
    assert_eq!(read(&world, &ada).await.email.as_deref(), Some("Lovelace@acme.test"));
    users.set_user_email(&bob, &UpdateUserEmailDto::new("ada@acme.test")).await.expect("a user");

    refused(users.set_user_email(&bob, &UpdateUserEmailDto::new("LOVELACE@acme.test")).await, 409);
    refused(users.set_user_email(&bob, &UpdateUserEmailDto::new("bob")).await, 400);
    refused(users.set_user_email(NOBODY, &UpdateUserEmailDto::new("x@acme.test")).await, 404);
    assert_eq!(read(&world, &bob).await.email.as_deref(), Some("ada@acme.test"));
}

#[tokio::test]
async fn locking_ends_sessions_until_it_is_lifted() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let session = world.session(&id, "acme").await;
    session.user_management().get_my_profile_v2().await.expect("a profile");
    let users = users(&world);
    for _ in 0..2 {
        users.lock_user(&id).await.expect("a lock");
        assert_eq!(read(&world, &id).await.is_locked, Some(true));
    }
    refused(session.user_management().get_my_profile_v2().await, 401);
    for _ in 0..2 {
        users.unlock_user(&id).await.expect("no lock");
        assert_eq!(read(&world, &id).await.is_locked, Some(false));
    }
    // What was ended stays ended.
    refused(session.user_management().get_my_profile_v2().await, 401);
    refused(users.lock_user(NOBODY).await, 404);
    refused(users.unlock_user(NOBODY).await, 404);
}

#[tokio::test]
async fn verifying_activates_what_waited_for_it() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let new = CreateUserDto::new().email("ada@acme.test");
    let made = acme.user_management().create_user_v2(&new).await.expect("a user");
    assert_eq!((made.verified, made.activated_for_tenant), (Some(false), Some(false)));
    for _ in 0..2 {
        users(&world).verify_user(&made.id).await.expect("a verification");
    }
    let ada = read(&world, &made.id).await;
    assert_eq!((ada.verified, ada.activated_for_tenant), (true, Some(true)));
    let emails = acme.user(&ada.id).user_management().list_my_emails().await.expect("emails");
    assert!(emails[0].verified);
    refused(users(&world).verify_user(NOBODY).await, 404);
}

#[tokio::test]
async fn people_hide_and_become_super_users() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let hidden = users.set_user_invisible(&id, &UpdateUserInvisibleDto::new(true)).await.expect("a user");
    assert_eq!(hidden.invisible, Some(true));
    users.set_user_invisible(&id, &UpdateUserInvisibleDto::new(false)).await.expect("a user");
    let lifted = users.set_user_superuser(&id, &UpdateUserSuperuserDto::new(true)).await.expect("a user");
    assert_eq!((lifted.super_user, lifted.invisible), (Some(true), Some(false)));
    assert_eq!(lifted.tenant_ids, ["acme"]);
    refused(users.set_user_invisible(NOBODY, &UpdateUserInvisibleDto::new(true)).await, 404);
    refused(users.set_user_superuser(NOBODY, &UpdateUserSuperuserDto::new(true)).await, 404);
    let path = format!("/identity/resources/users/v1/{id}/superuser");
    assert_eq!(world.send(Method::PUT, &path, None, json!({ "superUser": "yes" })).await.0, 400);
}

#[tokio::test]
async fn phone_numbers_are_added_and_removed_by_administrators() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let users = users(&world);
    let number = PreVerifyUserPhoneNumberRequestDto::new("+4915112345678");
    for _ in 0..2 {
        users.add_user_phone_number_globally(&ada, &number).await.expect("a number");
    }
    assert_eq!(read(&world, &ada).await.phone_number.as_deref(), Some("+4915112345678"));
    refused(users.add_user_phone_number_globally(&bob, &number).await, 409);
    refused(users.add_user_phone_number_globally(NOBODY, &number).await, 404);
    refused(users.add_user_phone_number_globally(&bob, &PreVerifyUserPhoneNumberRequestDto::new("0151")).await, 400);
    for (user, phone) in [(bob.as_str(), NOBODY), (NOBODY, NOBODY)] {
        refused(users.delete_user_phone_number_globally(user, phone).await, 404);
    }
}

#[tokio::test]
async fn passwords_are_compared_without_signing_in() {
    let world = World::start().await;
    world.tenant("acme").await;
    let users = users(&world);
    let password = "correct horse battery staple 1!";
    let new = CreateUserDtoVendorOnly::new("acme").email("ada@acme.test").password(password);
    users.create_user_globally(&new).await.expect("a user");
    world.user("acme", "bob@acme.test", &[]).await;
    for (email, given, expected) in [
        ("ADA@acme.test", password, true),
        ("ada@acme.test", "wrong", false),
        ("bob@acme.test", password, false),
        ("carol@acme.test", password, false),
    ] {
        let answer = users.verify_user_password(&ValidateUserPasswordRequest::new(email, given)).await;
        assert_eq!(answer.expect("an answer").is_valid, expected, "{email} {given}");
    }
    let path = "/identity/resources/vendor-only/users/v1/passwords/verify";
    assert_eq!(world.send(Method::POST, path, None, json!({ "email": "ada@acme.test" })).await.0, 400);
}

#[tokio::test]
async fn a_users_token_administers_nobody() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&id, "acme").await;
    let http = http();
    for (method, path) in [
        (Method::GET, format!("/identity/resources/vendor-only/users/v1/{id}")),
        (Method::POST, format!("/identity/resources/users/v1/{id}/lock")),
        (Method::PUT, format!("/identity/resources/users/v1/{id}/superuser")),
    ] {
        let url = format!("{}{path}", world.emulator.url());
        let body = json!({ "superUser": true });
        let answer = http.request(method, url).bearer_auth(&token).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
    assert_eq!(read(&world, &id).await.super_user, Some(false));
}
