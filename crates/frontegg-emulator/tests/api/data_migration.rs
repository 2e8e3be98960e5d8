//! Tag “Data Migration”, over HTTP through the SDK: people come over with what they had.

use frontegg_identity::{
    Environment,
    enums::{PasswordHashingType, PhoneNumberType},
    params::ListUsers,
    types::{
        Auth0Configuration, EmailObjectDto, MigrateUserRequestV1, MigrateUserRequestV2, MigrateUsersRequestV1,
        MigrateUsersRequestV2, MigrationObject,
    },
    views::DataMigration,
};
use serde_json::{Value, json};

use crate::support::{World, authenticator::App, json, refused};

/// `correct horse`, by bcrypt.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
/// An app's secret as people are shown it.
const SECRET: &str = "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp";

fn migration(world: &World) -> DataMigration<Environment> {
    world.frontegg.management().data_migration()
}

fn migrant(tenant: &str, email: &str) -> MigrateUserRequestV1 {
    MigrateUserRequestV1::new(tenant).email(email)
}

/// Brings them over and polls.
async fn in_bulk(world: &World, users: Vec<MigrateUserRequestV1>) -> MigrationObject {
    let accepted = migration(world).migrate_users_in_bulk_v1(&MigrateUsersRequestV1::new(users)).await.expect("a job");
    let status = migration(world).get_user_migration_status(&accepted.migration_id).await.expect("a status");
    assert_eq!(status.id.as_deref(), Some(accepted.migration_id.as_str()));
    status
}

/// From another system to a session, by the password and the app of before.
#[tokio::test]
async fn people_go_on_with_what_they_had() {
    for world in World::each().await {
        world.tenant("acme").await;
        let ada = migrant("acme", "Ada@acme.test")
            .name("Ada")
            .metadata(r#"{"plan":"gold"}"#)
            .vendor_metadata(r#"{"row":7}"#)
            .external_id("legacy-7")
            .password_hash(BCRYPT)
            .authenticator_app_mfa_secret(SECRET)
            .verify_user(true);
        let user = migration(&world).migrate_user(&ada).await.expect("a user");
        assert_eq!((user.email.as_deref(), user.name.as_deref()), (Some("Ada@acme.test"), Some("Ada")));
        assert_eq!((user.verified, user.mfa_enrolled, user.external_id.as_deref()), (true, true, Some("legacy-7")));
        assert!(world.emulator.outbox().messages().await.expect("messages").is_empty(), "nobody is mailed");

        let app = App::of(&SECRET.replace(' ', "").to_uppercase().into());
        let mut browser = world.browser();
        let asked = browser.sign_in_with("ada@acme.test", "correct horse").await;
        let token = asked.body["mfaToken"].as_str().unwrap_or_else(|| panic!("{}", asked.body)).to_owned();
        let answer = json!({ "mfaToken": token, "value": app.code(&world) });
        let signed_in = browser.call("verify_login_mfa_authenticator", &[], answer).await;
        let claims = signed_in.claims();
        assert_eq!((&claims["sub"], &claims["metadata"]["plan"]), (&json!(user.id), &json!("gold")));
        world.browser().sign_in_with("ada@acme.test", "correct house").await.refused(401);
    }
}

#[tokio::test]
async fn numbers_serve_signing_in_or_a_second_factor() {
    let world = World::start().await;
    world.tenant("acme").await;
    let with = |email: &str, kind| migrant("acme", email).phone_number("+4915112345678").phone_number_type(kind);
    let ada = migration(&world).migrate_user(&with("ada@acme.test", PhoneNumberType::Auth)).await.expect("a user");
    assert_eq!((ada.phone_number.as_deref(), ada.mfa_enrolled), (Some("+4915112345678"), false));
    refused(migration(&world).migrate_user(&with("bob@acme.test", PhoneNumberType::Auth)).await, 409);
    let carol = migration(&world).migrate_user(&with("carol@acme.test", PhoneNumberType::Mfa)).await.expect("a user");
    assert_eq!((carol.phone_number, carol.mfa_enrolled), (None, true));
}

#[tokio::test]
async fn known_people_join_a_further_tenant() {
    let world = World::start().await;
    let (acme, _) = (world.tenant("acme").await, world.tenant("globex").await);
    let id = world.member("acme", "ada@acme.test").await;
    let other = migrant("globex", "ADA@acme.test").name("Somebody").password_hash(BCRYPT);
    let user = migration(&world).migrate_user(&other).await.expect("a user");
    assert_eq!((user.id.as_str(), user.tenant_ids.len()), (id.as_str(), 2));
    let profile = acme.users().get_user(&id).await.expect("a user");
    assert_eq!(profile.name, None, "what they had before stays");
    world.browser().sign_in("ada@acme.test").await.token();
    assert!(refused(migration(&world).migrate_user(&other).await, 409).contains("already"));
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let taken = migrant("acme", "ada@acme.test").external_id("7");
    migration(&world).migrate_user(&taken).await.expect("a user");
    let new = || migrant("acme", "new@acme.test");
    for (entry, status) in [
        (MigrateUserRequestV1::new("acme"), 400),
        (migrant("acme", "no address"), 400),
        (migrant("nowhere", "new@acme.test"), 404),
        (new().role_ids(["no role"]), 404),
        (new().external_id("7"), 409),
        (new().metadata("{"), 400),
        (new().phone_number("0151"), 400),
        (new().authenticator_app_mfa_secret("no base 32!"), 400),
        (new().password_hash("plain"), 400),
        (new().password_hash(BCRYPT).password_hash_type(PasswordHashingType::Scrypt), 400),
        // Security case 7: nothing is computed of what would take gigabytes or days.
        (new().password_hash("$2b$31$abcdefghijklmnopqrstuu2JzrHZmMDLzOFBpBoqAUYGhnqWJzn6i"), 400),
        (
            new()
                .password_hash("$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng")
                .password_hash_type(PasswordHashingType::Argon2),
            400,
        ),
    ] {
        refused(migration(&world).migrate_user(&entry).await, status);
    }
    let raw = world.raw().await;
    let unknown = json!({ "tenantId": "acme", "email": "new@acme.test", "phoneNumberType": "fax" });
    raw.call("migrate_user", &[], unknown).await.refused(400);
    let all = acme.user_management().list_users(ListUsers::new()).await;
    assert_eq!(all.expect("the users").items.len(), 1);
    raw.call("get_user_migration_status", &["none"], Value::Null).await.refused(404);
    raw.call("migrate_users_from_auth0", &[], json!({ "domain": "x" })).await.refused(400);
    let auth0 = Auth0Configuration::new("acme.auth0.test", "client", "secret", "tenant");
    migration(&world).migrate_users_from_auth0(&auth0).await.expect("nobody is asked");
}

#[tokio::test]
async fn many_come_at_once_and_one_stops_no_other() {
    const COUNT: usize = 250;
    for world in World::each().await {
        let acme = world.tenant("acme").await;
        world.member("acme", "person100@acme.test").await;
        let users = (0..COUNT).map(|number| {
            migrant("acme", &format!("person{number}@acme.test")).password_hash(BCRYPT).verify_user(true)
        });
        let mut users: Vec<_> = users.collect();
        users[200] = migrant("nowhere", "lost@acme.test");
        let commits = world.emulator.work().commits;
        let status = in_bulk(&world, users).await;
        assert_eq!(world.emulator.work().commits - commits, 3, "a hundred in a transaction");
        let errors = status.errors.clone().expect("errors");
        let places: Vec<_> = errors.iter().map(|error| error["index"].clone()).collect();
        assert_eq!(places, [100, 200], "{errors:?}");
        assert_eq!((status.total_users, status.migrated_users), (Some(250), Some(248)));
        assert_eq!(status.state.as_deref(), Some("CompletedWithErrors"));
        let found = acme.user_management().list_users(ListUsers::new().limit(1)).await.expect("a page");
        assert_eq!(found.metadata.total_items, 249);
        world.browser().sign_in_with("person249@acme.test", "correct horse").await.token();
    }
    let world = World::start().await;
    refused(
        migration(&world)
            .migrate_users_in_bulk_v1(&MigrateUsersRequestV1::new(Vec::<MigrateUserRequestV1>::new()))
            .await,
        400,
    );
}

#[tokio::test]
async fn the_second_form_has_several_addresses() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "taken@acme.test").await;
    let email = EmailObjectDto::new;
    let user = |emails: Vec<EmailObjectDto>| MigrateUserRequestV2::new("acme").emails(emails);
    let users = vec![
        user(vec![email("ada@one.test", false, true), email("ada@two.test", true, true)]),
        user(vec![email("bob@one.test", false, false), email("bob@two.test", false, true)]),
        user(vec![email("carol@one.test", true, true), email("carol@two.test", true, true)]),
        user(vec![email("dave@one.test", true, true), email("taken@acme.test", false, true)]),
        user(vec![email("frank@one.test", true, true), email("FRANK@one.test", false, true)]),
        user(Vec::new()),
        MigrateUserRequestV2::new("acme").username("erin"),
    ];
    let job = migration(&world).migrate_users_in_bulk_v2(&MigrateUsersRequestV2::new(users)).await.expect("a job");
    let status = migration(&world).get_user_migration_status(&job.migration_id).await.expect("a status");
    assert_eq!(status.migrated_users, Some(3), "{}", json(&status));
    let by_email = async |address: &str| world.frontegg.management().users().get_user_by_email(address).await;
    let ada = by_email("ada@one.test").await.expect("by a further address");
    assert_eq!((ada.email.as_deref(), ada.verified), (Some("ada@two.test"), true));
    let bob = by_email("bob@one.test").await.expect("the first is the primary one");
    assert_eq!((bob.email.as_deref(), bob.verified), (Some("bob@one.test"), false));
    for whole in ["dave@one.test", "frank@one.test"] {
        refused(by_email(whole).await, 404);
    }
}
