//! Tag “Personal Tokens”, over HTTP through the SDK: client credentials and access tokens of a person
//! in a tenant.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Environment, Scope,
    types::{
        AddPermissionToRoleRequest, AddRoleRequest, CreateUserAccessTokenRequest, CreateUserApiTokenDto,
        MigrateUsersFromTenantToTenantRequest,
    },
};
use serde_json::{Value, json};
use support::{World, claims, http, json, refused};

const WRITE: &str = "fe.secure.write.userApiTokens";

async fn listed(scope: &Scope<Environment>) -> Vec<String> {
    let tokens = scope.personal_tokens().list_user_api_tokens().await.expect("tokens");
    tokens.into_iter().map(|token| token.client_id).collect()
}

async fn listed_access(scope: &Scope<Environment>) -> Vec<String> {
    let tokens = scope.personal_tokens().list_user_access_tokens().await.expect("tokens");
    tokens.access_tokens.into_iter().map(|token| token.id).collect()
}

#[tokio::test]
async fn credentials_are_read_back_without_their_secret() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let ada = acme.user(world.user("acme", "ada@acme.test", &[]).await);
    let bare = ada.personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await.expect("credentials");
    assert_eq!(bare.description.as_deref(), Some(""));
    assert_eq!((bare.metadata.as_ref().map(json), bare.expires), (Some(json!({})), None));
    for id in [bare.client_id.as_str(), bare.secret.expose()] {
        assert!(id.len() == 36 && id.matches('-').count() == 4, "{id} is a UUID");
    }

    let metadata = json!({"user": "ada"}).as_object().expect("an object").clone();
    let new = CreateUserApiTokenDto::new().description("Laptop").metadata(metadata).expires_in_minutes(5_256_000);
    let made = ada.personal_tokens().create_user_api_token(&new).with_response().await.expect("credentials");
    assert_eq!(made.status(), 201);
    assert_eq!(made.expires, Some(clock.now() + Duration::from_hours(87600)));
    clock.advance(Duration::from_mins(5_256_001));
    let list = ada.personal_tokens().list_user_api_tokens().await.expect("tokens");
    let mut shown = json(&made.into_inner());
    shown.as_object_mut().expect("an object").remove("secret");
    // The newest first, also what has ended.
    assert_eq!((json(&list[0]), list[1].client_id.as_str(), list.len()), (shown, bare.client_id.as_str(), 2));
    assert_eq!((list[1].description.as_deref(), list[1].expires), (Some(""), None));
}

#[tokio::test]
async fn access_tokens_are_jwts_without_rights_shown_once() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let user_id = world.user("acme", "ada@acme.test", &[]).await;
    let ada = acme.user(&user_id);
    let new = CreateUserAccessTokenRequest::new().description("Probe").expires_in_minutes(1);
    let made = ada.personal_tokens().create_user_access_token(&new).with_response().await.expect("a token");
    assert_eq!(made.status(), 201);
    let (now, client_id) = (clock.now().timestamp(), world.emulator.client_id());
    assert_eq!(
        claims(made.secret.as_ref().expect("a secret").expose()),
        json!({
            "type": "userAccessToken", "sub": made.id, "tenantId": "acme", "userId": user_id,
            "applicationId": world.emulator.application_id(), "iss": world.emulator.url(), "aud": client_id, "iat": now, "exp": now + 60,
        })
    );
    let endless = CreateUserAccessTokenRequest::new();
    let endless = ada.personal_tokens().create_user_access_token(&endless).await.expect("a token");
    assert_eq!((&endless.description, endless.expires), (&None, None));
    assert_eq!(claims(endless.secret.as_ref().expect("a secret").expose()).get("exp"), None);

    clock.advance(Duration::from_hours(1));
    let list = ada.personal_tokens().list_user_access_tokens().await.expect("tokens").access_tokens;
    let mut shown = json(&made.into_inner());
    shown.as_object_mut().expect("an object").remove("secret");
    assert_eq!((list[0].id.as_str(), json(&list[1])), (endless.id.as_str(), shown));
    assert!(list.iter().all(|token| token.secret.is_none()));
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let user_id = world.user("acme", "ada@acme.test", &[]).await;
    let raw = world.raw_with(&world.token(&user_id, "acme").await);
    for operation in ["create_user_api_token", "create_user_access_token"] {
        let wrong = [json!(0), json!(-1), json!(1.5), json!("5"), json!(true)];
        for minutes in wrong {
            raw.call(operation, &[], json!({"expiresInMinutes": minutes})).await.refused(400);
        }
        raw.call(operation, &[], json!({"description": 1})).await.refused(400);
        let answer = raw.call(operation, &[], json!({"expiresInMinutes": null})).await;
        assert_eq!((answer.status.as_u16(), answer.body.get("expires")), (201, None));
    }
    raw.call("create_user_api_token", &[], json!({"expiresInMinutes": 5_256_001})).await.refused(400);
    raw.call("create_user_api_token", &[], json!({"metadata": "{}"})).await.refused(400);
    let longest = raw.call("create_user_access_token", &[], json!({"expiresInMinutes": 5_256_001})).await;
    assert_eq!(longest.status, 201);

    let environment = world.raw().await;
    let operations = ["create_user_api_token", "create_user_access_token"];
    let lists = ["list_user_api_tokens", "list_user_access_tokens"];
    for operation in operations.into_iter().chain(lists) {
        let body = if operation.starts_with("create") { json!({}) } else { Value::Null };
        let text = environment.call(operation, &[], body).await.refused(403);
        assert_eq!(text, "Tenant ID is not specified", "{operation}");
    }
    // Whoever is not a member is as unknown as nobody.
    for (tenant, user) in [("globex", user_id.as_str()), ("acme", "nobody"), ("nowhere", user_id.as_str())] {
        let tokens = world.frontegg.tenant(tenant).user(user).personal_tokens();
        let (credentials, access) = (CreateUserApiTokenDto::new(), CreateUserAccessTokenRequest::new());
        assert_eq!(refused(tokens.create_user_api_token(&credentials).await, 404), "User not found");
        refused(tokens.create_user_access_token(&access).await, 404);
        refused(tokens.list_user_api_tokens().await, 404);
        refused(tokens.list_user_access_tokens().await, 404);
        refused(tokens.delete_user_api_token("unknown").await, 404);
        refused(tokens.delete_user_access_token("unknown").await, 404);
    }
    assert_eq!(listed(&acme.user(&user_id)).await.len(), 1);
}

#[tokio::test]
async fn tokens_belong_to_one_person_in_one_tenant() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    assert_eq!(world.user("globex", "ada@acme.test", &[]).await, ada);
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let (here, there, bob) = (acme.user(&ada), globex.user(&ada), acme.user(&bob));
    let new = CreateUserApiTokenDto::new();
    let made = here.personal_tokens().create_user_api_token(&new).await.expect("credentials");
    let new = CreateUserAccessTokenRequest::new();
    let access = here.personal_tokens().create_user_access_token(&new).await.expect("a token");
    for other in [&there, &bob] {
        assert!(listed(other).await.is_empty() && listed_access(other).await.is_empty());
        let (tokens, unknown) = (other.personal_tokens(), "API token not found");
        assert_eq!(refused(tokens.delete_user_api_token(&made.client_id).await, 404), unknown);
        assert_eq!(refused(tokens.delete_user_api_token("unknown").await, 404), unknown);
        assert_eq!(refused(tokens.delete_user_access_token(&access.id).await, 404), "Access token not found");
    }
    // They are not the tenant's.
    assert!(acme.api_tokens().list_tenant_api_tokens().await.expect("tokens").is_empty());
    refused(acme.api_tokens().delete_tenant_api_token(&made.client_id).await, 404);
    refused(acme.api_tokens().delete_tenant_access_token(&access.id).await, 404);
    assert_eq!(
        (listed(&here).await, listed_access(&here).await),
        (vec![made.client_id.clone()], vec![access.id.clone()])
    );

    let tokens = here.personal_tokens();
    assert_eq!(tokens.delete_user_api_token(&made.client_id).with_response().await.expect("a deletion").status(), 200);
    assert_eq!(tokens.delete_user_access_token(&access.id).with_response().await.expect("a deletion").status(), 200);
    refused(tokens.delete_user_api_token(&made.client_id).await, 404);
    refused(tokens.delete_user_access_token(&access.id).await, 404);
    assert!(listed(&here).await.is_empty() && listed_access(&here).await.is_empty());
}

/// One's own tokens are everybody's to see and delete; to make them takes a permission. Headers that
/// name somebody else change nothing (security case 43).
#[tokio::test]
async fn users_act_for_themselves() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let roles = world.frontegg.management().roles();
    let maker = roles.create_roles_v1(&[AddRoleRequest::new("maker", "Maker", 5)]).await.expect("a role").remove(0).id;
    let all = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    let write = &all.iter().find(|permission| permission.key == WRITE).expect("a permission").id;
    roles.set_role_permissions(&maker, &AddPermissionToRoleRequest::new([write])).await.expect("permissions");
    let reader = roles.list_roles_v1().await.expect("roles").into_iter().find(|role| role.key == "ReadOnly");
    let (ada, bob) = (
        world.user("acme", "ada@acme.test", &[&maker]).await,
        world.user("acme", "bob@acme.test", &[&reader.expect("a role").id]).await,
    );

    let (credentials, access) = (CreateUserApiTokenDto::new(), CreateUserAccessTokenRequest::new());
    let own = world.session(&bob, "acme").await.personal_tokens();
    let text = refused(own.create_user_api_token(&credentials).await, 403);
    assert_eq!(text, format!("The permission {WRITE} is required"));
    refused(own.create_user_access_token(&access).await, 403);
    let by_back_end = acme.user(&bob).personal_tokens().create_user_api_token(&credentials).await.expect("credentials");
    assert_eq!(own.list_user_api_tokens().await.expect("tokens")[0].client_id, by_back_end.client_id);
    own.delete_user_api_token(&by_back_end.client_id).await.expect("a deletion");

    let token = world.token(&ada, "acme").await;
    let path = format!("{}/identity/resources/users/api-tokens/v1", world.emulator.url());
    let request = http().post(path).bearer_auth(&token).json(&json!({"description": "mine"}));
    let request = request.header("frontegg-tenant-id", "globex").header("frontegg-user-id", &bob);
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(listed(&acme.user(&ada)).await, [answer["clientId"].as_str().expect("an id")]);
    assert!(listed(&acme.user(&bob)).await.is_empty());
    let session = world.session(&ada, "acme").await.personal_tokens();
    let made = session.create_user_access_token(&access).await.expect("a token");
    assert_eq!(claims(made.secret.expect("a secret").expose())["userId"], json!(ada));
    assert_eq!(session.list_user_access_tokens().await.expect("tokens").access_tokens[0].id, made.id);
    session.delete_user_access_token(&made.id).await.expect("a deletion");
}

/// They go with the membership, the person, the tenant.
#[tokio::test]
async fn tokens_go_with_what_they_hang_on() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    world.user("globex", "ada@acme.test", &[]).await;
    let new = CreateUserApiTokenDto::new();
    let make = async |scope: &Scope<Environment>| {
        let access = CreateUserAccessTokenRequest::new();
        scope.user(&ada).personal_tokens().create_user_access_token(&access).await.expect("a token");
        scope.user(&ada).personal_tokens().create_user_api_token(&new).await.expect("credentials").client_id
    };
    make(&acme).await;
    let kept = make(&globex).await;
    acme.user_management().remove_user(&ada).await.expect("a removal");
    world.user("acme", "ada@acme.test", &[]).await;
    assert!(listed(&acme.user(&ada)).await.is_empty() && listed_access(&acme.user(&ada)).await.is_empty());
    assert_eq!(listed(&globex.user(&ada)).await, [kept]);

    // What was good in one tenant does not move to another.
    make(&acme).await;
    world.tenant("initech").await;
    let moved = MigrateUsersFromTenantToTenantRequest::new("acme", "initech");
    world.frontegg.management().users().move_all_users_to_tenant(&moved).await.expect("a change");
    let initech = world.frontegg.tenant("initech");
    assert!(listed(&initech.user(&ada)).await.is_empty() && listed_access(&initech.user(&ada)).await.is_empty());
    let active = world.frontegg.management().m2m_tokens().list_active_user_access_token_ids().await.expect("ids");
    assert_eq!(active.len(), 1, "only that of globex");
    world.frontegg.tenants().delete_tenant("globex").await.expect("a deletion");
    let active = world.frontegg.management().m2m_tokens().list_active_user_access_token_ids().await.expect("ids");
    assert!(active.is_empty());
}
