//! Tag “Permissions”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    Authorized,
    enums::PermissionAssignmentType,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, AddRolesToPermissionRequest,
        ClassifyPermissionsDto, CreateCategoryDto, PermissionResponse, RoleResponse, UpdatePermissionRequest,
    },
    views::{Permissions, Roles},
};
use reqwest::Method;
use serde_json::json;
use support::{World, http, json, refused};

async fn find<A: Authorized>(permissions: &Permissions<A>, id: &str) -> Option<PermissionResponse> {
    permissions.list_permissions().await.expect("permissions").into_iter().find(|row| row.id == id)
}

async fn by_key<A: Authorized>(permissions: &Permissions<A>, key: &str) -> PermissionResponse {
    let all = permissions.list_permissions().await.expect("permissions");
    all.into_iter().find(|row| row.key == key).expect("a permission with that key")
}

async fn role<A: Authorized>(roles: &Roles<A>, key: &str, level: i32) -> RoleResponse {
    roles.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role").remove(0)
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn the_products_own_permissions_are_listed() {
    let world = World::start().await;
    let permissions = world.frontegg.management().permissions();
    let all = permissions.list_permissions().await.expect("permissions");
    assert!(all.len() >= 12);
    assert!(all.iter().all(|row| row.fe_permission && row.key.starts_with("fe.") && row.category_id.is_some()));
    assert!(all.is_sorted_by_key(|row| row.key.clone()));
    let roles = world.frontegg.management().roles().list_roles_v1().await.expect("roles");
    let read = by_key(&permissions, "fe.secure.read.users").await;
    assert_eq!(read.role_ids, Some(sorted(&[&roles[0].id, &roles[1].id])));
    for role in roles {
        let holders = all.iter().filter(|row| row.role_ids.iter().flatten().any(|id| *id == role.id));
        assert_eq!(holders.count(), role.permissions.expect("permissions").len());
    }
}

#[tokio::test]
async fn permissions_are_created_in_order_and_read_back() {
    let world = World::start().await;
    let permissions = world.frontegg.management().permissions();
    let categories = world.frontegg.management().permissions_categories();
    let category = categories.create_permission_category(&CreateCategoryDto::new("Billing")).await.expect("a category");
    let body = [
        AddPermissionRequest::new("zeta", "Zeta")
            .description("Last")
            .category_id(&category.id)
            .assignment_type(PermissionAssignmentType::Always),
        AddPermissionRequest::new("alpha.*", "Alpha"),
    ];
    let made = permissions.create_permissions(&body).with_response().await.expect("permissions");
    assert_eq!(made.status(), 201);
    let made = made.into_inner();
    assert_eq!(made.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["zeta", "alpha.*"]);
    let (zeta, alpha) = (&made[0], &made[1]);
    assert_eq!((zeta.name.as_str(), zeta.description.as_deref()), ("Zeta", Some("Last")));
    assert_eq!(zeta.category_id.as_ref(), Some(&category.id));
    assert_eq!(zeta.assignment_type, Some(PermissionAssignmentType::Always));
    assert_eq!((alpha.description.as_ref(), alpha.category_id.as_ref()), (None, None));
    assert_eq!(alpha.assignment_type, Some(PermissionAssignmentType::Never));
    assert_eq!((alpha.fe_permission, alpha.role_ids.as_deref()), (false, Some(&[][..])));
    for row in &made {
        assert_eq!(find(&permissions, &row.id).await.as_ref().map(json), Some(json(row)));
    }
}

#[tokio::test]
async fn what_cannot_be_created_leaves_nothing() {
    let world = World::start().await;
    let permissions = world.frontegg.management().permissions();
    let new = |key: &str| AddPermissionRequest::new(key, key);
    permissions.create_permissions(&[new("taken")]).await.expect("a permission");
    let before = permissions.list_permissions().await.expect("permissions").len();
    for body in [[new("fresh"), new("taken")], [new("twice"), new("twice")]] {
        let text = refused(permissions.create_permissions(&body).await, 409);
        assert!(text.contains("already exist"), "{text}");
    }
    refused(permissions.create_permissions(&[new("fresh"), new("fe.mine")]).await, 400);
    let text = refused(permissions.create_permissions(&[new("fresh").category_id("nothing")]).await, 404);
    assert_eq!(text, "Permission category not found");
    for body in [
        json!({"key": "a", "name": "A"}),
        json!([{"name": "A"}]),
        json!([{"key": "a"}]),
        json!([{"key": "", "name": "A"}]),
        json!([{"key": "a", "name": "A", "assignmentType": "SOMETIMES"}]),
    ] {
        let (status, _) = world.send(Method::POST, "/identity/resources/permissions/v1", None, body.clone()).await;
        assert_eq!(status, 400, "{body}");
    }
    assert_eq!(permissions.list_permissions().await.expect("permissions").len(), before);
}

#[tokio::test]
async fn a_permission_changes_and_roles_keep_it() {
    let world = World::start().await;
    let management = world.frontegg.management();
    let (permissions, roles) = (management.permissions(), management.roles());
    let new = [AddPermissionRequest::new("before", "Before").description("Text"), AddPermissionRequest::new("b", "B")];
    let made = permissions.create_permissions(&new).await.expect("permissions").remove(0);
    let holder = role(&roles, "holder", 5).await;
    let holders = AddRolesToPermissionRequest::new([&holder.id]);
    permissions.add_permission_to_roles(&made.id, &holders).await.expect("a permission");
    let category =
        management.permissions_categories().create_permission_category(&CreateCategoryDto::new("Billing")).await;
    let category = category.expect("a category").id;

    world.emulator.clock().advance(Duration::from_mins(1));
    let same = permissions.update_permission(&made.id, &UpdatePermissionRequest::new()).await.expect("a permission");
    assert_eq!(same.updated_at, made.updated_at);
    let change = UpdatePermissionRequest::new().key("after").category_id(&category);
    let changed = permissions.update_permission(&made.id, &change).await.expect("a permission");
    assert_eq!((changed.key.as_str(), changed.name.as_str()), ("after", "Before"));
    assert_eq!((changed.description.as_deref(), changed.category_id.as_ref()), (Some("Text"), Some(&category)));
    assert_eq!(changed.role_ids, Some(vec![holder.id]));
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(find(&permissions, &made.id).await.as_ref().map(json), Some(json(&changed)));

    let update = async |id: &str, change: UpdatePermissionRequest| permissions.update_permission(id, &change).await;
    let change = UpdatePermissionRequest::new;
    let text = refused(update(&made.id, change().key("b")).await, 409);
    assert!(text.contains("already exist"), "{text}");
    refused(update(&made.id, change().key("fe.mine")).await, 400);
    refused(update(&made.id, change().name(" ")).await, 400);
    assert_eq!(refused(update("nothing", change().name("x")).await, 404), "Permission not found");
    let text = refused(update(&made.id, change().name("x").category_id("nothing")).await, 404);
    assert_eq!(text, "Permission category not found");
    let path = format!("/identity/resources/permissions/v1/{}", made.id);
    assert_eq!(world.send(Method::PATCH, &path, None, json!({"name": 1})).await.0, 400);
    assert_eq!(find(&permissions, &made.id).await.as_ref().map(json), Some(json(&changed)));
}

#[tokio::test]
async fn built_in_permissions_stay() {
    let world = World::start().await;
    let permissions = world.frontegg.management().permissions();
    let built_in = by_key(&permissions, "fe.secure.read.users").await;
    refused(permissions.update_permission(&built_in.id, &UpdatePermissionRequest::new().name("x")).await, 403);
    refused(permissions.delete_permission(&built_in.id).await, 403);
    assert_eq!(find(&permissions, &built_in.id).await.as_ref().map(json), Some(json(&built_in)));
}

#[tokio::test]
async fn a_deleted_permission_is_gone_from_roles() {
    let world = World::start().await;
    let management = world.frontegg.management();
    let (permissions, roles) = (management.permissions(), management.roles());
    let made = permissions.create_permissions(&[AddPermissionRequest::new("a", "A")]).await.expect("a permission");
    let id = &made[0].id;
    let holder = role(&roles, "holder", 5).await;
    let only = AddPermissionToRoleRequest::new([id]);
    assert_eq!(
        roles.set_role_permissions(&holder.id, &only).await.expect("a role").permissions,
        Some(vec![id.clone()])
    );
    let gone = permissions.delete_permission(id).with_response().await.expect("a deletion");
    assert_eq!(gone.status(), 204);
    let left = roles.list_roles_v1().await.expect("roles").into_iter().find(|role| role.id == holder.id);
    assert_eq!(left.expect("a role").permissions.as_deref(), Some(&[][..]));
    assert!(find(&permissions, id).await.is_none());
    assert_eq!(refused(permissions.delete_permission(id).await, 404), "Permission not found");
}

#[tokio::test]
async fn roles_get_a_permission_and_others_keep_it() {
    let world = World::start().await;
    let management = world.frontegg.management();
    let (permissions, roles) = (management.permissions(), management.roles());
    let made = permissions.create_permissions(&[AddPermissionRequest::new("a", "A")]).await.expect("a permission");
    let id = &made[0].id;
    let [one, two, three] = [role(&roles, "1", 5).await, role(&roles, "2", 5).await, role(&roles, "3", 5).await];
    let add = async |ids: &[&String]| {
        let body = AddRolesToPermissionRequest::new(ids.iter().copied());
        permissions.add_permission_to_roles(id, &body).await
    };
    for _ in 0..2 {
        let held = add(&[&one.id, &one.id]).await.expect("a permission");
        assert_eq!(held.role_ids, Some(vec![one.id.clone()]));
    }
    let held = add(&[&two.id, &one.id]).await.expect("a permission");
    assert_eq!(held.role_ids, Some(sorted(&[&one.id, &two.id])));
    assert_eq!(find(&permissions, id).await.as_ref().map(json), Some(json(&held)));
    let list = roles.list_roles_v1().await.expect("roles");
    let holders: Vec<&String> = list
        .iter()
        .filter(|role| role.permissions.iter().flatten().any(|held| held == id))
        .map(|role| &role.id)
        .collect();
    assert_eq!(sorted(&holders), sorted(&[&one.id, &two.id]));

    assert_eq!(refused(add(&[&three.id, &"nothing".to_owned()]).await, 404), "Role not found");
    let body = AddRolesToPermissionRequest::new([&three.id]);
    assert_eq!(refused(permissions.add_permission_to_roles("nothing", &body).await, 404), "Permission not found");
    let path = format!("/identity/resources/permissions/v1/{id}/roles");
    assert_eq!(world.send(Method::PUT, &path, None, json!({})).await.0, 400);
    assert_eq!(find(&permissions, id).await.expect("a permission").role_ids, held.role_ids);
}

#[tokio::test]
async fn permissions_are_classified() {
    let world = World::start().await;
    let permissions = world.frontegg.management().permissions();
    let built_in = by_key(&permissions, "fe.secure.read.users").await;
    let own = permissions.create_permissions(&[AddPermissionRequest::new("a", "A")]).await.expect("a permission");
    let ids = [own[0].id.clone(), built_in.id.clone(), own[0].id.clone()];
    let always = ClassifyPermissionsDto::new(ids, PermissionAssignmentType::Always);
    let changed = permissions.set_permissions_classification(&always).await.expect("permissions");
    assert_eq!(changed.iter().map(|row| &row.id).collect::<Vec<_>>(), [&own[0].id, &built_in.id]);
    assert!(changed.iter().all(|row| row.assignment_type == Some(PermissionAssignmentType::Always)));
    assert_eq!(changed[1].role_ids, built_in.role_ids);
    for row in &changed {
        assert_eq!(find(&permissions, &row.id).await.as_ref().map(json), Some(json(row)));
    }
    world.emulator.clock().advance(Duration::from_mins(1));
    let again = permissions.set_permissions_classification(&always).await.expect("permissions");
    assert_eq!(json(&again), json(&changed));

    let never = PermissionAssignmentType::Never;
    let unknown = ClassifyPermissionsDto::new([own[0].id.as_str(), "nothing"], never.clone());
    assert_eq!(refused(permissions.set_permissions_classification(&unknown).await, 404), "Permission not found");
    let empty = ClassifyPermissionsDto::new(Vec::<String>::new(), never);
    refused(permissions.set_permissions_classification(&empty).await, 400);
    let path = "/identity/resources/permissions/v1/classification";
    for body in [json!({"type": "NEVER"}), json!({"permissionIds": [own[0].id], "type": "SOMETIMES"})] {
        assert_eq!(world.send(Method::PUT, path, None, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(find(&permissions, &own[0].id).await.as_ref().map(json), Some(json(&changed[0])));
}

#[tokio::test]
async fn a_user_sees_and_reaches_the_roles_of_the_own_tenant() {
    let world = World::start().await;
    let management = world.frontegg.management();
    let (permissions, roles) = (management.permissions(), management.roles());
    let acme = world.tenant("acme").await.roles();
    let globex = world.tenant("globex").await.roles();
    let write = by_key(&permissions, "fe.secure.write.roles").await;
    let manager = role(&roles, "manager", 10).await;
    permissions
        .add_permission_to_roles(&write.id, &AddRolesToPermissionRequest::new([&manager.id]))
        .await
        .expect("a permission");
    let [mine, equal, strong] =
        [role(&acme, "mine", 20).await, role(&acme, "equal", 10).await, role(&acme, "strong", 9).await];
    let theirs = role(&globex, "theirs", 20).await;
    let shared = role(&roles, "shared", 20).await;
    let ada = world.user("acme", "ada@acme.test", &[&manager.id]).await;
    let own = world.session(&ada, "acme").await.permissions();

    let read = by_key(&permissions, "fe.secure.read.users").await;
    let add = async |ids: &[&String]| {
        let body = AddRolesToPermissionRequest::new(ids.iter().copied());
        own.add_permission_to_roles(&read.id, &body).await
    };
    let everywhere = AddRolesToPermissionRequest::new([&theirs.id]);
    permissions.add_permission_to_roles(&read.id, &everywhere).await.expect("a permission");
    let held = add(&[&mine.id]).await.expect("a permission");
    let ids = held.role_ids.as_ref().expect("roles");
    assert!(ids.contains(&mine.id) && !ids.contains(&theirs.id));
    assert_eq!(find(&own, &read.id).await.as_ref().map(json), Some(json(&held)));
    let all = find(&permissions, &read.id).await.expect("a permission").role_ids.expect("roles");
    assert!(all.contains(&mine.id) && all.contains(&theirs.id));

    for id in [&shared.id, &theirs.id, &"nothing".to_owned()] {
        assert_eq!(refused(add(&[id]).await, 404), "Role not found");
    }
    add(&[&equal.id]).await.expect("a permission");
    refused(add(&[&mine.id, &strong.id]).await, 403);
    let never = ClassifyPermissionsDto::new([&read.id], PermissionAssignmentType::Never);
    permissions.set_permissions_classification(&never).await.expect("a change");
    refused(add(&[&mine.id]).await, 403);

    let bob = world.user("acme", "bob@acme.test", &[&shared.id]).await;
    let powerless = world.session(&bob, "acme").await.permissions();
    let body = AddRolesToPermissionRequest::new([&mine.id]);
    refused(powerless.add_permission_to_roles(&write.id, &body).await, 403);
    let all = permissions.list_permissions().await.expect("permissions").len();
    assert_eq!(powerless.list_permissions().await.expect("permissions").len(), all);
}

/// What only the environment may do, a user's token may not, nor somebody without a token.
#[tokio::test]
async fn permissions_are_the_environments() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&ada, "acme").await;
    let http = http();
    for (method, path) in [
        (Method::POST, ""),
        (Method::PATCH, "/x"),
        (Method::DELETE, "/x"),
        (Method::PUT, "/classification"),
        (Method::POST, "/categories"),
        (Method::PATCH, "/categories/x"),
        (Method::DELETE, "/categories/x"),
    ] {
        let url = format!("{}/identity/resources/permissions/v1{path}", world.emulator.url());
        let request = || http.request(method.clone(), &url).json(&json!([]));
        assert_eq!(request().send().await.expect("an answer").status(), 401, "{method} {path}");
        assert_eq!(request().bearer_auth(&token).send().await.expect("an answer").status(), 403, "{method} {path}");
    }
}
