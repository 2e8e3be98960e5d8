//! Tags “API Token” and “Unpublished Tokens”, over HTTP: client credentials exchanged for JWTs, and
//! what those are good for.

use crate::support;

use std::time::Duration;

use frontegg_emulator::{Emulator, StoreTarget};
use frontegg_identity::{
    Environment, Error, Scope,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, ApiTokenAuthV2Response, AssignUserToRolesDto,
        AuthApiTokenDto, CreateTenantAccessTokenRequest, CreateTenantApiTokenDto, CreateTenantApiTokenResponseDto,
        CreateUserAccessTokenRequest, CreateUserApiTokenDto, CreateUserApiTokenResponseDto, RefreshApiTokenDto,
        UpdateApiTokenDto,
    },
};
use serde_json::{Value, json};
use support::{World, claims, refused};

/// What `authenticate_api_token` takes.
fn pair(client_id: &str, secret: &str) -> AuthApiTokenDto {
    AuthApiTokenDto::new(client_id, secret)
}

async fn exchange(world: &World, made: &CreateTenantApiTokenResponseDto) -> Result<ApiTokenAuthV2Response, Error> {
    let body = pair(&made.client_id, made.secret.expose());
    world.frontegg.authentication().api_token().authenticate_api_token(&body).await
}

async fn refresh(world: &World, token: &str) -> Result<ApiTokenAuthV2Response, Error> {
    world.frontegg.authentication().api_token().refresh_api_token(&RefreshApiTokenDto::new(token)).await
}

async fn of_tenant(scope: &Scope<Environment>, new: &CreateTenantApiTokenDto) -> CreateTenantApiTokenResponseDto {
    scope.api_tokens().create_tenant_api_token_v2(new).await.expect("credentials")
}

async fn of_user(
    world: &World,
    tenant: &str,
    user: &str,
    new: &CreateUserApiTokenDto,
) -> CreateUserApiTokenResponseDto {
    let tokens = world.frontegg.tenant(tenant).user(user).personal_tokens();
    tokens.create_user_api_token(new).await.expect("credentials")
}

/// Makes a role of the environment that holds a permission of its own key.
async fn role(world: &World, key: &str, level: i32, permission: &str) -> String {
    let management = world.frontegg.management();
    let new = [AddPermissionRequest::new(permission, permission)];
    let permission = management.permissions().create_permissions(&new).await.expect("a permission").remove(0).id;
    let new = [AddRoleRequest::new(key, key, level)];
    let role = management.roles().create_roles_v1(&new).await.expect("a role").remove(0).id;
    let rights = AddPermissionToRoleRequest::new([permission]);
    management.roles().set_role_permissions(&role, &rights).await.expect("permissions");
    role
}

fn map(value: Value) -> serde_json::Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

#[tokio::test]
async fn a_tenants_credentials_give_a_jwt_with_what_they_were_given() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let auditor = role(&world, "auditor", 5, "reports.read").await;
    let new = CreateTenantApiTokenDto::new().role_ids([&auditor]).metadata(map(json!({"team": {"id": 7}})));
    let made = of_tenant(&acme, &new).await;

    let call = world.frontegg.authentication().api_token();
    let body = pair(&made.client_id, made.secret.expose());
    let answer = call.authenticate_api_token(&body).with_response().await.expect("a token");
    assert_eq!((answer.status(), answer.expires_in), (200, 86_400));
    assert_eq!(answer.header("set-cookie"), None);
    let now = clock.now();
    let end = now + Duration::from_hours(24);
    assert_eq!(answer.expires, end.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let client_id = world.emulator.client_id();
    assert_eq!(
        claims(answer.access_token.expose()),
        json!({
            "type": "tenantApiToken", "sub": made.client_id, "tenantId": "acme",
            "applicationId": world.emulator.application_id(),
            "roles": ["auditor"], "permissions": ["reports.read"], "metadata": {"team": {"id": 7}},
            "iss": world.emulator.url(), "aud": client_id, "iat": now.timestamp(), "exp": end.timestamp(),
        })
    );
    assert_eq!(answer.refresh_token.expose().len(), 36);

    // Permissions without a role; what is given later counts from the next token on.
    let permissions = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    let ids: Vec<_> =
        permissions.iter().filter(|permission| permission.key.starts_with("reports.")).map(|p| &p.id).collect();
    let change = UpdateApiTokenDto::new().permission_ids(ids.iter().copied()).metadata(map(json!({"team": 8})));
    acme.api_tokens().update_tenant_api_token(&made.client_id, &change).await.expect("a change");
    let renewed = refresh(&world, answer.refresh_token.expose()).await.expect("a token");
    let renewed = claims(renewed.access_token.expose());
    assert_eq!(
        (&renewed["roles"], &renewed["permissions"], &renewed["metadata"]),
        (&json!([]), &json!(["reports.read"]), &json!({"team": 8}))
    );
}

#[tokio::test]
async fn a_users_credentials_follow_the_user() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let auditor = role(&world, "auditor", 5, "reports.read").await;
    let editor = role(&world, "editor", 4, "reports.write").await;
    let ada = world.user("acme", "ada@acme.test", &[&auditor]).await;
    assert_eq!(world.user("globex", "ada@acme.test", &[&editor]).await, ada);
    let new = CreateUserApiTokenDto::new().metadata(map(json!({"laptop": true})));
    let made = of_user(&world, "acme", &ada, &new).await;

    let call = world.frontegg.authentication().api_token();
    let body = pair(&made.client_id, made.secret.expose());
    let answer = call.authenticate_api_token(&body).await.expect("a token");
    let first = claims(answer.access_token.expose());
    for (claim, value) in [
        ("type", json!("userApiToken")),
        ("sub", json!(made.client_id)),
        ("tenantId", json!("acme")),
        ("userId", json!(ada)),
        ("createdByUserId", json!(ada)),
        ("email", json!("ada@acme.test")),
        ("metadata", json!({"laptop": true})),
        ("userMetadata", json!({})),
        // Not those of the other tenant.
        ("roles", json!(["auditor"])),
        ("permissions", json!(["reports.read"])),
    ] {
        assert_eq!(first[claim], value, "{claim}");
    }

    let more = AssignUserToRolesDto::new([&editor]);
    acme.user_management().assign_roles_to_user(&ada, &more).await.expect("roles");
    let renewed = refresh(&world, answer.refresh_token.expose()).await.expect("a token");
    assert_eq!(claims(renewed.access_token.expose())["roles"], json!(["editor", "auditor"]));
}

#[tokio::test]
async fn refresh_tokens_are_good_once_and_for_a_time() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let first = exchange(&world, &made).await.expect("a token").refresh_token;
    let second = refresh(&world, first.expose()).await.expect("a token").refresh_token;
    assert_ne!(first.expose(), second.expose());
    // Reuse revokes nothing else.
    assert_eq!(refused(refresh(&world, first.expose()).await, 401), "Invalid refresh token");
    assert_eq!(refused(refresh(&world, "unknown").await, 401), "Invalid refresh token");
    clock.advance(Duration::from_secs(2_592_000 - 1));
    let third = refresh(&world, second.expose()).await.expect("a token").refresh_token;
    clock.advance(Duration::from_hours(720));
    refused(refresh(&world, third.expose()).await, 401);
    let anonymous = world.raw_with("");
    assert_eq!(anonymous.call("refresh_api_token", &[], json!({})).await.refused(400), "refreshToken is required");
}

/// One of many at the same time succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_spent_once_even_at_the_same_time() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let token = exchange(&world, &made).await.expect("a token").refresh_token;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (api, body) = (world.frontegg.authentication().api_token(), RefreshApiTokenDto::new(token.clone()));
            tokio::spawn(async move { api.refresh_api_token(&body).await })
        })
        .collect();
    let mut good = 0;
    for task in tasks {
        match task.await.expect("a task") {
            Ok(_) => good += 1,
            Err(error) => assert_eq!(error.status(), Some(401), "{error}"),
        }
    }
    assert_eq!(good, 1);
}

/// Whatever is wrong with credentials, the answer is the same.
#[tokio::test]
async fn bad_credentials_are_refused_alike() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let other = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let short = of_tenant(&acme, &CreateTenantApiTokenDto::new().expires_in_minutes(1)).await;
    let short_lived = exchange(&world, &short).await.expect("a token");
    let deleted = of_user(&world, "acme", &ada, &CreateUserApiTokenDto::new()).await;
    let personal = acme.user(&ada).personal_tokens();
    personal.delete_user_api_token(&deleted.client_id).await.expect("a deletion");
    let access = CreateTenantAccessTokenRequest::new();
    let access = acme.api_tokens().create_tenant_access_token(&access).await.expect("a token");
    let jwt = access.secret.expect("a secret");
    clock.advance(Duration::from_mins(1));

    let api = world.frontegg.authentication().api_token();
    for (client_id, secret) in [
        ("unknown", made.secret.expose()),
        (made.client_id.as_str(), "wrong"),
        (made.client_id.as_str(), ""),
        (made.client_id.as_str(), other.secret.expose()),
        (short.client_id.as_str(), short.secret.expose()),
        (deleted.client_id.as_str(), deleted.secret.expose()),
        // Access tokens are no credentials.
        (access.id.as_str(), jwt.expose()),
        (access.id.as_str(), ""),
    ] {
        let refusal = api.authenticate_api_token(&pair(client_id, secret)).await;
        assert_eq!(refused(refusal, 401), "Invalid authentication", "{client_id}");
    }
    // The end of credentials is also that of their refresh tokens and, here, of their JWTs.
    refused(refresh(&world, short_lived.refresh_token.expose()).await, 401);
    let machine = world.frontegg.session(short_lived.access_token.expose());
    refused(machine.api_tokens().list_tenant_api_tokens().await, 401);

    let anonymous = world.raw_with("");
    for operation in ["authenticate_api_token", "authenticate_api_token_v1"] {
        let text = anonymous.call(operation, &[], json!({})).await.refused(400);
        assert_eq!(text, "clientId is required; secret is required");
    }
    exchange(&world, &made).await.expect("a token");
}

/// The first version answers in camel case; the two take each other's refresh tokens.
#[tokio::test]
async fn both_versions_speak_of_the_same_tokens() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let anonymous = world.raw_with("");
    let body = json!({"clientId": made.client_id, "secret": made.secret.expose()});
    let members = |body: &Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();

    let first = anonymous.call("authenticate_api_token_v1", &[], body.clone()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(members(&first.body), ["accessToken", "expires", "expiresIn", "refreshToken"]);
    assert_eq!(first.body["expiresIn"], 86_400);
    let token = first.body["accessToken"].as_str().expect("a token");
    assert_eq!(claims(token)["sub"], json!(made.client_id));
    world.frontegg.session(token).permissions().list_permissions().await.expect("a good bearer");

    let body = json!({"refreshToken": first.body["refreshToken"]});
    let second = anonymous.call("refresh_api_token", &[], body.clone()).await;
    assert_eq!(members(&second.body), ["access_token", "expires", "expires_in", "refresh_token"]);
    anonymous.call("refresh_api_token_v1", &[], body).await.refused(401);
    let body = json!({"refreshToken": second.body["refresh_token"]});
    let third = anonymous.call("refresh_api_token_v1", &[], body).await;
    assert_eq!(members(&third.body), ["accessToken", "expires", "expiresIn", "refreshToken"]);
}

/// Security case 35.
#[tokio::test]
async fn case_35_the_life_of_an_api_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state.db");
    let emulator = Emulator::builder().store(StoreTarget::SqliteFile(file)).start().await;
    let world = World::around(emulator.expect("an emulator"));
    // All in one moment: which is the oldest must not depend on the time.
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    assert_eq!(list[0].client_id, made.client_id);
    assert!(!json!(list).to_string().contains(made.secret.expose()));

    let mut tokens = Vec::new();
    for _ in 0..101 {
        tokens.push(exchange(&world, &made).await.expect("a token"));
    }
    let oldest = |index: usize| tokens[index].refresh_token.expose();
    refused(refresh(&world, oldest(0)).await, 401);
    let renewed = refresh(&world, oldest(1)).await.expect("the second oldest");
    // A renewal takes the place of what it spends, so that nothing else dies.
    refresh(&world, oldest(2)).await.expect("the third oldest");

    // Only fingerprints are stored, in all the files of the store.
    let mut stored = Vec::new();
    for entry in std::fs::read_dir(directory.path()).expect("a directory") {
        stored.extend(std::fs::read(entry.expect("an entry").path()).expect("a file"));
    }
    let found = |text: &str| stored.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(found(&made.client_id), "the bytes are those of the store");
    assert!(!found(made.secret.expose()));
    assert!(!found(tokens[100].refresh_token.expose()) && !found(tokens[100].access_token.expose()));

    let machine = world.frontegg.session(renewed.access_token.expose());
    machine.permissions().list_permissions().await.expect("a good bearer");
    acme.api_tokens().delete_tenant_api_token(&made.client_id).await.expect("a deletion");
    assert_eq!(refused(exchange(&world, &made).await, 401), "Invalid authentication");
    for token in [oldest(100), renewed.refresh_token.expose()] {
        assert_eq!(refused(refresh(&world, token).await, 401), "Invalid refresh token");
    }
    // Our own routes take the JWT no more, at once.
    refused(machine.permissions().list_permissions().await, 401);
}

/// A tenant's token acts in its tenant with its rights, as nobody in particular.
#[tokio::test]
async fn a_tenants_token_is_a_bearer_within_its_rights() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let theirs = of_tenant(&globex, &CreateTenantApiTokenDto::new()).await;
    let bare = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let token = exchange(&world, &bare).await.expect("a token").access_token;
    let powerless = world.frontegg.session(token.expose());
    refused(powerless.api_tokens().list_tenant_api_tokens().await, 403);

    let admin = world.frontegg.management().roles().list_roles_v1().await.expect("roles").remove(0);
    let strong = of_tenant(&acme, &CreateTenantApiTokenDto::new().role_ids([&admin.id])).await;
    let token = exchange(&world, &strong).await.expect("a token").access_token;
    let machine = world.frontegg.session(token.expose());
    let list = machine.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    assert!(list.iter().all(|token| token.tenant_id == "acme"));
    assert_eq!(list.len(), 2);
    refused(machine.api_tokens().delete_tenant_api_token(&theirs.client_id).await, 404);
    let made = machine.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await;
    assert_eq!(made.expect("credentials").created_by_user_id, None);
    // There is no person whose tokens these could be.
    let personal = machine.personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await;
    assert_eq!(refused(personal, 403), "User ID is not specified");
    // Nor is it the environment's token.
    let answer = world.raw_with(token.expose()).call("list_active_user_access_token_ids", &[], Value::Null).await;
    assert_eq!(answer.refused(403), "An environment token is required");

    // The facade exchanges credentials itself.
    let machine = world.frontegg.api_token(&strong.client_id, strong.secret.clone());
    assert_eq!(machine.api_tokens().list_tenant_api_tokens().await.expect("tokens").len(), 3);
}

/// A person's token acts as the person, and no longer than the person may.
#[tokio::test]
async fn a_users_token_ends_with_what_it_rests_on() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let users = world.frontegg.management().users();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    world.user("globex", "ada@acme.test", &[]).await;
    let made = of_user(&world, "acme", &ada, &CreateUserApiTokenDto::new()).await;
    let body = pair(&made.client_id, made.secret.expose());
    let api = world.frontegg.authentication().api_token();
    let token = api.authenticate_api_token(&body).await.expect("a token");
    let machine = world.frontegg.session(token.access_token.expose());
    let own = machine.personal_tokens().list_user_api_tokens().await.expect("tokens");
    assert_eq!(own[0].client_id, made.client_id);

    // `None` where it works, else what the three ways say.
    let state = async || {
        let exchanged = api.authenticate_api_token(&body).await.err().and_then(|error| error.status());
        let used = machine.personal_tokens().list_user_api_tokens().await.err().and_then(|error| error.status());
        assert_eq!(exchanged, used);
        exchanged
    };
    assert_eq!(state().await, None);
    acme.user_management().disable_user_in_tenant(&ada).await.expect("a change");
    assert_eq!(state().await, Some(401));
    refused(refresh(&world, token.refresh_token.expose()).await, 401);
    acme.user_management().enable_user_in_tenant(&ada).await.expect("a change");
    assert_eq!(state().await, None);
    users.lock_user(&ada).await.expect("a lock");
    assert_eq!(state().await, Some(401));
    refused(refresh(&world, token.refresh_token.expose()).await, 401);
    users.unlock_user(&ada).await.expect("a change");
    refresh(&world, token.refresh_token.expose()).await.expect("a token that was not spent");
    // The membership ends; the person stays, in another tenant.
    acme.user_management().remove_user(&ada).await.expect("a removal");
    assert_eq!(state().await, Some(401));
    world.user("acme", "ada@acme.test", &[]).await;
    assert_eq!(state().await, Some(401), "a new membership does not revive it");
}

/// Access tokens are for the customers' own back ends to look up; no bearer, whoever signs them.
#[tokio::test]
async fn access_tokens_are_no_bearers() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let of_tenant = CreateTenantAccessTokenRequest::new();
    let of_tenant = acme.api_tokens().create_tenant_access_token(&of_tenant).await.expect("a token");
    let of_user = CreateUserAccessTokenRequest::new();
    let of_user = acme.user(&ada).personal_tokens().create_user_access_token(&of_user).await.expect("a token");
    for secret in [of_tenant.secret, of_user.secret] {
        let bearer = world.frontegg.session(secret.expect("a secret").expose());
        assert_eq!(refused(bearer.permissions().list_permissions().await, 401), "Unauthorized");
    }
}

/// JWTs of before a reset are refused, as their credentials are gone.
#[tokio::test]
async fn a_reset_ends_them() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let made = of_tenant(&acme, &CreateTenantApiTokenDto::new()).await;
    let token = exchange(&world, &made).await.expect("a token").access_token;
    world.emulator.reset().await.expect("a reset");
    world.tenant("acme").await;
    refused(world.frontegg.session(token.expose()).permissions().list_permissions().await, 401);
    refused(exchange(&world, &made).await, 401);
}
