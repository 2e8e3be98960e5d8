//! Inviting people, new and known.

use std::time::Duration;

use frontegg_identity::{
    Environment, Error,
    types::{CreateUserDto, TemporaryUsersConfigurationDto, UserCreatedResponse},
    views::Users,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    NOBODY, common_role, role,
    support::{World, browser::PASSWORD, http, refused},
};

/// The retired form answers as its successor does.
#[expect(deprecated, reason = "clients in the field call it")]
async fn retired(users: &Users<Environment>, new: &CreateUserDto) -> Result<UserCreatedResponse, Error> {
    users.create_user_v1(new).await
}

fn keys(user: &UserCreatedResponse) -> Vec<&str> {
    user.roles.as_ref().expect("roles").iter().map(|role| role.key.as_str()).collect()
}

#[tokio::test]
async fn new_people_get_an_account() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let users = acme.user_management();
    let new = CreateUserDto::new()
        .email("ada@acme.test")
        .name("Ada")
        .profile_picture_url("https://acme.test/ada.png")
        .phone_number("+4915112345678")
        .metadata(r#"{"a":1}"#)
        .password("correct horse battery staple 1!");
    let ada = users.create_user_v2(&new).await.expect("a user");
    assert_eq!((ada.email.as_deref(), ada.name.as_deref()), (Some("ada@acme.test"), Some("Ada")));
    // Even with a password the address has to be proven.
    assert_eq!((ada.verified, ada.activated_for_tenant), (Some(false), Some(false)));
    // In a tenant without members the roles of the first user come with the default ones.
    assert_eq!(keys(&ada), ["Admin", "ReadOnly"]);
    assert!(ada.permissions.as_ref().is_some_and(|list| list.iter().any(|one| one.key == "fe.secure.*")));
    let read = acme.users().get_user(&ada.id).await.expect("a member");
    assert_eq!((read.phone_number.as_deref(), read.metadata.as_deref()), (Some("+4915112345678"), Some(r#"{"a":1}"#)));

    let silent = CreateUserDto::new().email("bob@acme.test").skip_invite_email(true);
    let bob = users.create_user_v2(&silent).await.expect("a user");
    assert_eq!((bob.verified, bob.activated_for_tenant), (Some(true), Some(true)));
    assert_eq!(keys(&bob), ["ReadOnly"]);
    assert_eq!(bob.metadata.as_deref(), Some("{}"));

    // Whoever has no address waits for no mail.
    let carol = retired(&users, &CreateUserDto::new().username("Carol")).await.expect("a user");
    assert_eq!((carol.email, carol.activated_for_tenant), (None, Some(true)));
}

#[tokio::test]
async fn roles_are_those_named() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let one = common_role(&world, "one", 5).await;
    let own = role(&acme, "own", 6).await;
    let foreign = role(&globex, "foreign", 6).await;
    let users = acme.user_management();
    let new = |email: &str, ids: &[&str]| CreateUserDto::new().email(email).role_ids(ids.iter().copied());
    let ada = users.create_user_v2(&new("ada@acme.test", &[&own, &one, &one])).await.expect("a user");
    assert_eq!(keys(&ada), ["one", "own"]);
    let bob = users.create_user_v2(&new("bob@acme.test", &[])).await.expect("a user");
    assert_eq!(keys(&bob), Vec::<&str>::new());
    let unknown = refused(users.create_user_v2(&new("carol@acme.test", &[NOBODY])).await, 404);
    assert_eq!(unknown, refused(users.create_user_v2(&new("carol@acme.test", &[&foreign])).await, 404));
    refused(world.frontegg.management().users().get_user_by_email("carol@acme.test").await, 404);
}

#[tokio::test]
async fn known_people_get_a_further_membership() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let new = CreateUserDto::new().email("ada@acme.test").name("Ada").skip_invite_email(true);
    let ada = acme.user_management().create_user_v2(&new).await.expect("a user");

    let again = CreateUserDto::new().email("ADA@acme.test").name("Somebody").metadata("[]");
    let there = globex.user_management().create_user_v2(&again).await.expect("a user");
    assert_eq!(
        (there.id.as_str(), there.name.as_deref(), there.metadata.as_deref()),
        (ada.id.as_str(), Some("Ada"), Some("{}"))
    );
    assert_eq!((there.verified, there.activated_for_tenant), (Some(true), Some(false)));
    let read = world.frontegg.management().users().get_user_globally(&ada.id).await.expect("a user");
    assert_eq!((read.tenant_id.as_str(), read.tenant_ids.len()), ("acme", 2));
    // Somebody pending is asked again.
    let third = globex.user_management().create_user_v2(&again).await.expect("a user");
    assert_eq!((third.id.as_str(), third.activated_for_tenant), (ada.id.as_str(), Some(false)));
    // By username it is the same person, too.
    let carol = acme.user_management().create_user_v2(&CreateUserDto::new().username("carol")).await.expect("a user");
    let same = globex.user_management().create_user_v2(&CreateUserDto::new().username("CAROL")).await.expect("a user");
    assert_eq!(same.id, carol.id);
}

/// To a member who invites somebody it is the same whether they have an account elsewhere: neither the answer nor what
/// can be read of them until they accept tells.
#[tokio::test]
async fn members_cannot_tell_the_known_from_the_unknown() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let known = CreateUserDto::new()
        .email("ada@mail.test")
        .name("Ada")
        .username("ada")
        .password(PASSWORD)
        .phone_number("+4915112345678")
        .metadata(r#"{"a":1}"#)
        .skip_invite_email(true);
    world.tenant("acme").await.user_management().create_user_v2(&known).await.expect("a user");
    world.browser().sign_in("ada@mail.test").await.claims();
    world.tenant("globex").await;
    let admin = world.user("globex", "admin@globex.test", &[]).await;
    let session = world.browser().bearer(&world.token(&admin, "globex").await);
    world.emulator.clock().advance(Duration::from_hours(1));
    let now = world.emulator.clock().now().format("%Y-%m-%dT%H:%M").to_string();

    let seen = async |email: &str| {
        let mut session = session.clone();
        let answer = session.done("create_user_v2", &[], json!({ "email": email })).await;
        let text = |member: &str| answer[member].as_str().expect("a text").to_owned();
        let (id, created) = (text("id"), text("createdAt"));
        assert!(created.starts_with(&now), "not the moment of their account, but {now}: {created}");
        let all = session.done("list_users", &[], Value::Null).await;
        let listed = all["items"].as_array().expect("people").iter().find(|one| one["id"] == id).cloned();
        // A mail for each, whatever it says to its reader.
        let mails = world.emulator.outbox().messages_to(email).await.expect("mails").len();
        json!([answer, listed, mails]).to_string().replace(&id, "ID").replace(&created, "NOW").replace(email, "EMAIL")
    };
    assert_eq!(seen("ada@mail.test").await, seen("bob@mail.test").await);
}

#[tokio::test]
async fn active_members_and_taken_identifiers_are_refused() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let users = acme.user_management();
    let ada = CreateUserDto::new().email("ada@acme.test").username("ada").phone_number("+4915112345678");
    let id = users.create_user_v2(&ada).await.expect("a user").id;
    world.frontegg.management().users().verify_user(&id).await.expect("a verification");

    let bob = || CreateUserDto::new().email("bob@acme.test");
    for (new, status, text) in [
        (CreateUserDto::new().email("ada@acme.test"), 409, "User already exists"),
        (CreateUserDto::new().username("ADA"), 409, "User already exists"),
        (bob().username("Ada"), 409, "Username already exists"),
        (bob().phone_number("+4915112345678"), 409, "Phone number already exists"),
        (CreateUserDto::new().name("Bob"), 400, "email or username is required"),
        (CreateUserDto::new().email("bob@"), 400, "email must be an email"),
        (bob().username("b/b"), 400, "username must contain only"),
        (bob().username("b".repeat(256)), 400, "username must be shorter than or equal to 255 characters"),
        (bob().metadata("metadata"), 400, "metadata must be a json string"),
        (bob().phone_number("4915112345678"), 400, "phoneNumber must be"),
        (bob().profile_picture_url("x".repeat(4096)), 400, "profilePictureUrl must be"),
        (bob().expiration_in_seconds(299), 400, "expirationInSeconds must not be less than 300"),
        (bob().expiration_in_seconds(300), 400, "Temporary users are not enabled"),
    ] {
        for answer in [retired(&users, &new).await, users.create_user_v2(&new).await] {
            let error = refused(answer, status);
            assert!(error.contains(text), "{error}");
        }
    }
    refused(world.frontegg.management().users().get_user_by_email("bob@acme.test").await, 404);
    let nowhere = world.frontegg.tenant("nowhere").user_management().create_user_v2(&bob()).await;
    assert_eq!(refused(nowhere, 404), "Tenant not found");
    let provider = json!({ "email": "bob@acme.test", "provider": "pigeon" });
    assert_eq!(world.send(Method::POST, "/identity/resources/users/v2", Some("acme"), provider).await.0, 400);
    let (status, body) = world.send(Method::POST, "/identity/resources/users/v2", None, json!({})).await;
    assert_eq!((status, &body["errors"]), (403, &json!(["Tenant ID is not specified"])));
}

/// Clients in the field send other members along; none of them has an effect. Security case 44.
#[tokio::test]
async fn an_invitation_grants_nothing_by_the_way() {
    let world = World::start().await;
    world.tenant("acme").await;
    let body = json!({
        "email": "ada@acme.test", "id": NOBODY, "superUser": true, "mfaBypass": true, "verified": true,
        "vendorMetadata": "{\"x\":1}", "tenantId": "globex", "isLocked": true, "createdAt": "2001-01-01T00:00:00Z",
    });
    let (status, made) = world.send(Method::POST, "/identity/resources/users/v2", Some("acme"), body).await;
    assert_eq!(status, 201);
    assert_ne!(made["id"], NOBODY);
    let ada = world.frontegg.management().users().get_user_globally(made["id"].as_str().expect("an id")).await;
    let ada = ada.expect("a user");
    assert_eq!(
        (ada.super_user, ada.mfa_bypass, ada.verified, ada.is_locked),
        (Some(false), Some(false), false, Some(false))
    );
    assert_eq!((ada.vendor_metadata.as_deref(), ada.tenant_id.as_str()), (Some("{}"), "acme"));
    assert!(ada.created_at.expect("a time") > chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(18_000));
}

/// One client in the field sends metadata as JSON, not as its text.
#[tokio::test]
async fn metadata_may_come_as_json() {
    let world = World::start().await;
    world.tenant("acme").await;
    for (email, metadata, stored) in [
        ("ada@acme.test", json!({ "a": [1, "x"] }), r#"{"a":[1,"x"]}"#),
        ("bob@acme.test", json!(null), "{}"),
        ("carol@acme.test", json!(7), "7"),
        ("dora@acme.test", json!(r#"{"b": 2}"#), r#"{"b": 2}"#),
    ] {
        let body = json!({ "email": email, "metadata": metadata });
        let (status, made) = world.send(Method::POST, "/identity/resources/users/v2", Some("acme"), body).await;
        assert_eq!((status, made["metadata"].as_str()), (201, Some(stored)), "{made}");
    }
}

#[tokio::test]
async fn the_stay_may_be_limited() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let on = TemporaryUsersConfigurationDto::new(true);
    world.frontegg.management().users().set_temporary_users_configuration(&on).await.expect("a flag");
    world.emulator.clock().freeze();
    let new = CreateUserDto::new().email("ada@acme.test").skip_invite_email(true).expiration_in_seconds(600);
    let ada = acme.user_management().create_user_v2(&new).await.expect("a user");
    let end = ada.temporary_expiration_date.expect("an end");
    assert_eq!((end - world.emulator.clock().now()).num_seconds(), 600);
}

/// A user's token invites into its own tenant, and gives no roles above its own level. Security case 45.
#[tokio::test]
async fn users_invite_up_to_their_level() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let strong = common_role(&world, "strong", 4).await;
    let equal = common_role(&world, "equal", 5).await;
    let weak = common_role(&world, "weak", 6).await;
    world.allow(&equal, &["fe.secure.write.users"]).await;
    let manager = world.user("acme", "manager@acme.test", &[&equal]).await;
    let token = world.token(&manager, "acme").await;
    let invite = |body: Value| {
        let url = format!("{}/identity/resources/users/v2", world.emulator.url());
        // The header of another tenant is not heard.
        let request = http().post(url).bearer_auth(&token).header("frontegg-tenant-id", "globex");
        async move { request.json(&body).send().await.expect("an answer").status().as_u16() }
    };
    for (ids, status) in
        [(vec![&weak], 201), (vec![&weak, &equal], 201), (vec![&strong], 403), (vec![&weak, &strong], 403)]
    {
        let body = json!({ "email": format!("u{status}-{}@acme.test", ids.len()), "roleIds": ids });
        assert_eq!(invite(body).await, status, "{ids:?}");
    }
    let made = world.frontegg.management().users().get_user_by_email("u201-1@acme.test").await.expect("a user");
    assert_eq!(made.tenant_ids, ["acme"]);
    assert_eq!(acme.users().get_user(&made.id).await.expect("a member").roles[0].key, "weak");
    refused(world.frontegg.management().users().get_user_by_email("u403-1@acme.test").await, 404);
    // The default role is stronger than they are, and no more theirs to give where nobody names it.
    assert_eq!(invite(json!({ "email": "default@acme.test" })).await, 403);
    assert_eq!(invite(json!({ "email": "bare@acme.test", "roleIds": [] })).await, 201);
}
