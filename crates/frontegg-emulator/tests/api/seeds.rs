//! Seeds: what they make, what they refuse and where, going back to them, and tokens and codes without a sign-in.

mod refusals;
mod sources;

use frontegg_emulator::{
    Emulator, Seed,
    control_plane::OutboxQuery,
    seed::{EXAMPLE, fixed_id, schema},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{World, authenticator::App, browser::PASSWORD, claims, control};

/// Two tenants and a few people.
fn seed() -> Seed {
    Seed::new()
        .role("Accountant", |role| role.level(1).permission("fe.secure.read.users"))
        .tenant("acme", |tenant| {
            tenant
                .name("Acme Inc.")
                .group("Finance", |group| group.role("Accountant"))
                .user("ada@acme.test", |user| user.password(PASSWORD).role("Admin").group("Finance"))
                .user("bob@acme.test", |user| user.password(PASSWORD))
        })
        .tenant("acme-emea", |tenant| tenant.parent("acme"))
        .user("grace@globex.test", |user| {
            user.password(PASSWORD)
                .member_of("acme", |member| member.role("ReadOnly"))
                .member_of("acme-emea", |member| member)
        })
}

/// The tables of an export, with all secrets.
async fn tables(world: &World) -> Value {
    world.emulator.export_with_secrets().await.expect("a document")["tables"].take()
}

#[tokio::test]
async fn people_of_a_seed_sign_in() {
    let world = World::of(Emulator::builder().seed(seed())).await;
    let ada = world.browser().sign_in("ada@acme.test").await.claims();
    assert_eq!(ada["sub"], fixed_id("user", ["ada@acme.test"]));
    assert_eq!(ada["tenantId"], "acme");
    assert_eq!(ada["roles"], json!(["Admin", "Accountant"]), "by the group as well");
    let bob = world.browser().sign_in("bob@acme.test").await.claims();
    assert_eq!(bob["roles"], json!(["ReadOnly"]), "as everybody new");
    let grace = world.browser().sign_in("grace@globex.test").await.claims();
    assert_eq!(grace["tenantIds"], json!(["acme", "acme-emea"]));
}

/// The example is what `init` writes: it loads, and everything in it is there.
#[tokio::test]
async fn the_example_makes_what_it_shows() {
    let example: Seed = EXAMPLE.parse().expect("a seed");
    let world = World::of(Emulator::builder().seed(example)).await;
    let exported = tables(&world).await;
    let names = |table: &str, column: &str| -> Vec<String> {
        let rows = exported[table].as_array().expect("rows").iter();
        let mut names: Vec<_> = rows.map(|row| row[column].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("tenants", "tenant_id"), ["acme", "acme-emea", "globex"]);
    assert_eq!(names("tenant_edges", "parent_id"), ["acme"]);
    assert!(names("permissions", "key").contains(&"invoices.write".to_owned()));
    assert!(names("permission_categories", "name").contains(&"Invoices".to_owned()));
    assert!(names("roles", "key").contains(&"Regional manager".to_owned()));
    assert_eq!(names("groups", "name"), ["Finance"]);
    assert!(names("applications", "name").contains(&"Shop".to_owned()));
    assert_eq!(names("application_clients", "client_secret"), ["example-of-another-secret"]);
    assert!(names("tenant_applications", "app_id").contains(&fixed_id("application", ["shop"])));
    assert_eq!(names("social_providers", "kind"), ["example-idp"]);
    assert_eq!(names("sso_connections", "id"), [fixed_id("sso-connection", ["acme", "corporate"])]);
    assert_eq!(names("sso_domains", "domain"), ["corp.acme.test"]);
    assert_eq!(exported["sso_domains"][0]["validated"], true);
    assert_eq!(names("sso_groups", "name"), ["finance"]);
    assert_eq!([names("sso_default_roles", "role_id").len(), names("sso_group_roles", "role_id").len()], [1, 1]);
    assert_eq!(names("email_templates", "subject"), ["Welcome to Acme"]);
    assert_eq!(names("sms_templates", "type"), ["OTC"]);
    assert_eq!(names("usernames", "username"), ["bob"]);
    assert_eq!(names("mfa_phones", "phone_number"), ["+4915112345678"]);
    assert_eq!(names("phone_numbers", "phone_number"), ["+4915112345678"]);
    let people = exported["users"].as_array().expect("people");
    let person = |email: &str| {
        let id = fixed_id("user", [email]);
        people.iter().find(|row| row["id"] == json!(id)).unwrap_or_else(|| panic!("no {email}"))
    };
    assert_eq!(person("ada@acme.test")["metadata"], r#"{"theme":"dark"}"#);
    assert_eq!(person("carol@acme.test")["verified"], false);
    assert_eq!(person("dave@acme.test")["is_locked"], true);
    assert_eq!(person("erin@acme.test")["verified"], false);
    let mails = world.emulator.control().messages(&OutboxQuery::to("erin@acme.test")).await.expect("mails");
    assert_eq!(mails.len(), 1, "who is invited is told");
    let mails = world.emulator.control().messages(&OutboxQuery::to("grace@globex.test")).await.expect("mails");
    assert_eq!(mails[0].template(), "InviteToTenant");
    // The token of the tenant, with the id and secret of the file, and the member's.
    let member = fixed_id("api-token", ["acme", &fixed_id("user", ["ada@acme.test"]), "script"]);
    for (id, secret, roles) in [
        ("7f0c8d0e-2f4d-4d3c-9a55-3d8e2f1f0a11", "example-of-a-token-secret", json!(["Accountant"])),
        (&*member, "example-of-a-personal-secret", json!(["Admin", "Accountant"])),
    ] {
        let body = json!({ "clientId": id, "secret": secret });
        let answer = world.browser().done("authenticate_api_token", &[], body).await;
        let token = claims(answer["accessToken"].as_str().or(answer["access_token"].as_str()).expect("a token"));
        assert_eq!((&token["tenantId"], &token["roles"]), (&json!("acme"), &roles));
    }
}

#[tokio::test]
async fn the_same_seed_again_changes_nothing() {
    for text in [EXAMPLE.to_owned(), serde_json::to_string(&seed()).expect("JSON")] {
        let world = World::start().await;
        let first = world.emulator.control().seed_text(text.clone()).await.expect("a seed");
        assert!(first.added > 5 && first.present == 0, "{first:?}");
        let before = tables(&world).await;
        world.emulator.clock().advance(std::time::Duration::from_hours(1));
        let again = world.emulator.control().seed_text(text).await.expect("the same seed");
        assert_eq!((again.added, again.ids), (0, first.ids));
        assert!(tables(&world).await == before, "something has changed");
    }
}

#[tokio::test]
async fn a_seed_adds_to_what_is_there() {
    let world = World::start().await;
    world.tenant("acme").await;
    let bob = world.member("acme", "bob@acme.test").await;
    let report = world.emulator.seed(seed()).await.expect("a seed");
    assert_eq!(report.ids["tenants.acme.users.bob@acme.test"], bob, "whoever is there keeps their id");
    assert_eq!(report.ids["tenants.acme.users.ada@acme.test"], fixed_id("user", ["ada@acme.test"]));
    assert_eq!(world.roles_of(&bob, "acme").await, ["Admin", "ReadOnly"], "and their roles");
    // Somebody who is there becomes a member of a further tenant, and is otherwise left alone.
    let more = "{tenants: {globex: {users: {bob@acme.test: {name: Robert, roles: [ReadOnly]}}}}}";
    let report = world.emulator.control().seed_text(more).await.expect("a seed");
    assert_eq!((report.added, report.present), (1, 1));
    assert_eq!(world.roles_of(&bob, "globex").await, ["ReadOnly"]);
}

/// In whatever place the state is.
#[tokio::test]
async fn a_reset_goes_back_to_the_seed() {
    for world in World::each_of(Emulator::builder().seed(seed())).await {
        let before = tables(&world).await;
        let token = world.token("ada@acme.test", "acme").await;
        world.tenant("globex").await;
        let bob = fixed_id("user", ["bob@acme.test"]);
        world.back_end(Some("acme")).await.with("accept", "*/*").done("remove_user", &[&bob], Value::Null).await;
        let (status, _) = control(&world, Method::POST, "/reset?seed=true", Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let after = tables(&world).await;
        for table in ["tenants", "users", "memberships"] {
            let count = |tables: &Value| tables[table].as_array().map(Vec::len);
            assert_eq!(count(&after), count(&before), "{table}");
        }
        world.browser().sign_in("bob@acme.test").await.token();
        let stale = world.raw_with(&token).call("get_my_profile_v2", &[], Value::Null).await;
        assert_eq!(stale.status, StatusCode::UNAUTHORIZED, "tokens of before are refused");
        world.emulator.reset_to_seed().await.expect("a reset");
        world.browser().sign_in("ada@acme.test").await.token();
        // Without being asked it is empty.
        world.emulator.reset().await.expect("a reset");
        assert_eq!(tables(&world).await["tenants"], json!([]));
        world.emulator.reset_to_seed().await.expect("a reset");
        world.browser().sign_in("ada@acme.test").await.token();
        world.emulator.stop().await;
    }
}

/// What tells each row: its own id and those that it refers to; of settings the id in their document.
fn ids(tables: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    for (table, rows) in tables.as_object().expect("tables") {
        for row in rows.as_array().expect("rows") {
            let document = row["document"].as_str().unwrap_or("null");
            let document: Value = serde_json::from_str(document).expect("JSON");
            let row = row.as_object().expect("a row").iter();
            let told = row.filter(|(column, _)| *column == "id" || column.ends_with("_id"));
            ids.push(format!("{table}: {:?} {}", told.collect::<Vec<_>>(), document["id"]));
        }
    }
    ids.sort();
    ids
}

/// Of memberships, devices, addresses, rules, messages: of all that a seed makes.
#[tokio::test]
async fn the_same_seed_makes_the_same_ids() {
    let rules = "
policies:
  emailDomains: { block: [example.com, example.org] }
tenants:
  acme:
    policies:
      ipRestrictions: { block: [192.0.2.0/24, 198.51.100.7] }
      sessions: { idleTimeout: 3600 }
";
    let start = async || {
        let example: Seed = EXAMPLE.parse().expect("a seed");
        let builder = Emulator::builder().application_id("11111111-1111-4111-8111-111111111111").seed(example);
        let world = World::of(builder).await;
        world.emulator.control().seed_text(rules).await.expect("rules");
        world
    };
    let (first, second) = (start().await, start().await);
    let seeded = ids(&tables(&first).await);
    assert_eq!(ids(&tables(&second).await), seeded);
    // Whoever goes and comes back has them again, and what stays behind keeps its own.
    for email in ["ada@acme.test", "erin@acme.test"] {
        let id = fixed_id("user", [email]);
        second.back_end(None).await.done("remove_user", &[&id], Value::Null).await;
    }
    second.emulator.control().seed_text(EXAMPLE).await.expect("the example");
    let again = ids(&tables(&second).await);
    assert!(seeded.iter().all(|row| again.contains(row)), "{seeded:#?}\n{again:#?}");
    let invitations = OutboxQuery::to("erin@acme.test");
    let mails = second.emulator.control().messages(&invitations).await.expect("mails");
    assert!(mails.len() == 2 && mails[0].id() != mails[1].id());
}

/// In memory it is as much work for many people as for none.
#[tokio::test]
async fn a_reset_to_the_seed_takes_5_statements() {
    let many = (0..100).fold(Seed::new(), |seed, number| {
        seed.tenant("acme", |tenant| tenant.user(format!("person{number}@acme.test"), |user| user.password(PASSWORD)))
    });
    let emulator = Emulator::builder().seed(many).start().await.expect("an emulator");
    let hashes = emulator.work().password_hashes;
    assert_eq!(hashes, 1, "a password is hashed once, whoever has it");
    let before = emulator.work();
    emulator.reset_to_seed().await.expect("a reset");
    let work = emulator.work();
    assert!(work.statements - before.statements <= 6, "{}", work.statements - before.statements);
    assert_eq!(work.password_hashes, hashes);
}

#[tokio::test]
async fn tokens_are_had_without_a_sign_in() {
    let world = World::of(Emulator::builder().seed(seed())).await;
    let tokens = world.emulator.token_for("ada@acme.test", "acme").await.expect("tokens");
    assert_eq!(claims(&tokens.access_token)["sid"], json!(tokens.session_id));
    let profile = world.raw_with(&tokens.access_token).call("get_my_profile_v2", &[], Value::Null).await;
    assert_eq!((profile.status, &profile.body["email"]), (StatusCode::OK, &json!("ada@acme.test")));
    assert!(!format!("{tokens:?}").contains(&tokens.refresh_token));
    // The refresh token goes on with the session.
    let again = control(&world, Method::POST, "/tokens", json!({ "user": tokens.user_id })).await;
    assert_eq!((again.0, &again.1["tenantId"]), (StatusCode::OK, &json!("acme")), "where they work");
    let mut browser = world.browser();
    browser.sign_in("ada@acme.test").await;
    let mut browser = browser.with_refresh_token(again.1["refreshToken"].as_str().expect("a token"));
    assert_eq!(browser.refresh().await.claims()["sid"], again.1["sessionId"]);
    for (body, status) in [
        (json!({ "user": "nobody@acme.test" }), StatusCode::NOT_FOUND),
        (json!({ "user": "ada@acme.test", "tenant": "none" }), StatusCode::NOT_FOUND),
        (json!({ "user": "ada@acme.test", "tennant": "acme" }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(control(&world, Method::POST, "/tokens", body).await.0, status);
    }
}

#[tokio::test]
async fn codes_of_an_app_are_told() {
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let seed = Seed::new().tenant("acme", |tenant| {
        let mfa = frontegg_emulator::seed::Mfa::default().authenticator(secret);
        tenant.user("ada@acme.test", |user| user.password(PASSWORD).mfa(mfa)).user("bob@acme.test", |user| user)
    });
    let world = World::of(Emulator::builder().seed(seed)).await;
    world.emulator.clock().freeze();
    let app = App::of(&json!(secret));
    assert_eq!(world.emulator.totp("ada@acme.test").await.expect("a code"), app.code(&world));
    // One sign-in after another, as a code counts once.
    for _ in 0..2 {
        let mut browser = world.browser();
        let pending = browser.sign_in("ada@acme.test").await.body;
        let code = world.emulator.control().totp("ada@acme.test").await.expect("a code");
        let body = json!({ "mfaToken": pending["mfaToken"], "value": code });
        browser.done("verify_login_mfa_authenticator", &[], body).await;
    }
    let none = control(&world, Method::GET, "/outbox/totp?user=bob@acme.test", Value::Null).await;
    assert_eq!(none.0, StatusCode::NOT_FOUND);
}

/// Editors complete seeds by it.
#[test]
fn the_schema_is_checked_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.schema.json");
    let written = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, &written).expect("it is written");
    }
    let checked_in = std::fs::read_to_string(path).expect("seed.schema.json");
    assert!(checked_in == written, "INSTA_UPDATE=always cargo test -p frontegg-emulator --test api schema");
}
