//! Tag “API Tokens”, over HTTP through the SDK: client credentials and access tokens of a tenant.
#![allow(deprecated, reason = "both versions of the creation are served")]

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Environment, Scope, User,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, CreateTenantAccessTokenRequest,
        CreateTenantApiTokenDto, CreateTenantApiTokenResponseDto, UpdateApiTokenDto, UpdateRoleTenantRequest,
    },
};
use serde_json::{Value, json};
use support::{World, claims, http, json, refused};

const READ: &str = "fe.secure.read.tenantApiTokens";
const WRITE: &str = "fe.secure.write.tenantApiTokens";
const DELETE: &str = "fe.secure.delete.tenantApiTokens";
const LEVEL: &str = "Roles can only be managed up to your own level";

/// Makes a role of the environment, or of the scope's tenant, that holds these permissions.
async fn role(world: &World, key: &str, level: i32, permissions: &[&str]) -> String {
    let roles = world.frontegg.management().roles();
    let role = roles.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role").remove(0).id;
    let ids = permission_ids(world, permissions).await;
    roles.set_role_permissions(&role, &AddPermissionToRoleRequest::new(ids)).await.expect("permissions");
    role
}

async fn permission_ids(world: &World, keys: &[&str]) -> Vec<String> {
    let all = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    keys.iter()
        .map(|key| all.iter().find(|permission| permission.key == *key).expect("a permission").id.clone())
        .collect()
}

/// A permission of one's own.
async fn permission(world: &World, key: &str) -> String {
    let permissions = world.frontegg.management().permissions();
    let new = [AddPermissionRequest::new(key, key)];
    permissions.create_permissions(&new).await.expect("a permission").remove(0).id
}

/// The session of a new member of the tenant who has a role like that.
async fn member(world: &World, tenant: &str, level: i32, permissions: &[&str]) -> Scope<User> {
    let key = format!("member-{level}-{}", permissions.join("-"));
    let role = role(world, &key, level, permissions).await;
    let user = world.user(tenant, &format!("{role}@{tenant}.test"), &[&role]).await;
    world.session(&user, tenant).await
}

async fn credentials(scope: &Scope<Environment>, new: &CreateTenantApiTokenDto) -> CreateTenantApiTokenResponseDto {
    scope.api_tokens().create_tenant_api_token_v2(new).await.expect("credentials")
}

/// The client ids that are listed.
async fn listed(scope: &Scope<Environment>) -> Vec<String> {
    let tokens = scope.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    tokens.into_iter().map(|token| token.client_id).collect()
}

async fn listed_access(scope: &Scope<Environment>) -> Vec<String> {
    let tokens = scope.api_tokens().list_tenant_access_tokens().await.expect("tokens");
    tokens.access_tokens.into_iter().map(|token| token.id).collect()
}

#[tokio::test]
async fn credentials_are_made_by_both_versions_and_read_back_without_their_secret() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let reader = role(&world, "reader", 5, &[READ]).await;

    let bare = credentials(&acme, &CreateTenantApiTokenDto::new()).await;
    assert_eq!((bare.tenant_id.as_str(), &bare.description, &bare.created_by_user_id), ("acme", &None, &None));
    assert!(bare.metadata.is_empty() && bare.expires.is_none());
    assert_eq!((bare.role_ids.as_deref(), bare.permission_ids.as_deref()), (Some(&[][..]), Some(&[][..])));
    for id in [&bare.client_id, &bare.secret.expose().to_owned()] {
        assert!(id.len() == 36 && id.matches('-').count() == 4, "{id} is a UUID");
    }

    let metadata = json!({"team": {"id": 7}, "tags": ["a", null]}).as_object().expect("an object").clone();
    let new = CreateTenantApiTokenDto::new()
        .description("CI")
        .metadata(metadata.clone())
        .role_ids([&reader, &reader])
        .expires_in_minutes(90);
    let made = acme.api_tokens().create_tenant_api_token_v1(&new).with_response().await.expect("credentials");
    assert_eq!(made.status(), 201);
    assert_eq!((made.description.as_deref(), &made.metadata), (Some("CI"), &metadata));
    assert_eq!(made.role_ids.as_deref(), Some(&[reader][..]));
    assert_eq!(made.expires, Some(clock.now() + Duration::from_mins(90)));

    // The newest first, though time stands still; also the one that has ended.
    clock.advance(Duration::from_mins(91));
    let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    let mut shown = json(&made.into_inner());
    shown.as_object_mut().expect("an object").remove("secret");
    assert_eq!(json(&list[0]), shown);
    assert_eq!(list.iter().map(|token| token.client_id.as_str()).collect::<Vec<_>>().len(), 2);
    assert_eq!(list[1].client_id, bare.client_id);
    assert!(!json(&list).to_string().contains(bare.secret.expose()));
    assert_eq!(list[1].expires, None);
}

#[tokio::test]
async fn roles_win_over_permissions() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let reader = role(&world, "reader", 5, &[READ]).await;
    let export = permission(&world, "reports.export").await;

    let both = CreateTenantApiTokenDto::new().role_ids([&reader]).permission_ids([&export]);
    let both = credentials(&acme, &both).await;
    assert_eq!(both.role_ids.as_deref(), Some(&[reader.clone()][..]));
    assert_eq!(both.permission_ids.as_deref(), Some(&[][..]));
    let direct = credentials(&acme, &CreateTenantApiTokenDto::new().permission_ids([&export])).await;
    assert_eq!(direct.permission_ids.as_deref(), Some(&[export.clone()][..]));

    let update = async |change: UpdateApiTokenDto| {
        let answer = acme.api_tokens().update_tenant_api_token(&direct.client_id, &change).await.expect("a change");
        let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
        let listed = list.iter().find(|token| token.client_id == direct.client_id).expect("the token");
        assert_eq!(json(listed), json(&answer));
        (answer.role_ids.expect("roles"), answer.permission_ids.expect("permissions"))
    };
    let none = Vec::<String>::new;
    assert_eq!(update(UpdateApiTokenDto::new()).await, (none(), vec![export.clone()]));
    assert_eq!(update(UpdateApiTokenDto::new().role_ids([&reader])).await, (vec![reader.clone()], none()));
    assert_eq!(update(UpdateApiTokenDto::new().permission_ids([&export])).await, (none(), vec![export.clone()]));
    let both = UpdateApiTokenDto::new().role_ids([&reader]).permission_ids([&export]);
    assert_eq!(update(both).await, (vec![reader.clone()], none()));
    assert_eq!(update(UpdateApiTokenDto::new().role_ids(none())).await, (none(), none()));
}

#[tokio::test]
async fn description_and_metadata_change_the_rest_stays() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let globex = world.tenant("globex").await;
    let metadata = |value: Value| value.as_object().expect("an object").clone();
    let new = CreateTenantApiTokenDto::new().metadata(metadata(json!({"a": 1, "b": 2}))).expires_in_minutes(5);
    let made = credentials(&acme, &new).await;

    let change = UpdateApiTokenDto::new().description("Nightly").metadata(metadata(json!({"b": 3})));
    let answer = acme.api_tokens().update_tenant_api_token(&made.client_id, &change).await.expect("a change");
    let mut expected = json(&made);
    let members = expected.as_object_mut().expect("an object");
    members.remove("secret");
    members.insert("description".to_owned(), json!("Nightly"));
    // As a whole, not merged.
    members.insert("metadata".to_owned(), json!({"b": 3}));
    assert_eq!(json(&answer), expected);

    // Neither somebody else's nor unknown ones, which is the same.
    for (scope, id) in [(&globex, made.client_id.as_str()), (&acme, "unknown")] {
        let refusal = scope.api_tokens().update_tenant_api_token(id, &change).await;
        assert_eq!(refused(refusal, 404), "API token not found");
    }
    // A bad change changes nothing.
    let bad = UpdateApiTokenDto::new().description("Weekly").role_ids(["nothing"]);
    let refusal = acme.api_tokens().update_tenant_api_token(&made.client_id, &bad).await;
    assert_eq!(refused(refusal, 404), "Role not found");
    let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    assert_eq!(json(&list[0]), expected);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let theirs = world.tenant("globex").await;
    let theirs = theirs.roles().create_roles_v1(&[AddRoleRequest::new("theirs", "Theirs", 5)]).await.expect("a role");
    let path = "/identity/resources/tenants";
    for version in ["api-tokens/v1", "api-tokens/v2", "access-tokens/v1"] {
        let path = format!("{path}/{version}");
        for body in [
            json!({"expiresInMinutes": 0}),
            json!({"expiresInMinutes": -5}),
            json!({"expiresInMinutes": 1.5}),
            json!({"expiresInMinutes": "5"}),
            json!({"description": 7}),
            json!({"roleIds": "admin"}),
        ] {
            let (status, answer) = world.send(reqwest::Method::POST, &path, Some("acme"), body.clone()).await;
            assert_eq!(status, 400, "{version} {body} {answer}");
        }
        // Another tenant's role is as unknown as none.
        for id in [theirs[0].id.as_str(), "nothing"] {
            let body = json!({"roleIds": [id]});
            let (status, answer) = world.send(reqwest::Method::POST, &path, Some("acme"), body).await;
            assert_eq!((status, &answer["errors"]), (404, &json!(["Role not found"])), "{version}");
        }
        let (status, answer) = world.send(reqwest::Method::POST, &path, None, json!({})).await;
        assert_eq!((status, &answer["errors"]), (403, &json!(["Tenant ID is not specified"])), "{version}");
        let (status, answer) = world.send(reqwest::Method::POST, &path, Some("nowhere"), json!({})).await;
        assert_eq!((status, &answer["errors"]), (404, &json!(["Tenant not found"])), "{version}");
    }
    let unknown = CreateTenantApiTokenDto::new().permission_ids(["nothing"]);
    assert_eq!(refused(acme.api_tokens().create_tenant_api_token_v2(&unknown).await, 404), "Permission not found");
    let nowhere = world.frontegg.tenant("nowhere").api_tokens();
    refused(nowhere.list_tenant_api_tokens().await, 404);
    refused(nowhere.list_tenant_access_tokens().await, 404);
    // Nothing was made, and null means no end.
    assert!(listed(&acme).await.is_empty() && listed_access(&acme).await.is_empty());
    let body = json!({"expiresInMinutes": null});
    for version in ["api-tokens/v1", "api-tokens/v2", "access-tokens/v1"] {
        let path = format!("{path}/{version}");
        let (status, answer) = world.send(reqwest::Method::POST, &path, Some("acme"), body.clone()).await;
        assert_eq!((status, answer.get("expires")), (201, None), "{answer}");
    }
    // An end beyond all dates.
    let eternal = CreateTenantApiTokenDto::new().expires_in_minutes(i64::MAX);
    assert!(credentials(&acme, &eternal).await.expires.expect("an end") > world.emulator.clock().now());
}

#[tokio::test]
async fn tokens_belong_to_one_tenant() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let made = credentials(&acme, &CreateTenantApiTokenDto::new()).await;
    let new = CreateTenantAccessTokenRequest::new();
    let access = acme.api_tokens().create_tenant_access_token(&new).await.expect("a token");
    assert!(listed(&globex).await.is_empty() && listed_access(&globex).await.is_empty());

    for (scope, id) in [(&globex, made.client_id.as_str()), (&acme, "unknown"), (&acme, access.id.as_str())] {
        assert_eq!(refused(scope.api_tokens().delete_tenant_api_token(id).await, 404), "API token not found");
    }
    for (scope, id) in [(&globex, access.id.as_str()), (&acme, "unknown"), (&acme, made.client_id.as_str())] {
        assert_eq!(refused(scope.api_tokens().delete_tenant_access_token(id).await, 404), "Access token not found");
    }
    assert_eq!(listed(&acme).await, [made.client_id.as_str()]);
    assert_eq!(listed_access(&acme).await, [access.id.as_str()]);

    let deleted = acme.api_tokens().delete_tenant_api_token(&made.client_id).with_response().await;
    assert_eq!(deleted.expect("a deletion").status(), 200);
    let deleted = acme.api_tokens().delete_tenant_access_token(&access.id).with_response().await;
    assert_eq!(deleted.expect("a deletion").status(), 200);
    assert!(listed(&acme).await.is_empty() && listed_access(&acme).await.is_empty());
    refused(acme.api_tokens().delete_tenant_api_token(&made.client_id).await, 404);
    refused(acme.api_tokens().delete_tenant_access_token(&access.id).await, 404);
}

#[tokio::test]
async fn a_deleted_tenant_takes_its_tokens_along() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    credentials(&acme, &CreateTenantApiTokenDto::new()).await;
    let new = CreateTenantAccessTokenRequest::new();
    acme.api_tokens().create_tenant_access_token(&new).await.expect("a token");
    world.frontegg.tenants().delete_tenant("acme").await.expect("a deletion");
    refused(acme.api_tokens().list_tenant_api_tokens().await, 404);
    // Revived without them.
    let acme = world.tenant("acme").await;
    assert!(listed(&acme).await.is_empty() && listed_access(&acme).await.is_empty());
}

#[tokio::test]
async fn access_tokens_are_jwts_without_rights_shown_once() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let acme = world.tenant("acme").await;
    let reader = role(&world, "reader", 5, &[READ]).await;
    let new = CreateTenantAccessTokenRequest::new().description("Probe").role_ids([&reader]).expires_in_minutes(2);
    let made = acme.api_tokens().create_tenant_access_token(&new).with_response().await.expect("a token");
    assert_eq!(made.status(), 201);
    assert_eq!((made.description.as_deref(), &made.created_by_user_id), (Some("Probe"), &None));
    assert_eq!(made.role_ids, [reader]);
    let now = clock.now().timestamp();
    let client_id = world.emulator.client_id();
    let secret = made.secret.as_ref().expect("a secret").expose();
    assert_eq!(
        claims(secret),
        json!({
            "type": "tenantAccessToken", "sub": made.id, "tenantId": "acme", "applicationId": world.emulator.application_id(),
            "iss": world.emulator.url(), "aud": client_id, "iat": now, "exp": now + 120,
        })
    );
    let endless = CreateTenantAccessTokenRequest::new();
    let endless = acme.api_tokens().create_tenant_access_token(&endless).await.expect("a token");
    assert_eq!(claims(endless.secret.as_ref().expect("a secret").expose()).get("exp"), None);
    assert!(endless.expires.is_none() && endless.role_ids.is_empty());

    clock.advance(Duration::from_mins(10));
    let list = acme.api_tokens().list_tenant_access_tokens().await.expect("tokens").access_tokens;
    assert!(list.iter().all(|token| token.secret.is_none()));
    let mut shown = json(&made.into_inner());
    shown.as_object_mut().expect("an object").remove("secret");
    assert_eq!((list[0].id.as_str(), json(&list[1])), (endless.id.as_str(), shown));
}

#[tokio::test]
async fn who_made_a_token_is_told() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let session = world.session(&ada, "acme").await;
    let new = CreateTenantApiTokenDto::new();
    let by_ada = session.api_tokens().create_tenant_api_token_v2(&new).await.expect("credentials");
    assert_eq!(by_ada.created_by_user_id.as_ref(), Some(&ada));
    let access = CreateTenantAccessTokenRequest::new();
    let access = session.api_tokens().create_tenant_access_token(&access).await.expect("a token");
    assert_eq!(access.created_by_user_id.as_ref(), Some(&ada));
    // A back end on behalf of somebody; the facade sends the header only where it counts.
    let login = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
    let token = world.raw_with("").call("authenticate_environment", &[], login).await.body["token"].clone();
    let answer = http()
        .post(format!("{}/identity/resources/tenants/api-tokens/v2", world.emulator.url()))
        .bearer_auth(token.as_str().expect("a token"))
        .header("frontegg-tenant-id", "acme")
        .header("frontegg-user-id", &ada)
        .json(&json!({}));
    let answer: Value = answer.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["createdByUserId"], json!(ada));
    let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    assert_eq!(list[1].created_by_user_id.as_ref(), Some(&ada));
}

/// Each operation needs its permission, and only in one's own tenant.
#[tokio::test]
async fn users_need_permissions_and_stay_in_their_tenant() {
    let world = World::start().await;
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let theirs = credentials(&globex, &CreateTenantApiTokenDto::new()).await;
    let own = credentials(&acme, &CreateTenantApiTokenDto::new()).await;
    let new = CreateTenantAccessTokenRequest::new();
    let access = acme.api_tokens().create_tenant_access_token(&new).await.expect("a token");
    let [nobody, reader, writer, deleter] = [
        member(&world, "acme", 3, &[]).await.api_tokens(),
        member(&world, "acme", 3, &[READ]).await.api_tokens(),
        member(&world, "acme", 3, &[WRITE]).await.api_tokens(),
        member(&world, "acme", 3, &[DELETE]).await.api_tokens(),
    ];
    let (credentials, access_token) = (CreateTenantApiTokenDto::new(), CreateTenantAccessTokenRequest::new());
    let change = UpdateApiTokenDto::new().description("Changed");
    for tokens in [&nobody, &writer, &deleter] {
        assert_eq!(refused(tokens.list_tenant_api_tokens().await, 403), format!("The permission {READ} is required"));
        refused(tokens.list_tenant_access_tokens().await, 403);
    }
    for tokens in [&nobody, &reader, &deleter] {
        refused(tokens.create_tenant_api_token_v1(&credentials).await, 403);
        refused(tokens.create_tenant_api_token_v2(&credentials).await, 403);
        refused(tokens.create_tenant_access_token(&access_token).await, 403);
        refused(tokens.update_tenant_api_token(&own.client_id, &change).await, 403);
    }
    for tokens in [&nobody, &reader] {
        let text = refused(tokens.delete_tenant_api_token(&own.client_id).await, 403);
        assert_eq!(text, format!("The permission {DELETE} or {WRITE} is required"));
        refused(tokens.delete_tenant_access_token(&access.id).await, 403);
    }
    assert_eq!(reader.list_tenant_api_tokens().await.expect("tokens").len(), 1);
    let made = writer.create_tenant_api_token_v1(&credentials).await.expect("credentials");
    assert_eq!(made.tenant_id, "acme");
    writer.create_tenant_access_token(&access_token).await.expect("a token");
    writer.update_tenant_api_token(&own.client_id, &change).await.expect("a change");
    let foreign = refused(writer.update_tenant_api_token(&theirs.client_id, &change).await, 404);
    assert_eq!(foreign, refused(writer.update_tenant_api_token("unknown", &change).await, 404));
    let foreign = refused(deleter.delete_tenant_api_token(&theirs.client_id).await, 404);
    assert_eq!(foreign, refused(deleter.delete_tenant_api_token("unknown").await, 404));
    deleter.delete_tenant_api_token(&own.client_id).await.expect("a deletion");
    deleter.delete_tenant_access_token(&access.id).await.expect("a deletion");
    assert_eq!(listed(&globex).await, [theirs.client_id]);
    assert_eq!(listed(&acme).await, [made.client_id]);
}

/// Security case 45, as far as tokens of tenants go.
#[tokio::test]
async fn case_45_nobody_makes_a_token_stronger_than_themselves() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let [strong, above, equal, weak] = [
        role(&world, "strong", 1, &[]).await,
        role(&world, "above", 2, &[]).await,
        role(&world, "equal", 3, &[]).await,
        role(&world, "weak", 5, &[]).await,
    ];
    let [mine, other] = [permission(&world, "reports.read").await, permission(&world, "reports.write").await];
    let ada = member(&world, "acme", 3, &[READ, WRITE, "reports.read"]).await.api_tokens();

    for role in [&strong, &above] {
        let text = LEVEL;
        let new = CreateTenantApiTokenDto::new().role_ids([&weak, role]);
        assert_eq!(refused(ada.create_tenant_api_token_v1(&new).await, 403), text);
        assert_eq!(refused(ada.create_tenant_api_token_v2(&new).await, 403), text);
        let new = CreateTenantAccessTokenRequest::new().role_ids([role]);
        assert_eq!(refused(ada.create_tenant_access_token(&new).await, 403), text);
    }
    let new = CreateTenantApiTokenDto::new().permission_ids([&mine, &other]);
    let text = refused(ada.create_tenant_api_token_v2(&new).await, 403);
    assert_eq!(text, "The permission reports.write is required");
    assert!(listed(&acme).await.is_empty() && listed_access(&acme).await.is_empty());

    let weaker = CreateTenantApiTokenDto::new().role_ids([&weak, &equal]);
    let token = ada.create_tenant_api_token_v2(&weaker).await.expect("credentials");
    ada.create_tenant_access_token(&CreateTenantAccessTokenRequest::new().role_ids([&weak])).await.expect("a token");
    ada.create_tenant_api_token_v2(&CreateTenantApiTokenDto::new().permission_ids([&mine])).await.expect("a token");
    for change in [
        UpdateApiTokenDto::new().role_ids([&weak, &strong]),
        UpdateApiTokenDto::new().role_ids([&above]),
        UpdateApiTokenDto::new().permission_ids([&other]),
    ] {
        refused(ada.update_tenant_api_token(&token.client_id, &change).await, 403);
    }
    // What a back end gave stays where it is; taking it away needs the level, too.
    let grown = UpdateApiTokenDto::new().role_ids([&strong]);
    acme.api_tokens().update_tenant_api_token(&token.client_id, &grown).await.expect("a change");
    let same = UpdateApiTokenDto::new().role_ids([&strong, &weak]);
    let same = ada.update_tenant_api_token(&token.client_id, &same).await.expect("a change");
    assert_eq!(same.role_ids.map(|ids| ids.len()), Some(2));
    for change in [UpdateApiTokenDto::new().role_ids([&weak]), UpdateApiTokenDto::new().permission_ids([&mine])] {
        refused(ada.update_tenant_api_token(&token.client_id, &change).await, 403);
    }
    // Nor is it theirs to delete; what is as strong as they are is, for whoever writes tokens.
    assert_eq!(refused(ada.delete_tenant_api_token(&token.client_id).await, 403), LEVEL);
    let equals = CreateTenantApiTokenDto::new().role_ids([&equal]);
    let equals = credentials(&acme, &equals).await.client_id;
    ada.delete_tenant_api_token(&equals).await.expect("a deletion");
    let direct = |id: &String| CreateTenantApiTokenDto::new().permission_ids([id]);
    let (theirs, own) = (credentials(&acme, &direct(&other)).await, credentials(&acme, &direct(&mine)).await);
    let text = refused(ada.delete_tenant_api_token(&theirs.client_id).await, 403);
    assert_eq!(text, "The permission reports.write is required");
    ada.delete_tenant_api_token(&own.client_id).await.expect("a deletion");
    let access = CreateTenantAccessTokenRequest::new().role_ids([&strong]);
    let access = acme.api_tokens().create_tenant_access_token(&access).await.expect("a token");
    assert_eq!(refused(ada.delete_tenant_access_token(&access.id).await, 403), LEVEL);
}

/// Roles and permissions that are deleted, or given to another tenant, are gone from tokens.
#[tokio::test]
async fn tokens_lose_what_is_no_longer_theirs() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let (gone, moved) = (role(&world, "gone", 5, &[]).await, role(&world, "moved", 5, &[]).await);
    let right = permission(&world, "reports.read").await;
    let with_roles = credentials(&acme, &CreateTenantApiTokenDto::new().role_ids([&gone, &moved])).await;
    credentials(&acme, &CreateTenantApiTokenDto::new().permission_ids([&right])).await;
    let access = CreateTenantAccessTokenRequest::new().role_ids([&gone, &moved]);
    acme.api_tokens().create_tenant_access_token(&access).await.expect("a token");
    assert_eq!(with_roles.role_ids.map(|ids| ids.len()), Some(2));

    let roles = world.frontegg.management().roles();
    roles.delete_role(&gone).await.expect("a deletion");
    let owner = UpdateRoleTenantRequest::new(Some("globex".to_owned()));
    roles.set_role_tenant(&moved, &owner).await.expect("a change");
    world.frontegg.management().permissions().delete_permission(&right).await.expect("a deletion");
    let list = acme.api_tokens().list_tenant_api_tokens().await.expect("tokens");
    for token in list {
        assert_eq!((token.role_ids, token.permission_ids), (Some(Vec::new()), Some(Vec::new())));
    }
    let list = acme.api_tokens().list_tenant_access_tokens().await.expect("tokens").access_tokens;
    assert!(list[0].role_ids.is_empty());
}
