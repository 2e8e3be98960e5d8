//! Tags “M2M Tokens” and “Unpublished Access Tokens”, over HTTP: how back ends look access tokens up.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Environment, Scope,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, AssignUserToRolesDto,
        CreateTenantAccessTokenRequest, CreateTenantApiTokenDto, CreateUserAccessTokenRequest, CreateUserApiTokenDto,
    },
};
use serde_json::{Value, json};
use support::{World, refused};

async fn of_tenant(scope: &Scope<Environment>, new: CreateTenantAccessTokenRequest) -> String {
    scope.api_tokens().create_tenant_access_token(&new).await.expect("a token").id
}

async fn of_user(scope: &Scope<Environment>, user: &str, new: CreateUserAccessTokenRequest) -> String {
    scope.user(user).personal_tokens().create_user_access_token(&new).await.expect("a token").id
}

/// The active ids of tenants' tokens, of one tenant or of all.
async fn active_of_tenants(world: &World, tenant: Option<&str>) -> Vec<String> {
    let path = "/identity/resources/vendor-only/tenants/access-tokens/v1/active";
    assert_eq!(frontegg_identity::model::operation("list_active_tenant_access_token_ids").expect("it").path, path);
    let (status, body) = world.send(reqwest::Method::GET, path, tenant, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_value(body).expect("ids")
}

async fn active_of_users(scope: &Scope<Environment>) -> Vec<String> {
    scope.m2m_tokens().list_active_user_access_token_ids().await.expect("ids")
}

/// Makes a role of the environment that holds a permission.
async fn role(world: &World, key: &str, permission: &str) -> String {
    let management = world.frontegg.management();
    let new = [AddPermissionRequest::new(permission, permission)];
    let permission = management.permissions().create_permissions(&new).await.expect("a permission").remove(0).id;
    let new = [AddRoleRequest::new(key, key, 5)];
    let role = management.roles().create_roles_v1(&new).await.expect("a role").remove(0).id;
    let rights = AddPermissionToRoleRequest::new([permission]);
    management.roles().set_role_permissions(&role, &rights).await.expect("permissions");
    role
}

#[tokio::test]
async fn a_tenants_token_tells_what_its_roles_hold_now() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let (auditor, editor) =
        (role(&world, "auditor", "reports.read").await, role(&world, "editor", "reports.write").await);
    let new = CreateTenantAccessTokenRequest::new().role_ids([&auditor, &editor]).description("Probe");
    let id = of_tenant(&acme, new.expires_in_minutes(10)).await;

    let all = world.frontegg.management().m2m_tokens();
    let token = all.get_tenant_access_token(&id).await.expect("a token");
    assert_eq!((token.id.as_str(), token.tenant_id.as_str()), (id.as_str(), "acme"));
    assert_eq!(
        (token.roles, token.permissions),
        (vec!["auditor".to_owned(), "editor".to_owned()], vec!["reports.read".to_owned(), "reports.write".to_owned()])
    );
    assert_eq!(token.expires, Some(clock.now() + Duration::from_mins(10)));
    assert_eq!((token.description.as_deref(), token.created_by_user_id), (Some("Probe"), None));
    // Roles are not in the JWT, so that changes count at once.
    let roles = world.frontegg.management().roles();
    roles
        .set_role_permissions(&editor, &AddPermissionToRoleRequest::new(Vec::<String>::new()))
        .await
        .expect("a change");
    roles.delete_role(&auditor).await.expect("a deletion");
    let token = acme.m2m_tokens().get_tenant_access_token(&id).await.expect("a token");
    assert_eq!((token.roles, token.permissions), (vec!["editor".to_owned()], Vec::new()));

    let unknown = "Access token not found";
    assert_eq!(refused(globex.m2m_tokens().get_tenant_access_token(&id).await, 404), unknown);
    assert_eq!(refused(all.get_tenant_access_token("unknown").await, 404), unknown);
    // Neither family answers for the other.
    assert_eq!(refused(all.get_user_access_token(&id).await, 404), unknown);
    let credentials = acme.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await;
    refused(all.get_tenant_access_token(&credentials.expect("credentials").client_id).await, 404);
    clock.advance(Duration::from_mins(10));
    assert_eq!(refused(all.get_tenant_access_token(&id).await, 404), unknown);

    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let made = CreateTenantAccessTokenRequest::new();
    let made = world.session(&ada, "acme").await.api_tokens().create_tenant_access_token(&made).await.expect("a token");
    let token = all.get_tenant_access_token(&made.id).await.expect("a token");
    assert_eq!((token.created_by_user_id, token.description, token.expires), (Some(ada), None, None));
}

#[tokio::test]
async fn a_users_token_tells_what_the_user_holds_now() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let (auditor, editor) =
        (role(&world, "auditor", "reports.read").await, role(&world, "editor", "reports.write").await);
    let ada = world.user("acme", "ada@acme.test", &[&auditor]).await;
    world.user("globex", "ada@acme.test", &[&editor]).await;
    let id = of_user(&acme, &ada, CreateUserAccessTokenRequest::new().expires_in_minutes(10)).await;

    let all = world.frontegg.management().m2m_tokens();
    let token = all.get_user_access_token(&id).await.expect("a token");
    assert_eq!((&token.id, &token.user_id, token.tenant_id.as_str()), (&id, &ada, "acme"));
    assert_eq!((token.roles, token.permissions), (vec!["auditor".to_owned()], vec!["reports.read".to_owned()]));
    assert_eq!(token.expires, Some(clock.now() + Duration::from_mins(10)));
    let change = AssignUserToRolesDto::new([&editor]);
    acme.user_management().assign_roles_to_user(&ada, &change).await.expect("roles");
    let token = acme.m2m_tokens().get_user_access_token(&id).await.expect("a token");
    assert_eq!(token.roles, ["auditor", "editor"]);

    let unknown = "Access token not found";
    assert_eq!(refused(globex.m2m_tokens().get_user_access_token(&id).await, 404), unknown);
    assert_eq!(refused(all.get_user_access_token("unknown").await, 404), unknown);
    assert_eq!(refused(all.get_tenant_access_token(&id).await, 404), unknown);
    clock.advance(Duration::from_mins(10));
    assert_eq!(refused(all.get_user_access_token(&id).await, 404), unknown);
}

#[tokio::test]
async fn active_tokens_are_those_that_are_neither_deleted_nor_over() {
    let world = World::start().await;
    let clock = world.emulator.clock();
    clock.freeze();
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    world.user("globex", "ada@acme.test", &[]).await;
    let tenant = CreateTenantAccessTokenRequest::new;
    let user = CreateUserAccessTokenRequest::new;
    let everywhere = world.frontegg.environment();
    assert!(active_of_tenants(&world, None).await.is_empty() && active_of_users(&everywhere).await.is_empty());

    let (first, short, other) = (
        of_tenant(&acme, tenant()).await,
        of_tenant(&acme, tenant().expires_in_minutes(1)).await,
        of_tenant(&globex, tenant()).await,
    );
    // Client credentials are no access tokens.
    acme.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await.expect("credentials");
    acme.user(&ada).personal_tokens().create_user_api_token(&CreateUserApiTokenDto::new()).await.expect("credentials");
    let (mine, brief, elsewhere) = (
        of_user(&acme, &ada, user()).await,
        of_user(&acme, &ada, user().expires_in_minutes(1)).await,
        of_user(&globex, &ada, user()).await,
    );
    assert_eq!(active_of_tenants(&world, None).await, [&first, &short, &other].map(Clone::clone));
    assert_eq!(active_of_tenants(&world, Some("acme")).await, [&first, &short].map(Clone::clone));
    assert_eq!(active_of_users(&everywhere).await, [&mine, &brief, &elsewhere].map(Clone::clone));
    assert_eq!(active_of_users(&acme).await, [&mine, &brief].map(Clone::clone));
    assert!(active_of_tenants(&world, Some("nowhere")).await.is_empty());

    clock.advance(Duration::from_mins(1));
    assert_eq!(active_of_tenants(&world, Some("acme")).await, [first.as_str()]);
    assert_eq!(active_of_users(&acme).await, [mine.as_str()]);
    acme.api_tokens().delete_tenant_access_token(&first).await.expect("a deletion");
    acme.user(&ada).personal_tokens().delete_user_access_token(&mine).await.expect("a deletion");
    assert_eq!(active_of_tenants(&world, None).await, [other.as_str()]);
    assert_eq!(active_of_users(&everywhere).await, [elsewhere.as_str()]);
    refused(acme.m2m_tokens().get_tenant_access_token(&first).await, 404);
    refused(acme.m2m_tokens().get_user_access_token(&mine).await, 404);
    world.frontegg.tenants().delete_tenant("globex").await.expect("a deletion");
    assert!(active_of_tenants(&world, None).await.is_empty() && active_of_users(&everywhere).await.is_empty());
}

#[tokio::test]
async fn tokens_of_people_who_may_not_act_are_not_good() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    let acme = world.tenant("acme").await;
    let users = world.frontegg.management().users();
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let id = of_user(&acme, &ada, CreateUserAccessTokenRequest::new()).await;
    let good = async || {
        let listed = active_of_users(&acme).await.contains(&id);
        assert_eq!(acme.m2m_tokens().get_user_access_token(&id).await.is_ok(), listed);
        listed
    };
    assert!(good().await);
    users.lock_user(&ada).await.expect("a lock");
    assert!(!good().await);
    users.unlock_user(&ada).await.expect("a change");
    assert!(good().await);
    acme.user_management().disable_user_in_tenant(&ada).await.expect("a change");
    assert!(!good().await);
    acme.user_management().enable_user_in_tenant(&ada).await.expect("a change");
    assert!(good().await);
}

/// Only back ends may ask.
#[tokio::test]
async fn users_cannot_look_tokens_up() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let id = of_tenant(&acme, CreateTenantAccessTokenRequest::new()).await;
    let token = world.token(&ada, "acme").await;
    for (operation, path) in [
        ("list_active_tenant_access_token_ids", &[][..]),
        ("list_active_user_access_token_ids", &[]),
        ("get_tenant_access_token", &[id.as_str()]),
        ("get_user_access_token", &[id.as_str()]),
    ] {
        world.raw_with(&token).call(operation, path, Value::Null).await.refused(403);
        world.raw_with("").call(operation, path, Value::Null).await.refused(401);
    }
}

/// The switch turns everything about machine tokens off, with a text that clients compare.
#[tokio::test]
async fn api_tokens_can_be_switched_off() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let id = of_tenant(&acme, CreateTenantAccessTokenRequest::new()).await;
    let made =
        acme.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await.expect("credentials");
    let pair = json!({"clientId": made.client_id, "secret": made.secret.expose()});
    let token = world.raw_with("").call("authenticate_api_token", &[], pair.clone()).await.body;
    let path = "/identity/resources/configurations/v1";
    let (status, _) = world.send(reqwest::Method::POST, path, None, json!({"apiTokensEnabled": false})).await;
    assert_eq!(status, 201);

    let expected = json!(["Api tokens are disabled"]);
    let refresh = json!({"refreshToken": token["refresh_token"]});
    let session = world.raw_with(&world.token(&ada, "acme").await);
    for (operation, path, body) in [
        ("create_tenant_access_token", &[][..], json!({})),
        ("list_tenant_access_tokens", &[], Value::Null),
        ("delete_tenant_access_token", &[id.as_str()], Value::Null),
        ("create_tenant_api_token_v1", &[], json!({})),
        ("create_tenant_api_token_v2", &[], json!({})),
        ("list_tenant_api_tokens", &[], Value::Null),
        ("update_tenant_api_token", &[made.client_id.as_str()], json!({})),
        ("delete_tenant_api_token", &[made.client_id.as_str()], Value::Null),
        ("create_user_access_token", &[], json!({})),
        ("list_user_access_tokens", &[], Value::Null),
        ("delete_user_access_token", &["unknown"], Value::Null),
        ("create_user_api_token", &[], json!({})),
        ("list_user_api_tokens", &[], Value::Null),
        ("delete_user_api_token", &["unknown"], Value::Null),
        ("authenticate_api_token", &[], pair.clone()),
        ("authenticate_api_token_v1", &[], pair.clone()),
        ("refresh_api_token", &[], refresh.clone()),
        ("refresh_api_token_v1", &[], refresh.clone()),
    ] {
        let answer = session.call(operation, path, body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["errors"]), (403, &expected), "{operation}");
    }
    let environment = world.raw().await;
    for (operation, path) in [
        ("list_active_tenant_access_token_ids", &[][..]),
        ("list_active_user_access_token_ids", &[]),
        ("get_tenant_access_token", &[id.as_str()]),
        ("get_user_access_token", &[id.as_str()]),
    ] {
        let answer = environment.call(operation, path, Value::Null).await;
        assert_eq!((answer.status.as_u16(), &answer.body["errors"]), (403, &expected), "{operation}");
    }
    // Also the tokens that are out.
    let bearer = world.raw_with(token["access_token"].as_str().expect("a token"));
    let answer = bearer.call("list_permissions", &[], Value::Null).await;
    assert_eq!((answer.status.as_u16(), &answer.body["errors"]), (403, &expected));

    // Nothing is lost.
    world
        .send(reqwest::Method::POST, "/identity/resources/configurations/v1", None, json!({"apiTokensEnabled": true}))
        .await;
    assert_eq!(active_of_tenants(&world, None).await, [id]);
    world
        .frontegg
        .session(token["access_token"].as_str().expect("a token"))
        .permissions()
        .list_permissions()
        .await
        .expect("a good bearer");
}
