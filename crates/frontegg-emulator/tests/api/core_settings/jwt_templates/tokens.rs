//! The tokens that come of templates.

use std::time::Duration;

use frontegg_identity::{
    enums::{TargetingAttribute, TargetingOperation},
    types::{CreateUserApiTokenDto, IdentityConditionDto, IdentityConditionValue, UpdateUserDto},
};
use serde_json::{Value, json};

use super::{ADA, condition, populated, rule, target, template};
use crate::support::{World, browser::PASSWORD, claims, header, refused};

async fn set_metadata(world: &World, user_id: &str, metadata: &Value) {
    let user = world.frontegg.tenant("acme").user(user_id);
    let change = UpdateUserDto::new().metadata(metadata.to_string());
    user.user_management().update_user(&change).await.expect("a change");
}

/// What whoever has that token is told of themselves.
async fn me(world: &World, token: &str) -> Value {
    world.browser().bearer(token).done("get_my_profile_v2", &[], Value::Null).await
}

async fn kind_of(world: &World, token: &str) -> String {
    let template = header(token)["template"].clone();
    assert_eq!(me_status(world, token).await, 200, "{template}");
    template.as_str().unwrap_or("none").to_owned()
}

async fn me_status(world: &World, token: &str) -> u16 {
    world.browser().bearer(token).call("get_identity_configuration", &[], Value::Null).await.status
}

async fn exchanged(world: &World, credentials: &Value) -> Value {
    world.browser().done("authenticate_api_token_v1", &[], credentials.clone()).await
}

/// The claims of a template, and what the service puts in itself.
#[tokio::test]
async fn a_template_shapes_the_tokens_of_people() {
    let (world, ada) = populated().await;
    let shaped = json!({
        "mail": "{{user.email}}",
        "verified": "{{user.verified}}",
        "myRoles": "{{roles}}",
        "permissions": "{{user.tenant.permissions}}",
        "greeting": "Hello {{ user.email }} of {{tenant.name}}{{nobody}}",
        "nested": { "tenant": "{{tenantId}}", "list": ["{{user.id}}", "{{nobody}}"], "number": 7 },
        "nothing": "{{user.shoeSize}}",
        "sid": "mine",
        "applicationId": "mine",
        "exp": 1,
        "iss": "https://elsewhere.test",
    });
    template(&world, "shaped", shaped).await;
    target(&world, vec![rule(vec![], "shaped")]).await;
    let mut browser = world.browser();
    let signed_in = browser.sign_in(ADA).await;
    assert_eq!((&signed_in.body["expiresIn"], &signed_in.body["userId"]), (&json!(600), &json!(ada)));
    let refreshed = browser.refresh().await;
    let default = {
        target(&world, vec![]).await;
        browser.refresh().await.claims()
    };
    for token in [signed_in.token(), refreshed.token()] {
        let claims = claims(token);
        let iat = claims["iat"].as_i64().expect("seconds");
        let expected = json!({
            "iss": world.emulator.url(),
            "aud": world.emulator.client_id(),
            "sub": ada,
            "iat": iat,
            "exp": iat + 600,
            "type": "userToken",
            "tenantId": "acme",
            "applicationId": default["applicationId"],
            "sid": default["sid"],
            "mail": ADA,
            "verified": default["email_verified"],
            "myRoles": default["roles"],
            "permissions": default["permissions"],
            "greeting": format!("Hello {ADA} of acme"),
            "nested": { "tenant": "acme", "list": [ada], "number": 7 },
        });
        assert_eq!(claims, expected);
        assert_eq!(header(token)["template"], "shaped");
        assert_eq!(me(&world, token).await["email"], ADA);
    }
    assert_eq!(default["exp"], default["iat"].as_i64().expect("seconds") + 86_400);
}

#[tokio::test]
async fn metadata_and_roles_come_from_the_store() {
    let (world, ada) = populated().await;
    set_metadata(&world, &ada, &json!({ "plan": { "seats": 3 } })).await;
    let tenant = json!({ "metadata": "{\"region\":\"eu\"}" });
    world.back_end(None).await.done("add_tenant_metadata", &["acme"], tenant).await;
    world.configure(json!({ "addRolesToJwt": false, "addPermissionsToJwt": false })).await;
    let shaped = json!({
        "seats": "{{user.metadata.plan.seats}}", "plan": "{{metadata.plan}}", "region": "{{tenant.metadata.region}}",
        "roles": "{{roles}}", "seen": "{{user.tenantIds}}",
    });
    template(&world, "shaped", shaped).await;
    assert!(claims(&world.token(&ada, "acme").await).get("roles").is_none());
    target(&world, vec![rule(vec![], "shaped")]).await;
    let claims = claims(&world.token(&ada, "acme").await);
    assert_eq!(
        (&claims["seats"], &claims["plan"], &claims["region"]),
        (&json!(3), &json!({ "seats": 3 }), &json!("eu"))
    );
    assert_eq!(claims["seen"], json!(["acme"]));
    assert!(!claims["roles"].as_array().expect("keys").is_empty());
}

/// The first rule decides whose conditions all hold and whose template there is.
#[tokio::test]
async fn targeting_decides_by_tenant_application_role_and_person() {
    use TargetingAttribute::{ApplicationId, RoleIds, TenantId, TokenType, UserEmail, UserId};
    let (world, ada) = populated().await;
    world.tenant("globex").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let (admin, reader) = (world.role("Admin").await, world.role("ReadOnly").await);
    let bob = world.user("acme", "bob@acme.test", &[&reader]).await;
    for key in ["one", "two"] {
        template(&world, key, json!({})).await;
    }
    let deleted = template(&world, "deleted", json!({})).await;
    let negated = |mut condition: IdentityConditionDto| {
        condition.negate = true;
        condition
    };
    let application = claims(&world.token(&ada, "acme").await)["applicationId"].as_str().expect("an id").to_owned();
    let ends = IdentityConditionValue::new(["B@ACME.test"]);
    let ends = IdentityConditionDto::new(UserEmail, TargetingOperation::EndsWith, ends, false);
    let in_acme = || condition(TenantId, &["acme"]);
    let of = async |user: &str, tenant: &str| kind_of(&world, &world.token(user, tenant).await).await;
    for (rules, expected) in [
        (vec![rule(vec![in_acme()], "one")], ["one", "none", "one"]),
        (vec![rule(vec![negated(in_acme())], "one")], ["none", "one", "none"]),
        (vec![rule(vec![in_acme()], "one"), rule(vec![], "two")], ["one", "two", "one"]),
        (vec![rule(vec![condition(UserId, &[&bob, "x"])], "one")], ["none", "none", "one"]),
        (vec![rule(vec![ends], "two")], ["none", "none", "two"]),
        (vec![rule(vec![condition(RoleIds, &["x", &admin])], "one")], ["one", "one", "none"]),
        (vec![rule(vec![condition(ApplicationId, &[&application]), in_acme()], "one")], ["one", "none", "one"]),
        (vec![rule(vec![condition(ApplicationId, &["other"])], "one")], ["none", "none", "none"]),
        (vec![rule(vec![condition(TokenType, &["userToken"])], "one")], ["one", "one", "one"]),
        (vec![rule(vec![condition(TokenType, &["tenantApiToken"])], "one")], ["none", "none", "none"]),
        (vec![rule(vec![], "deleted"), rule(vec![in_acme()], "two")], ["deleted", "deleted", "deleted"]),
    ] {
        target(&world, rules.clone()).await;
        let seen = [of(&ada, "acme").await, of(&ada, "globex").await, of(&bob, "acme").await];
        assert_eq!(seen, expected, "{rules:?}");
    }
    // The rule stays and picks nothing, so the next one has its turn.
    let settings = world.frontegg.management().core_settings();
    settings.delete_jwt_template(&deleted).await.expect("a deletion");
    assert_eq!([of(&ada, "acme").await, of(&ada, "globex").await], ["two", "none"]);
    assert_eq!(settings.get_jwt_template_targeting().await.expect("it").targeting.rules.len(), 2);
    // As soon as another tenant is worked in, another rule counts.
    target(&world, vec![rule(vec![condition(TenantId, &["globex"])], "one")]).await;
    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    assert_eq!(kind_of(&world, &token).await, "none");
    let mut own = browser.clone().bearer(&token);
    own.done("set_my_active_tenant", &[], json!({ "tenantId": "globex" })).await;
    assert_eq!(kind_of(&world, browser.refresh().await.token()).await, "one");
}

#[tokio::test]
async fn tokens_of_machines_are_shaped_too() {
    let (world, ada) = populated().await;
    let eve = world.user("acme", "eve@acme.test", &[&world.role("ReadOnly").await]).await;
    let role = world.role("ReadOnly").await;
    let body = json!({ "roleIds": [role], "metadata": { "job": "nightly" } });
    let of_tenant = world.back_end(Some("acme")).await.done("create_tenant_api_token_v1", &[], body).await;
    let new = CreateUserApiTokenDto::new();
    let of_user = world
        .frontegg
        .tenant("acme")
        .user(&eve)
        .personal_tokens()
        .create_user_api_token(&new)
        .await
        .expect("credentials");
    let of_user = json!({ "clientId": of_user.client_id, "secret": of_user.secret.expose() });
    let of_tenant = json!({ "clientId": of_tenant["clientId"], "secret": of_tenant["secret"] });
    let shaped = json!({
        "aud": "{{applicationId}}", "sub": "machine-{{sub}}", "job": "{{metadata.job}}", "keys": "{{roles}}",
        "mail": "{{user.email}}", "roles": ["Admin"], "permissions": ["fe.*"],
    });
    template(&world, "machine", shaped).await;
    let kinds = ["tenantApiToken", "userApiToken"];
    target(&world, vec![rule(vec![condition(TargetingAttribute::TokenType, &kinds)], "machine")]).await;
    for (credentials, kind, mail) in [(&of_tenant, kinds[0], Value::Null), (&of_user, kinds[1], json!("eve@acme.test"))]
    {
        let made = exchanged(&world, credentials).await;
        let token = made["accessToken"].as_str().expect("a token");
        let claims = claims(token);
        assert_eq!(
            (&claims["type"], &claims["tenantId"], &made["expiresIn"]),
            (&json!(kind), &json!("acme"), &json!(600))
        );
        assert_eq!((&claims["sid"], &claims["aud"]), (&credentials["clientId"], &claims["applicationId"]));
        assert_eq!(claims["sub"], format!("machine-{}", credentials["clientId"].as_str().expect("an id")));
        assert_eq!((claims.get("mail").cloned().unwrap_or_default(), &claims["roles"]), (mail, &json!(["Admin"])));
        let mut machine = world.browser().bearer(token);
        machine.done("get_identity_configuration", &[], Value::Null).await;
        // What the token claims of its rights is for others: here the credentials count.
        assert_eq!(machine.call("create_roles_v1", &[], json!([{ "key": "x", "name": "x" }])).await.status, 403);
    }
    assert_eq!(claims(&world.token(&ada, "acme").await).get("keys"), None, "people are not meant");
    let made = exchanged(&world, &of_tenant).await;
    let token = made["accessToken"].as_str().expect("a token");
    assert_eq!((&claims(token)["job"], &claims(token)["keys"]), (&json!("nightly"), &json!(["ReadOnly"])));
    let id = of_tenant["clientId"].as_str().expect("an id");
    world.back_end(Some("acme")).await.done("delete_tenant_api_token", &[id], Value::Null).await;
    assert_eq!(me_status(&world, token).await, 401, "it ends with its credentials");
}

/// Whatever a template says of its holder, the emulator goes by the session.
#[tokio::test]
async fn nobody_becomes_somebody_else_by_a_template() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", ADA, &[&world.role("ReadOnly").await]).await;
    world.tenant("globex").await;
    let bob = world.user("globex", "bob@globex.test", &[&world.role("Admin").await]).await;
    let shaped = json!({
        "sub": bob, "userId": bob, "tenantIds": ["globex"], "roles": ["Admin"], "permissions": ["*", "fe.*"],
        "superUser": true, "amr": ["mfa"],
    });
    template(&world, "grand", shaped).await;
    target(&world, vec![rule(vec![], "grand")]).await;
    let token = world.token(&ada, "acme").await;
    let shown = claims(&token);
    assert_eq!((&shown["sub"], &shown["tenantId"], &shown["roles"]), (&json!(bob), &json!("acme"), &json!(["Admin"])));
    let profile = me(&world, &token).await;
    assert_eq!((&profile["id"], &profile["email"]), (&json!(ada), &json!(ADA)));
    let mut own = world.browser().bearer(&token).with("frontegg-tenant-id", "globex");
    let refused = own.call("create_roles_v1", &[], json!([{ "key": "x", "name": "x" }])).await;
    assert_eq!(refused.status, 403, "rights are those of the store: {}", refused.body);
    // It ends with the session, and in time.
    world.emulator.clock().advance(Duration::from_mins(10));
    assert_eq!(me_status(&world, &token).await, 401);
    let token = world.token(&ada, "acme").await;
    let sid = claims(&token)["sid"].as_str().expect("an id").to_owned();
    world.browser().bearer(&token).done("delete_my_session", &[&sid], Value::Null).await;
    assert_eq!(me_status(&world, &token).await, 401);
}

/// Tokens have to fit into headers.
#[tokio::test]
async fn what_is_too_long_for_a_token_is_left_out() {
    let (world, ada) = populated().await;
    set_metadata(&world, &ada, &json!({ "text": "x".repeat(3_900) })).await;
    let claim = |name: String| (name, json!("{{user.metadata.text}}"));
    let shaped = Value::Object((0..9).map(|number| claim(format!("claim{number}"))).collect());
    template(&world, "long", shaped).await;
    target(&world, vec![rule(vec![], "long")]).await;
    let token = world.token(&ada, "acme").await;
    let shown = claims(&token);
    assert!(shown["claim1"].is_string() && shown.get("claim8").is_none());
    assert_eq!(me(&world, &token).await["email"], ADA);
}

#[tokio::test]
async fn templates_travel_and_go_with_a_reset() {
    let (world, ada) = populated().await;
    let id = template(&world, "kept", json!({ "mail": "{{email}}" })).await;
    target(&world, vec![rule(vec![], "kept")]).await;
    let mut document = world.emulator.export().await.expect("a document");
    let copy = World::start().await;
    copy.emulator.import(&document).await.expect("an import");
    let settings = copy.frontegg.management().core_settings();
    assert_eq!(settings.get_jwt_template(&id).await.expect("the template").key, "kept");
    let token = copy.token(&ada, "acme").await;
    assert_eq!((&claims(&token)["mail"], me_status(&copy, &token).await), (&json!(ADA), 200));
    copy.emulator.reset().await.expect("a reset");
    refused(settings.get_jwt_template(&id).await, 404);
    refused(settings.get_jwt_template_targeting().await, 404);

    for (column, value) in
        [("claims", json!("{}")), ("algorithm", json!("none")), ("expiration", json!(0)), ("key", json!(" "))]
    {
        let before = std::mem::replace(&mut document["tables"]["jwt_templates"][0][column], value);
        let error = copy.emulator.import(&document).await.expect_err("a refusal").to_string();
        assert!(error.contains("jwt_templates"), "{error}");
        document["tables"]["jwt_templates"][0][column] = before;
    }
    copy.emulator.import(&document).await.expect("it was the column alone");
}

/// The SDK's callers sign in by them as by any other.
#[tokio::test]
async fn a_session_of_the_sdk_goes_on_with_shaped_tokens() {
    let (world, _) = populated().await;
    template(&world, "short", json!({})).await;
    target(&world, vec![rule(vec![], "short")]).await;
    let login = world.frontegg.authentication().login(ADA, PASSWORD).await.expect("a sign-in");
    let session = login.into_session().expect("a session");
    for _ in 0..3 {
        let profile = session.user_management().get_my_profile_v2().await.expect("a profile");
        assert_eq!(profile.email.as_deref(), Some(ADA));
        world.emulator.clock().advance(Duration::from_secs(700));
    }
}
