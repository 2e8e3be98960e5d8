//! Tag “Users”, over HTTP through the SDK.

mod support;

use std::time::Duration;

use frontegg_identity::{
    Environment, Patch, Scope,
    enums::{TaskStatus, UserTenantStatus},
    params::{ListUserTenantStatuses, ListUsers},
    types::{
        AddRoleRequest, AddUserToTenantRequest, BulkUpdateUserRolesRequestDto, CreateUserDto, CreateUserDtoVendorOnly,
        MigrateUsersFromTenantToTenantRequest, PreVerifyUserPhoneNumberRequestDto, TemporaryUsersConfigurationDto,
        UpdateUserEmailDto, UpdateUserInvisibleDto, UpdateUserSuperuserDto, UpdateUserTenantWithValidationDto,
        UpdateVendorUserDto, UserBulkInviteRequestDto, UserDto, UsersBulkInviteRequestDto, ValidateUserPasswordRequest,
    },
    views::Users,
};
use reqwest::Method;
use serde_json::json;
use support::{World, json, refused};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn users(world: &World) -> Users<Environment> {
    world.frontegg.management().users()
}

async fn read(world: &World, id: &str) -> UserDto {
    users(world).get_user_globally(id).await.expect("a user")
}

fn role_keys(user: &UserDto) -> Vec<&str> {
    user.roles.iter().map(|role| role.key.as_str()).collect()
}

async fn role(scope: &Scope<Environment>, key: &str, level: i32) -> String {
    let new = AddRoleRequest::new(key, key, level);
    scope.roles().create_roles_v1(&[new]).await.expect("a role").remove(0).id
}

#[tokio::test]
async fn a_back_end_creates_a_user_in_a_tenant() {
    let world = World::start().await;
    world.tenant("acme").await;
    let new = CreateUserDtoVendorOnly::new("acme")
        .email("Ada@Acme.test")
        .username("Ada.L")
        .name("Ada")
        .password("correct horse battery staple 1!")
        .phone_number("+4915112345678")
        .metadata(r#"{"a":1}"#)
        .vendor_metadata(r#"{"b":2}"#)
        .external_id("ext-1")
        .mfa_bypass(true);
    let made = users(&world).create_user_globally(&new).await.expect("a user");
    let ada = read(&world, &made.id).await;
    assert_eq!(json(&ada), json(&made));
    assert_eq!(ada.sub, ada.id);
    assert_eq!((ada.email.as_deref(), ada.name.as_deref()), (Some("Ada@Acme.test"), Some("Ada")));
    assert_eq!(ada.phone_number.as_deref(), Some("+4915112345678"));
    assert_eq!((ada.metadata.as_deref(), ada.vendor_metadata.as_deref()), (Some(r#"{"a":1}"#), Some(r#"{"b":2}"#)));
    assert_eq!((ada.external_id.as_deref(), ada.mfa_bypass, ada.verified), (Some("ext-1"), Some(true), false));
    assert_eq!((ada.tenant_id.as_str(), ada.tenant_ids.as_slice()), ("acme", &["acme".to_owned()][..]));
    assert_eq!((ada.provider.as_deref(), ada.is_locked, ada.super_user), (Some("local"), Some(false), Some(false)));
    // The first member of a tenant gets the roles for the first user besides the default ones.
    assert_eq!(role_keys(&ada), ["Admin", "ReadOnly"]);
    assert!(!ada.permissions.is_empty());
    let held = ada.tenants[0].roles.as_ref().expect("roles");
    assert_eq!(json(held), json(&ada.roles));
    assert!(held[0].permissions.as_ref().is_some_and(|ids| !ids.is_empty()));
}

#[tokio::test]
async fn a_created_user_must_be_new_and_well_formed() {
    let world = World::start().await;
    world.tenant("acme").await;
    let users = users(&world);
    let ada = || CreateUserDtoVendorOnly::new("acme").email("ada@acme.test");
    let full = ada().username("ada").phone_number("+4915112345678").external_id("ext-1");
    let id = users.create_user_globally(&full).await.expect("a user").id;

    let bob = || CreateUserDtoVendorOnly::new("acme").email("bob@acme.test");
    for (new, status, text) in [
        (CreateUserDtoVendorOnly::new("acme"), 400, "email or username is required"),
        (CreateUserDtoVendorOnly::new("acme").email("bob"), 400, "email must be an email"),
        (CreateUserDtoVendorOnly::new("acme").username("b b"), 400, "username must contain only"),
        (bob().phone_number("0151"), 400, "phoneNumber must be in international form"),
        (bob().metadata("{"), 400, "metadata must be a json string"),
        (bob().password(""), 400, "password should not be empty"),
        (bob().expiration_in_seconds(299), 400, "expirationInSeconds must not be less than 300"),
        (bob().expiration_in_seconds(300), 400, "Temporary users are not enabled"),
        (bob().role_ids([NOBODY]), 404, "Role not found"),
        (CreateUserDtoVendorOnly::new("nowhere").email("bob@acme.test"), 404, "Tenant not found"),
        (CreateUserDtoVendorOnly::new("acme").email("ADA@acme.TEST"), 409, "Email already exists"),
        (bob().username("ADA"), 409, "Username already exists"),
        (bob().phone_number("+4915112345678"), 409, "Phone number already exists"),
        (bob().external_id("ext-1"), 409, "External id already exists"),
    ] {
        let error = refused(users.create_user_globally(&new).await, status);
        assert!(error.contains(text), "{error}");
    }
    // Nothing was left behind.
    let page = world.frontegg.tenant("acme").user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(page.items.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
}

#[tokio::test]
async fn users_are_read_by_id_tenant_and_address() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;

    let here = acme.users().get_user(&id).await.expect("a member");
    assert_eq!((here.id.as_str(), here.activated_for_tenant), (id.as_str(), Some(true)));
    let texts = refused(globex.users().get_user(&id).await, 404);
    assert_eq!(texts, refused(acme.users().get_user(NOBODY).await, 404));
    let (status, body) =
        world.send(Method::GET, &format!("/identity/resources/users/v1/{id}"), None, json!(null)).await;
    assert_eq!((status, &body["errors"]), (403, &json!(["Tenant ID is not specified"])));

    let found = users(&world).get_user_by_email("ADA@acme.test").await.expect("a user");
    assert_eq!((found.id.as_str(), found.tenants[0].roles.is_none()), (id.as_str(), true));
    refused(users(&world).get_user_by_email("bob@acme.test").await, 404);
    refused(users(&world).get_user_globally(NOBODY).await, 404);
    let (status, _) = world.send(Method::GET, "/identity/resources/users/v1/email", None, json!(null)).await;
    assert_eq!(status, 400);

    // What holds depends on the tenant in view.
    let boss = role(&globex, "boss", 3).await;
    let add = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    users(&world).add_user_to_tenant(&id, &add).await.expect("a user");
    let given = frontegg_identity::types::AssignUserToRolesDto::new([boss.as_str()]);
    globex.user_management().assign_roles_to_user(&id, &given).await.expect("roles");
    let there = globex.users().get_user(&id).await.expect("a member");
    assert!(role_keys(&there).contains(&"boss"));
    assert!(!role_keys(&acme.users().get_user(&id).await.expect("a member")).contains(&"boss"));
    assert_eq!(there.tenant_ids, ["acme", "globex"]);
}

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
async fn the_active_tenant_may_be_one_that_is_made_for_it() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let checked = UpdateUserTenantWithValidationDto::new("globex").validate_tenant_exist(true);
    assert_eq!(refused(users.set_user_active_tenant(&id, &checked).await, 404), "Tenant not found");
    assert_eq!(read(&world, &id).await.tenant_id, "acme");

    let globex = UpdateUserTenantWithValidationDto::new("globex");
    let ada = users.set_user_active_tenant(&id, &globex).await.expect("a user");
    assert_eq!((ada.tenant_id.as_str(), ada.activated_for_tenant), ("globex", Some(true)));
    assert_eq!(ada.tenant_ids, ["acme", "globex"]);
    assert_eq!(role_keys(&ada), ["Admin", "ReadOnly"]);
    let made = world.frontegg.tenants().accounts().get_tenant_v2("globex").await.expect("an answer");
    assert!(json(&made).to_string().contains(r#""name":"globex""#));
    // Back again; it changes nothing else.
    let acme = UpdateUserTenantWithValidationDto::new("acme").validate_tenant_exist(true);
    assert_eq!(users.set_user_active_tenant(&id, &acme).await.expect("a user").tenant_ids, ["acme", "globex"]);
    refused(users.set_user_active_tenant(NOBODY, &acme).await, 404);
    refused(users.set_user_active_tenant(&id, &UpdateUserTenantWithValidationDto::new(" ")).await, 400);
}

#[tokio::test]
async fn a_known_user_joins_a_further_tenant() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    let ada = users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await.expect("a user");
    assert_eq!((ada.tenant_id.as_str(), ada.tenant_ids.len()), ("acme", 2));
    let there = world.frontegg.tenant("globex").users().get_user(&id).await.expect("a member");
    assert_eq!(there.activated_for_tenant, Some(false));
    assert_eq!(
        refused(users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await, 409),
        "User is already a member of the tenant"
    );

    let silent = |tenant: &str| AddUserToTenantRequest::new(tenant).skip_invite_email(true);
    refused(users.add_user_to_tenant(&id, &silent("umbrella").validate_tenant_exist(true)).await, 404);
    users.add_user_to_tenant(&id, &silent("umbrella")).await.expect("a user");
    refused(users.add_user_to_tenant(NOBODY, &silent("acme")).await, 404);

    let states = users.list_user_tenant_statuses(&id, ListUserTenantStatuses::new()).await.expect("states");
    let of = |tenant: &str| states[0].tenants_statuses.iter().find(|one| one.tenant_id == tenant).expect("a state");
    assert_eq!(of("acme").status, UserTenantStatus::PendingLogin);
    assert_eq!(of("globex").status, UserTenantStatus::PendingInvitation);
    assert_eq!(of("umbrella").status, UserTenantStatus::PendingLogin);
}

#[tokio::test]
async fn states_are_listed_for_known_people() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let bob =
        acme.user_management().create_user_v2(&CreateUserDto::new().email("bob@acme.test")).await.expect("a user");
    let users = users(&world);
    let ids = format!("{},{NOBODY},{ada}", bob.id);
    let states = users.list_user_tenant_statuses(&ids, ListUserTenantStatuses::new()).await.expect("states");
    let seen: Vec<_> =
        states.iter().map(|one| (one.user_id.as_str(), one.tenants_statuses[0].status.as_str())).collect();
    assert_eq!(seen, [(bob.id.as_str(), "NotActivated"), (ada.as_str(), "PendingLogin")]);

    let narrow = |words: &str| ListUserTenantStatuses::new().user_tenant_statuses(words);
    let states = users.list_user_tenant_statuses(&ids, narrow("NotActivated,Activated")).await.expect("states");
    assert_eq!(states.iter().map(|one| one.tenants_statuses.len()).collect::<Vec<_>>(), [1, 0]);
    refused(users.list_user_tenant_statuses(&ids, narrow("Sleeping")).await, 400);
    let many: Vec<String> = (0..201).map(|id| id.to_string()).collect();
    refused(users.list_user_tenant_statuses(&many.join(","), ListUserTenantStatuses::new()).await, 400);
    let path = "/identity/resources/tenants/users/v1/statuses";
    assert_eq!(world.send(Method::GET, path, None, json!(null)).await.0, 400);
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
async fn temporary_users_are_switched_on_first() {
    let world = World::start().await;
    world.tenant("acme").await;
    let users = users(&world);
    let self_service = world.frontegg.self_service().user_management();
    let read = || async { self_service.get_temporary_users_configuration().await.expect("a flag").enabled };
    assert!(!read().await);
    for enabled in [true, true, false, true] {
        let answer = users.set_temporary_users_configuration(&TemporaryUsersConfigurationDto::new(enabled)).await;
        assert_eq!(answer.expect("a flag").enabled, enabled);
        assert_eq!(read().await, enabled);
    }
    let path = "/identity/resources/users/temporary/v1/configuration";
    assert_eq!(world.send(Method::PUT, path, None, json!({})).await.0, 400);

    world.emulator.clock().freeze();
    let new = CreateUserDtoVendorOnly::new("acme").email("ada@acme.test").expiration_in_seconds(300);
    let made = users.create_user_globally(&new).await.expect("a user");
    let end = made.tenants[0].temporary_expiration_date.expect("an end");
    assert_eq!((end - world.emulator.clock().now()).num_seconds(), 300);
    world.emulator.clock().advance(Duration::from_secs(301));
    assert_eq!(read_end(&world, &made.id).await, Some(end));
}

async fn read_end(world: &World, id: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    read(world, id).await.tenants[0].temporary_expiration_date
}

#[tokio::test]
async fn everybody_moves_to_another_tenant() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let owned = role(&acme, "owned", 5).await;
    let everywhere = world.frontegg.management().roles();
    let common =
        everywhere.create_roles_v1(&[AddRoleRequest::new("common", "Common", 7)]).await.expect("a role").remove(0).id;
    let ada = world.user("acme", "ada@acme.test", &[&owned, &common]).await;
    let bob = world.user("acme", "bob@acme.test", &[&common]).await;
    let there = AddUserToTenantRequest::new("globex").skip_invite_email(true);
    users(&world).add_user_to_tenant(&bob, &there).await.expect("a user");
    let session = world.session(&ada, "acme").await;

    let request = MigrateUsersFromTenantToTenantRequest::new;
    let users = users(&world);
    refused(users.move_all_users_to_tenant(&request("acme", "acme")).await, 400);
    refused(users.move_all_users_to_tenant(&request("acme", "nowhere")).await, 404);
    refused(users.move_all_users_to_tenant(&request("nowhere", "acme")).await, 404);
    users.move_all_users_to_tenant(&request("acme", "globex")).await.expect("a move");

    let ada = read(&world, &ada).await;
    assert_eq!((ada.tenant_id.as_str(), ada.tenant_ids.as_slice()), ("globex", &["globex".to_owned()][..]));
    assert_eq!(role_keys(&ada), ["common"]);
    let bob = read(&world, &bob).await;
    assert_eq!((bob.tenant_id.as_str(), bob.tenant_ids.len()), ("globex", 1));
    assert!(!role_keys(&bob).contains(&"common"), "who is in both keeps what they are in the target");
    refused(session.user_management().get_my_profile_v2().await, 401);
    let left = acme.user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(left.metadata.total_items, 0);
    let arrived = globex.user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(arrived.metadata.total_items, 2);
}

#[tokio::test]
async fn roles_change_across_tenants_at_once() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let everywhere = world.frontegg.management().roles();
    let mut new = Vec::new();
    for (key, level) in [("one", 5), ("two", 6)] {
        let made = everywhere.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role");
        new.push(made[0].id.clone());
    }
    let owned = role(&acme, "owned", 5).await;
    let id = world.user("acme", "ada@acme.test", &[&new[0]]).await;
    let users = users(&world);
    users.add_user_to_tenant(&id, &AddUserToTenantRequest::new("globex")).await.expect("a user");

    let change =
        BulkUpdateUserRolesRequestDto::new().add_role_ids([new[1].as_str()]).remove_role_ids([new[0].as_str()]);
    for _ in 0..2 {
        let answer = users.update_user_roles_across_tenants(&id, &change).await.expect("a change");
        assert_eq!((answer.affected_tenants, answer.task_id), (Some(2), None));
        assert_eq!(
            (answer.roles_added, answer.roles_removed),
            (Some(vec![new[1].clone()]), Some(vec![new[0].clone()]))
        );
        assert_eq!(world.roles_of(&id, "acme").await, ["two"]);
        assert!(held(&world, &id, "globex").await.contains(&"two".to_owned()));
    }
    // Only where it is said, only where the role is seen, and a role in both lists is gone in the end.
    let both = BulkUpdateUserRolesRequestDto::new()
        .add_role_ids([new[0].as_str(), owned.as_str()])
        .remove_role_ids([new[0].as_str()])
        .tenant_ids(["acme", "nowhere"]);
    let answer = users.update_user_roles_across_tenants(&id, &both).await.expect("a change");
    assert_eq!(answer.affected_tenants, Some(1));
    assert_eq!(world.roles_of(&id, "acme").await, ["owned", "two"]);

    let none = BulkUpdateUserRolesRequestDto::new().add_role_ids(Vec::<String>::new());
    refused(users.update_user_roles_across_tenants(&id, &none).await, 400);
    refused(users.update_user_roles_across_tenants(NOBODY, &change).await, 404);
    let unknown = BulkUpdateUserRolesRequestDto::new().add_role_ids([NOBODY]);
    refused(users.update_user_roles_across_tenants(&id, &unknown).await, 404);
    refused(users.get_bulk_roles_update_status(NOBODY).await, 404);
}

async fn held(world: &World, id: &str, tenant: &str) -> Vec<String> {
    let user = world.frontegg.tenant(tenant).users().get_user(id).await.expect("a member");
    user.roles.into_iter().map(|role| role.key).collect()
}

#[tokio::test]
async fn many_tenants_make_a_task() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let owned = role(&acme, "owned", 5).await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let users = users(&world);
    for index in 0..100 {
        let tenant = UpdateUserTenantWithValidationDto::new(format!("tenant-{index}"));
        users.set_user_active_tenant(&id, &tenant).await.expect("a user");
    }
    let change = BulkUpdateUserRolesRequestDto::new().add_role_ids([owned.as_str()]);
    let answer = users.update_user_roles_across_tenants(&id, &change).await.expect("a task");
    assert_eq!((answer.affected_tenants, answer.roles_added), (None, None));
    let task = users.get_bulk_roles_update_status(&answer.task_id.expect("a task")).await.expect("a report");
    assert_eq!((task.status, task.total_tenants, task.processed_tenants), (TaskStatus::CompletedWithErrors, 101, 101));
    assert_eq!((task.user_id.as_str(), task.added_role_ids.as_slice()), (id.as_str(), &[owned][..]));
    let errors = task.errors.expect("errors");
    assert_eq!(errors[0].tenant_ids.as_ref().map(Vec::len), Some(100));
    assert!(held(&world, &id, "acme").await.contains(&"owned".to_owned()));
}

#[tokio::test]
async fn many_people_are_invited_at_once() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let known = world.user("globex", "known@globex.test", &[]).await;
    let member = world.user("acme", "member@acme.test", &[]).await;
    let boss = role(&acme, "boss", 3).await;
    let users = acme.users();
    let entry = || UserBulkInviteRequestDto::new();
    let people = [
        entry().email("new@acme.test").name("New").role_ids([boss.as_str()]).skip_invite_email(true),
        entry().email("mailed@acme.test").verified(true),
        entry().username("named"),
        entry().email("known@globex.test").name("Other"),
        entry().email("member@acme.test").name("Other"),
        entry().email("nobody@"),
        entry().email("role@acme.test").role_ids([NOBODY]),
        entry().email("phone@acme.test").phone_number("0151"),
        entry().email("bare@acme.test").password(""),
    ];
    let task = users.invite_users_in_bulk(&UsersBulkInviteRequestDto::new(people)).await.expect("a task");
    let report = users.get_bulk_invite_status(&task.id).await.expect("a report");
    assert_eq!((report.id.as_deref(), report.status), (Some(task.id.as_str()), Some(TaskStatus::CompletedWithErrors)));
    assert_eq!((report.total_users, report.processed_users), (Some(9), Some(9)));
    let errors = report.errors.expect("errors");
    let failed: Vec<_> = errors.iter().map(|one| one.email.as_deref().unwrap_or_default()).collect();
    assert_eq!(failed, ["nobody@", "role@acme.test", "phone@acme.test", "bare@acme.test"]);
    assert_eq!(errors[1].message.as_deref(), Some("Role not found"));

    let page = acme.user_management().list_users(ListUsers::new()).await.expect("a page");
    let seen: Vec<_> = page.items.iter().map(|user| user.email.as_deref().unwrap_or("-")).collect();
    assert_eq!(seen, ["known@globex.test", "member@acme.test", "new@acme.test", "mailed@acme.test", "-"]);
    let ids = page.items.iter().map(|user| user.id.as_str()).collect::<Vec<_>>().join(",");
    let states = users.list_user_tenant_statuses(&ids, ListUserTenantStatuses::new()).await.expect("states");
    let here = |index: usize| {
        let mine = states[index].tenants_statuses.iter().find(|one| one.tenant_id == "acme");
        mine.expect("a state").status.as_str().to_owned()
    };
    assert_eq!(
        [0, 1, 2, 3, 4].map(here),
        ["PendingInvitation", "PendingLogin", "PendingLogin", "NotActivated", "PendingLogin"]
    );
    assert_eq!(read(&world, &known).await.name, None);
    assert_eq!(read(&world, &member).await.name, None);
    assert_eq!(role_keys(&read(&world, &page.items[2].id).await), ["boss"]);
    assert!(read(&world, &page.items[3].id).await.verified);

    let clean = UsersBulkInviteRequestDto::new([entry().email("one@acme.test")]);
    let task = users.invite_users_in_bulk(&clean).await.expect("a task");
    assert_eq!(users.get_bulk_invite_status(&task.id).await.expect("a report").status, Some(TaskStatus::Completed));
    let nameless = UsersBulkInviteRequestDto::new([entry().email("x@acme.test"), entry().name("Nobody")]);
    let texts = refused(users.invite_users_in_bulk(&nameless).await, 400);
    assert_eq!(texts, "users[1].email or username is required");
    refused(users.get_user_by_email("x@acme.test").await, 404);
    refused(
        users.invite_users_in_bulk(&UsersBulkInviteRequestDto::new(Vec::<UserBulkInviteRequestDto>::new())).await,
        400,
    );
    let many = (0..1001).map(|number| entry().username(number.to_string())).collect::<Vec<_>>();
    refused(users.invite_users_in_bulk(&UsersBulkInviteRequestDto::new(many)).await, 400);
    refused(world.frontegg.tenant("nowhere").users().invite_users_in_bulk(&clean).await, 404);
    refused(users.get_bulk_invite_status(NOBODY).await, 404);
    let body = json!({ "users": [{ "email": "y@acme.test" }] });
    assert_eq!(world.send(Method::POST, "/identity/resources/users/bulk/v1/invite", None, body).await.0, 403);
}

#[tokio::test]
async fn an_activation_link_is_made_without_a_mail() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let made = users(&world).generate_user_activation_link(&id).await.expect("a link");
        assert_eq!(made.user_id, id);
        let link = made.link.expose();
        assert!(
            link.contains(&format!("userId={id}")) && link.contains(&format!("token={}", made.token.expose())),
            "{link}"
        );
        tokens.push(made.token.expose().to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
    refused(users(&world).generate_user_activation_link(NOBODY).await, 404);
}

#[tokio::test]
async fn a_users_token_administers_nobody() {
    let world = World::start().await;
    world.tenant("acme").await;
    let id = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&id, "acme").await;
    let http = reqwest::Client::new();
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
