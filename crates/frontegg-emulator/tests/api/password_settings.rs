//! Tag “Password Settings”, over HTTP through the SDK: the rules. The ways to a new password are
//! tested in `passwords.rs`.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized, params,
    types::{
        CreateOrUpdatePasswordRotationDto, OptionalTestsConfig, PasswordConfigRequest, PasswordHistoryPolicyRequest,
        RequiredTestsConfig, VendorConfigRequest,
    },
    views::PasswordSettings,
};
use serde_json::{Value, json};
use support::{World, refused};

/// What the rules are before anybody changed them.
fn defaults() -> Value {
    json!({
        "allowPassphrases": true,
        "minLength": 6,
        "maxLength": 128,
        "minPhraseLength": 20,
        "minOptionalTestsToPass": 1,
        "blockPwnedPasswords": false,
        "optionalTests": {
            "requireLowercase": true,
            "requireUppercase": true,
            "requireNumbers": true,
            "requireSpecialChars": true,
        },
        "requiredTests": { "checkThreeRepeatedChars": true },
    })
}

/// The same with some members replaced.
fn but(base: &Value, members: Value) -> Value {
    let mut rules = base.clone();
    let Value::Object(members) = members else { panic!("members") };
    for (name, value) in members {
        rules[name] = value;
    }
    rules
}

async fn complexity<A: Authorized>(settings: &PasswordSettings<A>) -> Value {
    support::json(&settings.get_password_configuration().await.expect("the rules"))
}

async fn let_tenants_override(world: &World) {
    let body = VendorConfigRequest::new()
        .allow_override_password_complexity(true)
        .allow_override_password_expiration(true)
        .allow_override_enforce_password_history(true);
    let core = world.frontegg.management().core_settings();
    core.update_identity_configuration(&body).await.expect("the configuration");
}

#[tokio::test]
async fn members_left_out_keep_their_values_and_tests_are_replaced_whole() {
    let world = World::start().await;
    let settings = world.frontegg.self_service().password_settings();
    assert_eq!(complexity(&settings).await, defaults());

    let body = PasswordConfigRequest::new().min_length(8).min_optional_tests_to_pass(4);
    let answer = settings.update_password_configuration(&body).await.expect("the rules");
    let medium = but(&defaults(), json!({ "minLength": 8, "minOptionalTestsToPass": 4 }));
    assert_eq!(support::json(&answer), medium);
    assert_eq!(complexity(&settings).await, medium);

    let body = PasswordConfigRequest::new()
        .allow_passphrases(false)
        .block_pwned_passwords(true)
        .max_length(64)
        .min_phrase_length(30)
        .optional_tests(OptionalTestsConfig::new().require_numbers(true))
        .required_tests(RequiredTestsConfig::new());
    let answer = settings.update_password_configuration(&body).await.expect("the rules");
    let changes = json!({
        "allowPassphrases": false,
        "blockPwnedPasswords": true,
        "maxLength": 64,
        "minPhraseLength": 30,
        "optionalTests": {
            "requireLowercase": false,
            "requireUppercase": false,
            "requireNumbers": true,
            "requireSpecialChars": false,
        },
        "requiredTests": { "checkThreeRepeatedChars": false },
    });
    assert_eq!(support::json(&answer), but(&medium, changes));
    assert_eq!(complexity(&settings).await, support::json(&answer));
    settings.update_password_configuration(&PasswordConfigRequest::new()).await.expect("no change");
    assert_eq!(complexity(&settings).await, support::json(&answer));
}

#[tokio::test]
async fn rules_that_nothing_or_everything_satisfies_are_refused() {
    let world = World::start().await;
    let raw = world.raw().await;
    for (body, text) in [
        (json!({ "minLength": 9, "maxLength": 8 }), "minLength must not be greater than maxLength"),
        (json!({ "minLength": 129 }), "minLength must not be greater than maxLength"),
        (json!({ "minLength": 0 }), "minLength must not be less than 1"),
        (json!({ "maxLength": 1_000_000 }), "maxLength must not be greater than 1024"),
        (json!({ "minPhraseLength": -1 }), "minPhraseLength"),
        (json!({ "minOptionalTestsToPass": 5 }), "minOptionalTestsToPass must not be greater than 4"),
        (json!({ "minOptionalTestsToPass": -1 }), "minOptionalTestsToPass"),
        (json!({ "minLength": "8" }), "minLength"),
        (json!({ "optionalTests": true }), "optionalTests"),
        (json!({ "requiredTests": { "checkThreeRepeatedChars": 1 } }), "checkThreeRepeatedChars"),
    ] {
        let texts = raw.call("update_password_configuration", &[], body.clone()).await.refused(400);
        assert!(texts.contains(text), "{body}: {texts}");
    }
    let all = json!({ "minLength": 0, "minOptionalTestsToPass": 9 });
    let texts = raw.call("update_password_configuration", &[], all).await.refused(400);
    assert!(texts.contains("minLength") && texts.contains("minOptionalTestsToPass"), "{texts}");
    assert_eq!(raw.call("get_password_configuration", &[], Value::Null).await.body, defaults());
}

#[tokio::test]
async fn a_tenant_has_rules_of_its_own_where_it_may() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let admin = world.role("Admin").await;
    let reader = world.role("ReadOnly").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let eve = world.user("acme", "eve@acme.test", &[&reader]).await;
    let ada = world.session(&ada, "acme").await.password_settings();
    let eve = world.session(&eve, "acme").await.password_settings();
    let body = PasswordConfigRequest::new().min_length(10);
    for settings in [acme.password_settings()] {
        let texts = refused(settings.update_password_configuration(&body).await, 403);
        assert_eq!(texts, "Tenants may not override the password complexity");
    }
    refused(ada.update_password_configuration(&body).await, 403);

    let_tenants_override(&world).await;
    let environment = world.frontegg.self_service().password_settings();
    environment.update_password_configuration(&PasswordConfigRequest::new().max_length(99)).await.expect("rules");
    // A tenant without rules shows the environment's.
    let of_environment = but(&defaults(), json!({ "maxLength": 99 }));
    for shown in [complexity(&acme.password_settings()).await, complexity(&eve).await] {
        assert_eq!(shown, of_environment);
    }
    let texts = refused(eve.update_password_configuration(&body).await, 403);
    assert!(texts.contains("fe.secure.write.securityPolicy"), "{texts}");
    ada.update_password_configuration(&body).await.expect("rules of acme");
    let of_acme = but(&of_environment, json!({ "minLength": 10 }));
    for shown in [complexity(&acme.password_settings()).await, complexity(&ada).await, complexity(&eve).await] {
        assert_eq!(shown, of_acme);
    }
    for shown in [complexity(&globex.password_settings()).await, complexity(&environment).await] {
        assert_eq!(shown, of_environment);
    }
    let nowhere = world.frontegg.tenant("nowhere").password_settings();
    assert_eq!(complexity(&nowhere).await, of_environment);
    assert_eq!(refused(nowhere.update_password_configuration(&body).await, 404), "Tenant not found");
}

#[tokio::test]
async fn the_strictest_rules_bind_a_user_and_nobody_is_betrayed() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let_tenants_override(&world).await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    world.user("globex", "ada@acme.test", &[]).await;
    let environment = world.frontegg.self_service().password_settings();
    let change = PasswordConfigRequest::new;
    environment.update_password_configuration(&change().min_length(7)).await.expect("rules");
    let of_environment = complexity(&environment).await;
    let body = change().min_length(10).max_length(60).allow_passphrases(false);
    acme.password_settings().update_password_configuration(&body).await.expect("rules");
    let body = change().min_length(8).max_length(40).min_optional_tests_to_pass(3).block_pwned_passwords(true);
    globex.password_settings().update_password_configuration(&body).await.expect("rules");
    let strictest = but(
        &of_environment,
        json!({
            "minLength": 10,
            "maxLength": 40,
            "allowPassphrases": false,
            "minOptionalTestsToPass": 3,
            "blockPwnedPasswords": true,
        }),
    );
    let asked = params::GetStrictestPasswordConfiguration::new;
    let of = |user_id: &str| environment.get_strictest_password_configuration(asked().user_id(user_id));
    assert_eq!(support::json(&of(&ada).await.expect("rules")), strictest);
    assert_eq!(support::json(&of("nobody").await.expect("rules")), of_environment);
    let nobodys = environment.get_strictest_password_configuration(asked()).await.expect("rules");
    assert_eq!(support::json(&nobodys), of_environment);
    // A token may come along, though none is needed.
    let raw = world.raw_with(&world.token(&ada, "acme").await);
    let own = raw.call("get_strictest_password_configuration", &[], Value::Null).await;
    assert_eq!(own.body, strictest);
    let raw = world.raw().await;
    let of_environment_token = raw.call("get_strictest_password_configuration", &[], Value::Null).await;
    assert_eq!(of_environment_token.body, of_environment);

    // What tenants may not have any more does not count any more.
    let body = VendorConfigRequest::new().allow_override_password_complexity(false);
    let core = world.frontegg.management().core_settings();
    core.update_identity_configuration(&body).await.expect("the configuration");
    assert_eq!(support::json(&of(&ada).await.expect("rules")), of_environment);
}

async fn history_lives<A: Authorized>(world: &World, settings: &PasswordSettings<A>) {
    let body = PasswordHistoryPolicyRequest::new;
    let texts = refused(settings.get_password_history_policy().await, 404);
    assert_eq!(texts, "Password history policy not found");
    assert_eq!(refused(settings.update_password_history_policy(&body(true, 3)).await, 404), texts);
    let created = settings.create_password_history_policy(&body(true, 3)).await.expect("a rule");
    assert!(created.enabled && created.history_size == 3 && created.created_at == created.updated_at);
    let texts = refused(settings.create_password_history_policy(&body(true, 9)).await, 409);
    assert_eq!(texts, "Password history policy already exists");
    world.emulator.clock().advance(Duration::from_mins(1));
    let updated = settings.update_password_history_policy(&body(false, 10)).await.expect("the rule");
    assert_eq!((updated.enabled, updated.history_size, &updated.id), (false, 10, &created.id));
    assert_eq!((updated.updated_at - created.created_at).num_seconds(), 60);
    assert_eq!(updated.created_at, created.created_at);
    let read = settings.get_password_history_policy().await.expect("the rule");
    assert_eq!(support::json(&read), support::json(&updated));
}

#[tokio::test]
async fn each_level_has_a_history_rule_of_its_own() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let bob = world.user("globex", "bob@globex.test", &[&world.role("ReadOnly").await]).await;
    let environment = world.frontegg.self_service().password_settings();
    history_lives(&world, &environment).await;
    let ada = world.session(&ada, "acme").await.password_settings();
    let body = PasswordHistoryPolicyRequest::new(true, 5);
    let texts = refused(ada.create_password_history_policy(&body).await, 403);
    assert_eq!(texts, "Tenants may not override the password history");
    let_tenants_override(&world).await;
    history_lives(&world, &ada).await;
    let seen = acme.password_settings().get_password_history_policy().await.expect("acme's rule");
    assert_eq!(support::json(&seen), support::json(&ada.get_password_history_policy().await.expect("it")));
    let bob = world.session(&bob, "globex").await.password_settings();
    refused(bob.get_password_history_policy().await, 404);
    refused(bob.create_password_history_policy(&body).await, 403);

    let raw = world.raw().await;
    for body in [
        json!({ "enabled": true }),
        json!({ "historySize": 3 }),
        json!({ "enabled": true, "historySize": 0 }),
        json!({ "enabled": true, "historySize": 11 }),
        json!({ "enabled": "yes", "historySize": 3 }),
    ] {
        raw.call("create_password_history_policy", &[], body.clone()).await.refused(400);
        raw.call("update_password_history_policy", &[], body).await.refused(400);
    }
    assert_eq!(environment.get_password_history_policy().await.expect("the rule").history_size, 10);
}

#[tokio::test]
async fn each_level_has_a_rotation_rule_of_its_own() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let reader = world.user("acme", "eve@acme.test", &[]).await;
    let environment = world.frontegg.self_service().password_settings();
    let ada = world.session(&ada, "acme").await.password_settings();
    let eve = world.session(&reader, "acme").await.password_settings();
    let body = CreateOrUpdatePasswordRotationDto::new;
    for texts in [
        refused(environment.get_password_rotation().await, 404),
        refused(environment.get_environment_password_rotation().await, 404),
        refused(ada.get_environment_password_rotation().await, 404),
        refused(ada.get_password_rotation().await, 404),
    ] {
        assert_eq!(texts, "Password rotation configuration not found");
    }
    // The first call fills in defaults, later ones keep what they leave out.
    environment.set_password_rotation(&body()).await.expect("a rule");
    let first = environment.get_password_rotation().await.expect("the rule");
    assert_eq!((first.is_active, first.rotation_period, first.notification_period), (false, 129_600, 10_080));
    assert_eq!(first.tenant_id.as_deref(), Some(""));
    world.emulator.clock().advance(Duration::from_mins(1));
    environment.set_password_rotation(&body().is_active(true).rotation_period(60)).await.expect("the rule");
    let second = environment.get_password_rotation().await.expect("the rule");
    assert_eq!((second.is_active, second.rotation_period, second.notification_period), (true, 60, 10_080));
    assert_eq!(second.created_at, first.created_at);
    assert_eq!((second.updated_at.expect("a time") - first.updated_at.expect("a time")).num_seconds(), 60);
    for seen in [ada.get_environment_password_rotation().await, environment.get_environment_password_rotation().await] {
        assert_eq!(support::json(&seen.expect("the environment's")), support::json(&second));
    }
    refused(ada.get_password_rotation().await, 404);

    let texts = refused(ada.set_password_rotation(&body()).await, 403);
    assert_eq!(texts, "Tenants may not override the password expiration");
    let_tenants_override(&world).await;
    refused(eve.set_password_rotation(&body()).await, 403);
    ada.set_password_rotation(&body().notification_period(0)).await.expect("acme's rule");
    let own = eve.get_password_rotation().await.expect("acme's rule");
    assert_eq!((own.rotation_period, own.notification_period), (129_600, 0));
    assert_eq!(own.tenant_id.as_deref(), Some("acme"));
    // The header picks the tenant for the environment's token, though no document says so.
    let (status, seen) = world.send(reqwest::Method::GET, ROTATION, Some("acme"), Value::Null).await;
    assert_eq!((status, &seen["tenantId"]), (200, &json!("acme")));
    assert_eq!(support::json(&environment.get_password_rotation().await.expect("it")), support::json(&second));

    let raw = world.raw().await;
    for body in [
        json!({ "isActive": "yes" }),
        json!({ "rotationPeriod": 0 }),
        json!({ "rotationPeriod": 2_628_001 }),
        json!({ "notificationPeriod": -1 }),
        json!({ "notificationPeriod": 2_628_001 }),
    ] {
        raw.call("set_password_rotation", &[], body).await.refused(400);
    }
    let limits = json!({ "rotationPeriod": 2_628_000, "notificationPeriod": 2_628_000 });
    assert_eq!(raw.call("set_password_rotation", &[], limits).await.status, 200);
    world.raw_with("").call("get_password_rotation", &[], Value::Null).await.refused(401);
}

const ROTATION: &str = "/identity/resources/configurations/v1/password-rotation";
