//! Tag “Roles”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized, Environment, Error, Scope, User,
    enums::PermissionAssignmentType,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, ClassifyPermissionsDto, RoleResponse,
        UpdateRoleRequest, UpdateRoleTenantRequest,
    },
    views::Roles,
};
use reqwest::Method;
use serde_json::json;
use support::{World, http, json, refused};

const READ: &str = "fe.secure.read.users";
const LIST: &str = "fe.secure.read.roles";
const WRITE: &str = "fe.secure.write.roles";
const DELETE: &str = "fe.secure.delete.roles";

fn new(key: &str, level: i32) -> AddRoleRequest {
    AddRoleRequest::new(key, format!("The {key}"), level)
}

async fn create<A: Authorized>(roles: &Roles<A>, new: AddRoleRequest) -> Result<RoleResponse, Error> {
    let mut made = roles.create_roles_v1(&[new]).await?;
    assert_eq!(made.len(), 1);
    Ok(made.remove(0))
}

async fn keys<A: Authorized>(roles: &Roles<A>) -> Vec<String> {
    roles.list_roles_v1().await.expect("roles").into_iter().map(|role| role.key).collect()
}

async fn find<A: Authorized>(roles: &Roles<A>, id: &str) -> Option<RoleResponse> {
    roles.list_roles_v1().await.expect("roles").into_iter().find(|role| role.id == id)
}

/// The ids of the permissions with these keys, sorted.
async fn permissions(world: &World, keys: &[&str]) -> Vec<String> {
    let all = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    let mut ids: Vec<String> =
        all.into_iter().filter(|row| keys.contains(&row.key.as_str())).map(|row| row.id).collect();
    assert_eq!(ids.len(), keys.len(), "{keys:?}");
    ids.sort();
    ids
}

/// A tenant with a role of level 10 that may read, write and delete roles, and the session of somebody
/// who holds it.
async fn managed(world: &World) -> (Scope<Environment>, Scope<User>) {
    let acme = world.tenant("acme").await;
    let manager = create(&world.frontegg.management().roles(), new("manager", 10)).await.expect("a role");
    world.allow(&manager.id, &[LIST, WRITE, DELETE]).await;
    let ada = world.user("acme", "ada@acme.test", &[&manager.id]).await;
    let session = world.session(&ada, "acme").await;
    (acme, session)
}

#[tokio::test]
async fn a_fresh_environment_has_two_roles() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let list = roles.list_roles_v1().await.expect("roles");
    assert_eq!(list.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["Admin", "ReadOnly"]);
    let admin = &list[0];
    assert_eq!((admin.level, admin.is_default, admin.first_user_role), (Some(0), false, Some(true)));
    assert_eq!((admin.tenant_id.as_deref(), admin.vendor_id.as_str()), (None, world.emulator.vendor_id()));
    assert!(list[1].is_default);
    // They may be edited and deleted like any other.
    let renamed = roles.update_role(&admin.id, &UpdateRoleRequest::new().name("Boss")).await.expect("a role");
    assert_eq!(renamed.name, "Boss");
    roles.delete_role(&list[1].id).await.expect("a deletion");
    assert_eq!(keys(&roles).await, ["Admin"]);
}

#[tokio::test]
async fn roles_are_created_in_order_and_read_back() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    world.emulator.clock().freeze();
    let body = [
        new("zeta", 7).description("Last").is_default(true).first_user_role(true),
        new("alpha", 32767),
        new("beta", 7),
    ];
    let made = roles.create_roles_v1(&body).with_response().await.expect("roles");
    assert_eq!(made.status(), 201);
    let made = made.into_inner();
    assert_eq!(made.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["zeta", "alpha", "beta"]);
    let (zeta, alpha) = (&made[0], &made[1]);
    assert_eq!((zeta.name.as_str(), zeta.description.as_deref()), ("The zeta", Some("Last")));
    assert_eq!((zeta.is_default, zeta.first_user_role, zeta.level), (true, Some(true), Some(7)));
    assert_eq!((alpha.is_default, alpha.first_user_role, alpha.description.as_deref()), (false, Some(false), None));
    assert_eq!(zeta.permissions.as_deref(), Some(&[][..]));
    for role in &made {
        assert_eq!(find(&roles, &role.id).await.as_ref().map(json), Some(json(role)));
    }
    // By level, then key.
    assert_eq!(keys(&roles).await, ["Admin", "ReadOnly", "beta", "zeta", "alpha"]);
    assert!(roles.create_roles_v1(&[]).await.expect("no roles").is_empty());
}

#[tokio::test]
async fn a_taken_key_refuses_the_whole_request() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let acme = world.tenant("acme").await.roles();
    let globex = world.tenant("globex").await.roles();
    create(&roles, new("taken", 1)).await.expect("a role");
    create(&acme, new("local", 1)).await.expect("a role");
    for body in [&[new("fresh", 1), new("taken", 1)][..], &[new("twice", 1), new("twice", 2)]] {
        for roles in [&roles, &acme] {
            let text = refused(roles.create_roles_v1(body).await, 409);
            assert!(text.contains("Roles already exists"), "{text}");
        }
    }
    // A role of the environment would be seen by the tenant that has that key.
    refused(create(&roles, new("local", 1)).await, 409);
    // Two tenants do not see each other's.
    create(&globex, new("local", 1)).await.expect("a role");
    create(&globex, new("Taken", 1)).await.expect("a role with another key");
    assert_eq!(keys(&roles).await.len(), 6);
    let made = roles.list_roles_v1().await.expect("roles");
    let local = made.iter().find(|role| role.key == "local").expect("a role");
    refused(roles.update_role(&local.id, &UpdateRoleRequest::new().key("taken")).await, 409);
    let same = roles.update_role(&local.id, &UpdateRoleRequest::new().key("local")).await.expect("a role");
    assert_eq!(json(&same), json(local));
}

#[tokio::test]
async fn malformed_roles_are_refused() {
    let world = World::start().await;
    let path = "/identity/resources/roles/v1";
    let role = json!({"key": "a", "name": "A", "level": 1});
    for (body, fault) in [
        (role.clone(), "must be an array"),
        (json!([{"name": "A", "level": 1}]), "[0].key"),
        (json!([role, {"key": "b", "level": 1}]), "[1].name"),
        (json!([{"key": "a", "name": "A"}]), "[0].level"),
        (json!([{"key": "a", "name": "A", "level": -1}]), "[0].level"),
        (json!([{"key": "a", "name": "A", "level": 32768}]), "[0].level"),
        (json!([{"key": " ", "name": "A", "level": 1}]), "[0].key should not be empty"),
    ] {
        let (status, answer) = world.send(Method::POST, path, None, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["errors"][0].as_str().is_some_and(|text| text.contains(fault)), "{body}: {answer}");
    }
    let admin = world.frontegg.management().roles().list_roles_v1().await.expect("roles").remove(0);
    let path = format!("{path}/{}", admin.id);
    for body in [json!({"level": 32768}), json!({"level": "1"}), json!({"isDefault": "yes"}), json!({"key": ""})] {
        let (status, _) = world.send(Method::PATCH, &path, None, body.clone()).await;
        assert_eq!(status, 400, "{body}");
    }
    let (status, _) = world.send(Method::PUT, &format!("{path}/permissions"), None, json!({})).await;
    assert_eq!(status, 400);
    let (status, _) = world.send(Method::PUT, &format!("{path}/tenant"), None, json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(keys(&world.frontegg.management().roles()).await, ["Admin", "ReadOnly"]);
}

#[tokio::test]
async fn a_list_that_no_statement_takes_is_refused() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let many: Vec<AddRoleRequest> = (0..10_000).map(|number| AddRoleRequest::new(number.to_string(), "x", 1)).collect();
    assert_eq!(roles.create_roles_v1(&many).timeout(Duration::from_mins(1)).await.expect("roles").len(), 10_000);
    let more: Vec<AddRoleRequest> =
        (0..10_001).map(|number| AddRoleRequest::new(format!("m{number}"), "x", 1)).collect();
    refused(roles.create_roles_v1(&more).await, 400);
    let ids = AddPermissionToRoleRequest::new((0..40_000).map(|number| number.to_string()));
    let admin = roles.list_roles_v1().timeout(Duration::from_mins(1)).await.expect("roles").remove(0);
    refused(roles.set_role_permissions(&admin.id, &ids).await, 400);
}

#[tokio::test]
async fn the_tenant_decides_which_roles_are_meant() {
    let world = World::start().await;
    let all = world.frontegg.management().roles();
    let acme = world.tenant("acme").await.roles();
    let globex = world.tenant("globex").await.roles();
    let mine = create(&acme, new("mine", 5)).await.expect("a role");
    assert_eq!(mine.tenant_id.as_deref(), Some("acme"));
    let everybodys = create(&all, new("everybodys", 5)).await.expect("a role");
    assert_eq!(keys(&all).await, ["Admin", "ReadOnly", "everybodys", "mine"]);
    assert_eq!(keys(&acme).await, ["Admin", "ReadOnly", "everybodys", "mine"]);
    assert_eq!(keys(&globex).await, ["Admin", "ReadOnly", "everybodys"]);

    // Another tenant's role is as unknown as one that does not exist, and so is the environment's
    // where it would have to be changed.
    let change = UpdateRoleRequest::new().name("Stolen");
    let none = AddPermissionToRoleRequest::new(Vec::<String>::new());
    for id in [mine.id.as_str(), everybodys.id.as_str(), "nothing"] {
        assert_eq!(refused(globex.update_role(id, &change).await, 404), "Role not found");
        assert_eq!(refused(globex.delete_role(id).await, 404), "Role not found");
        assert_eq!(refused(globex.set_role_permissions(id, &none).await, 404), "Role not found");
    }
    assert_eq!(find(&all, &mine.id).await.as_ref().map(json), Some(json(&mine)));

    let unknown = world.frontegg.tenant("nowhere").roles();
    assert_eq!(refused(unknown.list_roles_v1().await, 404), "Tenant not found");
    assert_eq!(refused(create(&unknown, new("x", 1)).await, 404), "Tenant not found");

    // Without a tenant every role of the environment is within reach.
    assert_eq!(all.update_role(&mine.id, &UpdateRoleRequest::new().name("Ours")).await.expect("a role").name, "Ours");
    acme.delete_role(&mine.id).await.expect("a deletion");
    refused(acme.delete_role(&mine.id).await, 404);
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let made = create(&roles, new("role", 5).description("Text")).await.expect("a role");
    world.emulator.clock().advance(Duration::from_mins(1));
    let same = roles.update_role(&made.id, &UpdateRoleRequest::new()).await.expect("a role");
    assert_eq!(json(&same), json(&made));
    let change = UpdateRoleRequest::new().key("other").level(6).is_default(true).first_user_role(true);
    let changed = roles.update_role(&made.id, &change).await.expect("a role");
    assert_eq!((changed.key.as_str(), changed.name.as_str()), ("other", "The role"));
    assert_eq!((changed.level, changed.is_default, changed.first_user_role), (Some(6), true, Some(true)));
    assert_eq!(changed.description.as_deref(), Some("Text"));
    assert_eq!(changed.created_at, made.created_at);
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(find(&roles, &made.id).await.as_ref().map(json), Some(json(&changed)));
    let cleared = roles.update_role(&made.id, &UpdateRoleRequest::new().description("")).await.expect("a role");
    assert_eq!(cleared.description.as_deref(), Some(""));
}

#[tokio::test]
async fn permissions_of_a_role_are_replaced() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let role = create(&roles, new("role", 5)).await.expect("a role");
    let [first, second] = [permissions(&world, &[READ, WRITE]).await, permissions(&world, &[WRITE, DELETE]).await];
    let held = |role: RoleResponse| {
        let mut held = role.permissions.expect("permissions");
        held.sort();
        held
    };
    let set = async |ids: &[String]| {
        let body = AddPermissionToRoleRequest::new(ids.iter().cloned());
        roles.set_role_permissions(&role.id, &body).await
    };
    for wanted in [&first, &second, &second] {
        assert_eq!(&held(set(wanted).await.expect("a role")), wanted);
        assert_eq!(&held(find(&roles, &role.id).await.expect("a role")), wanted);
    }
    let twice = [second[0].clone(), second[0].clone()];
    assert_eq!(held(set(&twice).await.expect("a role")), twice[..1]);
    let unknown = [first[0].clone(), "nothing".to_owned()];
    assert_eq!(refused(set(&unknown).await, 404), "Permission not found");
    assert_eq!(held(find(&roles, &role.id).await.expect("a role")), twice[..1]);
    assert!(held(set(&[]).await.expect("a role")).is_empty());
    assert!(held(find(&roles, &role.id).await.expect("a role")).is_empty());
}

#[tokio::test]
async fn a_default_role_may_reach_those_who_are_members_already() {
    let world = World::start().await;
    let all = world.frontegg.management().roles();
    let acme = world.tenant("acme").await.roles();
    world.tenant("globex").await;
    let admin = all.list_roles_v1().await.expect("roles").remove(0);
    let ada = world.user("acme", "ada@acme.test", &[&admin.id]).await;
    let bob = world.user("globex", "bob@globex.test", &[&admin.id]).await;

    create(&all, new("later", 5).is_default(true)).await.expect("a role");
    create(&all, new("only-migrated", 5).migrate_role(true)).await.expect("a role");
    assert_eq!(world.roles_of(&ada, "acme").await, ["Admin"]);
    create(&all, new("now", 5).is_default(true).migrate_role(true)).await.expect("a role");
    create(&acme, new("ours", 6).is_default(true).migrate_role(true)).await.expect("a role");
    assert_eq!(world.roles_of(&ada, "acme").await, ["Admin", "now", "ours"]);
    assert_eq!(world.roles_of(&bob, "globex").await, ["Admin", "now"]);

    let role = create(&all, new("patched", 7)).await.expect("a role");
    all.update_role(&role.id, &UpdateRoleRequest::new().migrate_role(true)).await.expect("a role");
    all.update_role(&role.id, &UpdateRoleRequest::new().is_default(true)).await.expect("a role");
    assert_eq!(world.roles_of(&bob, "globex").await, ["Admin", "now"]);
    let change = UpdateRoleRequest::new().is_default(true).migrate_role(true);
    for _ in 0..2 {
        all.update_role(&role.id, &change).await.expect("a role");
        assert_eq!(world.roles_of(&bob, "globex").await, ["Admin", "now", "patched"]);
    }
    // Taking the flag away leaves members as they are.
    all.update_role(&role.id, &UpdateRoleRequest::new().is_default(false)).await.expect("a role");
    assert_eq!(world.roles_of(&bob, "globex").await, ["Admin", "now", "patched"]);
}

#[tokio::test]
async fn a_deleted_role_is_gone_from_members() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    world.tenant("acme").await;
    let role = create(&roles, new("role", 5)).await.expect("a role");
    let ada = world.user("acme", "ada@acme.test", &[&role.id]).await;
    assert_eq!(world.roles_of(&ada, "acme").await, ["role"]);
    let gone = roles.delete_role(&role.id).with_response().await.expect("a deletion");
    assert_eq!(gone.status(), 204);
    assert!(world.roles_of(&ada, "acme").await.is_empty());
    assert_eq!(refused(roles.delete_role(&role.id).await, 404), "Role not found");
}

#[tokio::test]
async fn a_role_moves_between_owners() {
    let world = World::start().await;
    let all = world.frontegg.management().roles();
    let acme = world.tenant("acme").await.roles();
    let globex = world.tenant("globex").await.roles();
    let role = create(&all, new("role", 5)).await.expect("a role");
    let ada = world.user("acme", "ada@acme.test", &[&role.id]).await;
    let bob = world.user("globex", "bob@globex.test", &[&role.id]).await;
    let owner = |tenant: Option<&str>| UpdateRoleTenantRequest::new(tenant.map(str::to_owned));

    let moved = all.set_role_tenant(&role.id, &owner(Some("acme"))).await.expect("a role");
    assert_eq!(moved.tenant_id.as_deref(), Some("acme"));
    assert_eq!(find(&acme, &role.id).await.as_ref().map(json), Some(json(&moved)));
    assert!(find(&globex, &role.id).await.is_none());
    assert_eq!(world.roles_of(&ada, "acme").await, ["role"]);
    assert!(world.roles_of(&bob, "globex").await.is_empty());
    let again = all.set_role_tenant(&role.id, &owner(Some("acme"))).await.expect("a role");
    assert_eq!(json(&again), json(&moved));

    assert_eq!(refused(all.set_role_tenant("nothing", &owner(Some("acme"))).await, 404), "Role not found");
    assert_eq!(refused(all.set_role_tenant(&role.id, &owner(Some("nowhere"))).await, 404), "Tenant not found");
    create(&globex, new("role", 5)).await.expect("a role");
    for taken in [Some("globex"), None] {
        let text = refused(all.set_role_tenant(&role.id, &owner(taken)).await, 409);
        assert!(text.contains("Roles already exists"), "{text}");
    }
    assert_eq!(world.roles_of(&ada, "acme").await, ["role"]);

    all.update_role(&role.id, &UpdateRoleRequest::new().key("free")).await.expect("a role");
    let free = all.set_role_tenant(&role.id, &owner(None)).await.expect("a role");
    assert_eq!(free.tenant_id, None);
    assert!(find(&globex, &role.id).await.is_some());
    assert_eq!(world.roles_of(&ada, "acme").await, ["free"]);
}

#[tokio::test]
async fn a_user_manages_the_roles_of_the_own_tenant_up_to_the_own_level() {
    let world = World::start().await;
    let (acme, session) = managed(&world).await;
    let globex = world.tenant("globex").await.roles();
    let (own, acme) = (session.roles(), acme.roles());
    let theirs = create(&globex, new("theirs", 20)).await.expect("a role");
    let strong = create(&acme, new("strong", 9)).await.expect("a role");
    let shared = create(&world.frontegg.management().roles(), new("shared", 20)).await.expect("a role");

    let made = create(&own, new("weak", 11)).await.expect("a role");
    assert_eq!(made.tenant_id.as_deref(), Some("acme"));
    assert_eq!(keys(&own).await, keys(&acme).await);
    let change = UpdateRoleRequest::new().name("Weaker").level(12);
    assert_eq!(own.update_role(&made.id, &change).await.expect("a role").level, Some(12));
    let read = AddPermissionToRoleRequest::new(permissions(&world, &[READ]).await);
    let held = own.set_role_permissions(&made.id, &read).await.expect("a role");
    assert_eq!(held.permissions.as_ref(), Some(&read.permission_ids));

    // As strong as one's own, but not stronger.
    assert_eq!(create(&own, new("equal", 10)).await.expect("a role").level, Some(10));
    let equal = UpdateRoleRequest::new().level(10);
    assert_eq!(own.update_role(&made.id, &equal).await.expect("a role").level, Some(10));
    own.set_role_permissions(&made.id, &read).await.expect("a role");
    for level in [0, 9] {
        refused(create(&own, new("stronger", level)).await, 403);
        refused(own.update_role(&made.id, &UpdateRoleRequest::new().level(level)).await, 403);
    }
    refused(own.update_role(&strong.id, &UpdateRoleRequest::new().level(20)).await, 403);
    refused(own.set_role_permissions(&strong.id, &read).await, 403);
    refused(own.delete_role(&strong.id).await, 403);
    assert!(find(&acme, &strong.id).await.is_some());

    // Neither the environment's nor another tenant's.
    for id in [&shared.id, &theirs.id] {
        assert_eq!(refused(own.update_role(id, &change).await, 404), "Role not found");
        assert_eq!(refused(own.set_role_permissions(id, &read).await, 404), "Role not found");
        assert_eq!(refused(own.delete_role(id).await, 404), "Role not found");
    }
    own.delete_role(&made.id).await.expect("a deletion");
    assert!(find(&acme, &made.id).await.is_none());
}

#[tokio::test]
async fn a_user_without_the_right_only_looks() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let admin = world.frontegg.management().roles();
    let strong = create(&admin, new("strong", 1)).await.expect("a role");
    let weak = create(&acme.roles(), new("weak", 9)).await.expect("a role");
    let ada = world.user("acme", "ada@acme.test", &[&strong.id]).await;
    let own = world.session(&ada, "acme").await.roles();
    assert_eq!(refused(own.list_roles_v1().await, 403), format!("The permission {LIST} is required"));
    world.allow(&strong.id, &[LIST]).await;
    let own = world.session(&ada, "acme").await.roles();
    assert_eq!(keys(&own).await, ["Admin", "ReadOnly", "strong", "weak"]);
    let none = AddPermissionToRoleRequest::new(Vec::<String>::new());
    let text = refused(create(&own, new("x", 9)).await, 403);
    assert!(text.contains(WRITE), "{text}");
    refused(own.update_role(&weak.id, &UpdateRoleRequest::new().name("x")).await, 403);
    refused(own.set_role_permissions(&weak.id, &none).await, 403);
    let text = refused(own.delete_role(&weak.id).await, 403);
    assert!(text.contains(DELETE), "{text}");
    assert_eq!(find(&own, &weak.id).await.as_ref().map(json), Some(json(&weak)));
}

/// The tenant's header of a user's token is not heard (case 43).
#[tokio::test]
async fn a_header_does_not_lead_a_user_elsewhere() {
    let world = World::start().await;
    world.tenant("acme").await;
    let globex = world.tenant("globex").await.roles();
    create(&globex, new("theirs", 5)).await.expect("a role");
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&ada, "acme").await;
    let request = http().get(format!("{}/identity/resources/roles/v1", world.emulator.url()));
    let answer = request.bearer_auth(token).header("frontegg-tenant-id", "globex").send().await.expect("an answer");
    let roles: Vec<RoleResponse> = answer.json().await.expect("roles");
    assert_eq!(roles.into_iter().map(|role| role.key).collect::<Vec<_>>(), ["Admin", "ReadOnly"]);
}

#[tokio::test]
async fn classification_binds_users_and_not_the_environment() {
    let world = World::start().await;
    let (acme, session) = managed(&world).await;
    let own = session.roles();
    let rights = world.frontegg.management().permissions();
    let body = ["never", "always", "offered"].map(|key| AddPermissionRequest::new(key, key));
    let made = rights.create_permissions(&body).await.expect("permissions");
    let id = |index: usize| made[index].id.clone();
    for (index, kind) in [(1, PermissionAssignmentType::Always), (2, PermissionAssignmentType::Assignable)] {
        rights.set_permissions_classification(&ClassifyPermissionsDto::new([id(index)], kind)).await.expect("a change");
    }
    let role = create(&own, new("mine", 20)).await.expect("a role");
    let set = |ids: &[String]| AddPermissionToRoleRequest::new(ids.iter().cloned());
    let text = refused(own.set_role_permissions(&role.id, &set(&[id(2), id(0)])).await, 403);
    assert!(text.contains("never"), "{text}");
    assert_eq!(find(&own, &role.id).await.expect("a role").permissions.as_deref(), Some(&[][..]));
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let held = own.set_role_permissions(&role.id, &set(&[id(2)])).await.expect("a role");
    assert_eq!(held.permissions.map(sorted), Some(sorted(vec![id(1), id(2)])));
    let held = acme.roles().set_role_permissions(&role.id, &set(&[id(0)])).await.expect("a role");
    assert_eq!(held.permissions, Some(vec![id(0)]));
}

/// Case 57: of many who create one key, one wins.
#[tokio::test]
async fn one_of_many_gets_a_key() {
    let world = World::start().await;
    let roles = world.frontegg.management().roles();
    let attempts = (0..20).map(|_| {
        let roles = roles.clone();
        tokio::spawn(async move { create(&roles, new("contested", 5)).await.map_err(|error| error.status()) })
    });
    let mut made = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.expect("an attempt") {
            Ok(_) => made += 1,
            Err(status) => assert_eq!(status, Some(409)),
        }
    }
    assert_eq!(made, 1);
}
