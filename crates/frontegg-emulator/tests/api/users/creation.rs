//! Creating, inviting and reading people.

use std::time::Duration;

use frontegg_identity::{
    enums::TaskStatus,
    params::{ListUserTenantStatuses, ListUsers},
    types::{
        AddUserToTenantRequest, CreateUserDtoVendorOnly, TemporaryUsersConfigurationDto, UserBulkInviteRequestDto,
        UsersBulkInviteRequestDto,
    },
};
use reqwest::Method;
use serde_json::json;

use super::{
    NOBODY, read, role, role_keys,
    support::{World, json, refused},
    users,
};

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
    let ids = page.items.iter().map(|user| &user.id);
    let states = users.list_user_tenant_statuses(ids, ListUserTenantStatuses::new()).await.expect("states");
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

    let clean = UsersBulkInviteRequestDto::new((0..201).map(|number| entry().email(format!("{number}@many.test"))));
    let task = users.invite_users_in_bulk(&clean).await.expect("a task");
    let report = users.get_bulk_invite_status(&task.id).await.expect("a report");
    assert_eq!((report.status, report.processed_users), (Some(TaskStatus::Completed), Some(201)));
    let all = acme.user_management().list_users(ListUsers::new()).await.expect("a page");
    assert_eq!(all.metadata.total_items, 206);
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
