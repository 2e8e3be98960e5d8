//! What is wrong with a seed is told with its place, and nothing is made.

use frontegg_emulator::{Emulator, Error, Seed, SeedError, seed::Position};
use reqwest::{Method, StatusCode};

use super::tables;
use crate::support::{World, http};

/// Sends a seed that is refused; gives why.
async fn refusal(world: &World, text: &str) -> String {
    let request = http().request(Method::POST, format!("{}/_emulator/seed", world.emulator.url()));
    let answer = request.body(text.to_owned()).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{text}");
    let answer: serde_json::Value = answer.json().await.expect("JSON");
    answer["errors"][0].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn every_fault_has_its_place() {
    let world = World::start().await;
    let before = tables(&world).await;
    for (text, why) in [
        ("tenants:\n  acme:\n    nam: x\n", "line 3, column 5: unknown field `nam`"),
        ("tenants:\n  acme: {}\n  acme: {}\n", "line 3, column 3: duplicate mapping key"),
        ("tenants:\n  acme: [1]\n", "line 2, column 9:"),
        (
            "{\"tenants\": {\"acme\": {\"parent\": \"none\"}}}",
            "line 1, column 33: tenants.acme.parent: there is no tenant none",
        ),
        (
            "roles:\n  Boss:\n    permissions:\n      - fe.secure.*\n      - none\n",
            "line 5, column 9: roles.Boss.permissions: there is no permission none",
        ),
        (
            "tenants:\n  acme:\n    users:\n      ada@acme.test: { roles: [Admn] }\n",
            "line 4, column 32: tenants.acme.users.ada@acme.test.roles: there is no role Admn",
        ),
        (
            "tenants:\n  acme:\n    users:\n      ada@acme.test: { groups: [none] }\n",
            "line 4, column 33: tenants.acme.users.ada@acme.test.groups: there is no group none",
        ),
        (
            "tenants:\n  acme: { applications: [none] }\n",
            "line 2, column 26: tenants.acme.applications: there is no application none",
        ),
        (
            "users:\n  ada@acme.test:\n    tenants: { none: }\n",
            "line 3, column 16: users.ada@acme.test.tenants.none: there is no tenant none",
        ),
        ("users:\n  ada@acme.test: { name: Ada }\n", "line 2, column 3: users.ada@acme.test: tenants must name"),
        ("users:\n  ada@acme.test: { roles: [Admin] }\n", "users.ada@acme.test.roles: is said within tenants"),
        (
            "tenants:\n  acme:\n    users:\n      ada@acme.test:\n      Ada@ACME.test:\n",
            "line 5, column 7: tenants.acme.users.Ada@ACME.test: is described twice, also at line 4, column 7",
        ),
        (
            "tenants:\n  acme:\n    users:\n      ada@acme: {}\n",
            "line 4, column 7: tenants.acme.users.ada@acme: email must be an email",
        ),
        (
            "tenants:\n  acme:\n    users:\n      ada@acme.test: { password: short }\n",
            "line 4, column 7: tenants.acme.users.ada@acme.test.password: The password must",
        ),
        ("policies: { lockout: { maxAttempts: 0 } }", "policies.lockout.maxAttempts: must not be less than 1"),
        (
            "tenants:\n  acme: { apiTokens: { x: { roles: [Admin] } } }\n",
            "tenants.acme.apiTokens.x: a secret must be given",
        ),
        (
            "tenants:\n  acme: { scimConfigurations: { x: {} } }\n",
            "tenants.acme.scimConfigurations.x: a token must be given",
        ),
        ("tenants:\n  acme: { scimConfigurations: { x: { source: google } } }\n", "unknown variant `google`"),
        ("permissions:\n  fe.mine: {}\n", "line 2, column 3: permissions.fe.mine: "),
        ("emailTemplates:\n  None: { subject: x }\n", "line 2, column 3: emailTemplates.None: type must be one of"),
        ("smsTemplates:\n  None: x\n", "line 2, column 3: smsTemplates.None: SMS template type not found"),
        ("{\"format\": \"frontegg-emulator\"}", "POST /_emulator/import"),
        ("format: frontegg-emulator\n", "line 1, column 1: unknown field `format`"),
        ("tenants: {a: {parent: b}, b: {parent: a}}", "A tenant must not lie below itself"),
        ("[]", "line 1, column 1:"),
    ] {
        let told = refusal(&world, text).await;
        assert!(told.contains(why), "{text}\n{told}\n{why}");
    }
    assert!(tables(&world).await == before, "nothing was made");
}

/// Whatever is wrong, and wherever the reader stumbles.
#[tokio::test]
async fn secrets_are_not_told() {
    let world = World::start().await;
    for secret in [
        "password: [hush-1]",
        "password: hu",
        "passwordHash: hush-2",
        "mfa: { authenticator: hush-3 }",
        "password: {hush-4: 1}",
        "mfa: { authenticator: [hush-5] }",
        "password: \"hush-6",
        "password: hush-7-Aa, password: hush-8-Aa",
        "password: hush-9-Aa, nam: x",
    ] {
        let told =
            refusal(&world, &format!("{{tenants: {{acme: {{users: {{ada@acme.test: {{ {secret} }}}}}}}}}}")).await;
        assert!(!told.contains("hush"), "{told}");
    }
    let seed: Seed = "tenants: {acme: {users: {ada@acme.test: {password: hush-Aa-1}}, apiTokens: {x: {secret: hush}}, \
                      scimConfigurations: {x: {token: hush}}}}"
        .parse()
        .expect("a seed");
    assert!(!format!("{seed:?}").contains("hush"), "{seed:?}");
}

#[tokio::test]
async fn a_bad_seed_ends_a_start() {
    let seed = Seed::new().tenant("acme", |tenant| tenant.parent("none"));
    let refused = Emulator::builder().seed(seed).start().await.expect_err("a refusal");
    let Error::InvalidSeed(error) = refused else { panic!("{refused:?}") };
    assert_eq!((error.path.as_str(), error.position), ("tenants.acme.parent", None));
    assert_eq!(error.to_string(), "tenants.acme.parent: there is no tenant none");
    let error: SeedError = Seed::read("\n  x: 1", Some("seed.yaml")).expect_err("a refusal");
    assert_eq!(error.position.map(|Position { line, column, .. }| (line, column)), Some((2, 3)));
    assert!(error.to_string().starts_with("seed.yaml:2:3: unknown field `x`"), "{error}");
}
