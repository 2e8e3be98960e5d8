//! Tag “Account Roles”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    Authorized, Scope,
    enums::{PermissionAssignmentType, RoleSortField as By, SortOrder},
    params::ListRolesV2,
    types::{
        AddPermissionRequest, AddPermissionToRoleRequest, AddRoleRequest, AddRoleWithPermissionsRequest,
        ClassifyPermissionsDto, CreateGroupDto, RolePage, RoleResponse, UpdateRolesOnGroupDto,
    },
    views::Roles,
};
use reqwest::Method;
use serde_json::json;
use support::{World, http, json, refused};

const READ: &str = "fe.secure.read.roles";
const WRITE: &str = "fe.secure.write.roles";

async fn role<A: Authorized>(scope: &Scope<A>, new: AddRoleRequest) -> RoleResponse {
    scope.roles().create_roles_v1(&[new]).await.expect("a role").remove(0)
}

fn new(key: &str, level: i32) -> AddRoleRequest {
    AddRoleRequest::new(key, key, level)
}

async fn page<A: Authorized>(roles: &Roles<A>, params: ListRolesV2) -> RolePage {
    roles.list_roles_v2(params).await.expect("a page")
}

fn keys(page: &RolePage) -> Vec<&str> {
    page.items.iter().map(|role| role.key.as_str()).collect()
}

async fn permission(world: &World, key: &str) -> String {
    let all = world.frontegg.management().permissions().list_permissions().await.expect("permissions");
    all.into_iter().find(|row| row.key == key).expect("a permission with that key").id
}

/// A permission of the environment's own.
async fn classified(world: &World, key: &str, kind: PermissionAssignmentType) -> String {
    let permissions = world.frontegg.management().permissions();
    let new = AddPermissionRequest::new(key, key).assignment_type(kind);
    permissions.create_permissions(&[new]).await.expect("a permission").remove(0).id
}

#[tokio::test]
async fn roles_come_page_by_page() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let body: Vec<_> = (0..5).map(|number| new(&format!("r{number}"), 10 - number)).collect();
    all.roles().create_roles_v1(&body).await.expect("roles");
    let roles = all.account_roles();
    let first = page(&roles, ListRolesV2::new().limit(3)).await;
    assert_eq!(keys(&first), ["Admin", "ReadOnly", "r4"]);
    assert_eq!((first.metadata.total_items, first.metadata.total_pages), (7, 3));
    let links = first.links.as_ref().expect("links");
    assert_eq!(links.prev.as_deref(), Some(""));
    let next = links.next.as_deref().expect("a next page");
    assert!(next.contains("_offset=1") && next.contains("_limit=3") && !next.starts_with('?'), "{next}");
    // `_offset` counts pages.
    assert_eq!(keys(&page(&roles, ListRolesV2::new().limit(3).offset(1)).await), ["r3", "r2", "r1"]);
    let last = page(&roles, ListRolesV2::new().limit(3).offset(2)).await;
    assert_eq!(keys(&last), ["r0"]);
    assert_eq!(last.links.expect("links").next.as_deref(), Some(""));
    let beyond = page(&roles, ListRolesV2::new().limit(3).offset(9)).await;
    assert!(beyond.items.is_empty());
    assert_eq!(beyond.metadata.total_items, 7);
    // Whole records, as the older call shows them.
    let whole = page(&roles, ListRolesV2::new().limit(2000)).await;
    assert_eq!(json(&whole.items), json(&all.roles().list_roles_v1().await.expect("roles")));

    let path = "/identity/resources/roles/v2";
    for query in ["_limit=0", "_limit=2001", "_limit=x", "_offset=-1", "_sortBy=size", "_order=UP", "_levels=a"] {
        let (status, _) = world.send(Method::GET, &format!("{path}?{query}"), None, json!(null)).await;
        assert_eq!(status, 400, "{query}");
    }
    let far = format!("{path}?_offset={}&_limit=2000", i64::MAX);
    assert_eq!(world.send(Method::GET, &far, None, json!(null)).await.0, 200);
}

#[tokio::test]
async fn the_tenant_decides_which_roles_are_listed() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    role(&acme, new("mine", 5)).await;
    role(&globex, new("theirs", 6)).await;
    role(&all, new("everybodys", 7)).await;
    let everything = ListRolesV2::new;
    assert_eq!(
        keys(&page(&all.account_roles(), everything()).await),
        ["Admin", "ReadOnly", "mine", "theirs", "everybodys"]
    );
    let seen = ["Admin", "ReadOnly", "mine", "everybodys"];
    assert_eq!(keys(&page(&acme.account_roles(), everything()).await), seen);
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let own = world.session(&ada, "acme").await.account_roles();
    assert_eq!(keys(&page(&own, everything()).await), seen);
    // Naming another tenant shows nothing of it.
    assert!(page(&own, everything().tenant_ids(["globex"])).await.items.is_empty());

    assert_eq!(all.account_roles().list_role_levels().await.expect("levels"), [0, 1, 5, 6, 7]);
    assert_eq!(acme.account_roles().list_role_levels().await.expect("levels"), [0, 1, 5, 7]);
    assert_eq!(own.list_role_levels().await.expect("levels"), [0, 1, 5, 7]);
    role(&all, new("another", 7)).await;
    assert_eq!(own.list_role_levels().await.expect("levels"), [0, 1, 5, 7]);

    let nowhere = world.frontegg.tenant("nowhere").account_roles();
    assert_eq!(refused(nowhere.list_roles_v2(everything()).await, 404), "Tenant not found");
}

#[tokio::test]
async fn owners_of_roles_are_told_to_the_environment() {
    let world = World::start().await;
    let all = world.frontegg.environment().account_roles();
    assert!(all.list_role_tenants().await.expect("tenants").is_empty());
    for id in ["globex", "acme", "empty"] {
        let tenant = world.tenant(id).await;
        if id != "empty" {
            role(&tenant, new("a", 5)).await;
            role(&tenant, new("b", 5)).await;
        }
    }
    assert_eq!(all.list_role_tenants().await.expect("tenants"), ["acme", "globex"]);
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&ada, "acme").await;
    let url = format!("{}/identity/resources/roles/v2/distinct-tenants", world.emulator.url());
    let answer = http().get(url).bearer_auth(token).send().await.expect("an answer");
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn lists_are_narrowed() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
    role(&acme, new("billing-admin", 5).description("Pays 100%")).await;
    role(&globex, AddRoleRequest::new("g", "BILLING", 6)).await;
    role(&all, new("auditor", 6)).await;
    let roles = all.account_roles();
    let listed = async |params: ListRolesV2| {
        let page = page(&roles, params).await;
        assert_eq!(usize::try_from(page.metadata.total_items).ok(), Some(page.items.len()));
        page.items.into_iter().map(|role| role.key).collect::<Vec<_>>()
    };
    let by = ListRolesV2::new;
    assert_eq!(listed(by().filter("bILL")).await, ["billing-admin", "g"]);
    assert_eq!(listed(by().filter("100%")).await, ["billing-admin"]);
    assert!(listed(by().filter("1_0%")).await.is_empty());
    assert_eq!(listed(by().levels(["6", "0"])).await, ["Admin", "auditor", "g"]);
    assert_eq!(listed(by().levels(["5"]).filter("a")).await, ["billing-admin"]);
    assert_eq!(listed(by().tenant_ids(["acme", "globex"])).await, ["billing-admin", "g"]);
    assert_eq!(listed(by().tenant_ids(["null"])).await, ["Admin", "ReadOnly", "auditor"]);
    assert_eq!(listed(by().tenant_ids(["acme", ""])).await, ["Admin", "ReadOnly", "billing-admin", "auditor"]);
    for (query, expected) in [
        ("_tenantIds=acme&_tenantIds=globex", &["billing-admin", "g"][..]),
        ("_tenantIds=", &["Admin", "ReadOnly", "auditor"]),
        ("_levels=5&_levels=6", &["billing-admin", "auditor", "g"]),
    ] {
        let path = format!("/identity/resources/roles/v2?{query}");
        let (_, answer) = world.send(Method::GET, &path, None, json!(null)).await;
        let found: Vec<_> = answer["items"].as_array().expect("items").iter().map(|role| &role["key"]).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn lists_are_sorted() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let roles = acme.account_roles();
    let a = role(&acme, new("a", 9).description("z").is_default(true)).await;
    let b = role(&acme, new("b", 8).description("y").first_user_role(true)).await;
    let c = role(&acme, new("c", 9)).await;
    let held = AddPermissionToRoleRequest::new([permission(&world, WRITE).await]);
    acme.roles().set_role_permissions(&c.id, &held).await.expect("permissions");
    for (email, role) in [("1@acme.test", &b.id), ("2@acme.test", &b.id), ("3@acme.test", &a.id)] {
        world.user("acme", email, &[role]).await;
    }
    let groups = acme.user_groups();
    let group = groups.create_group(&CreateGroupDto::new("group")).await.expect("a group");
    groups.add_roles_to_group(&group.id, &UpdateRolesOnGroupDto::new([&b.id])).await.expect("roles");

    for (field, rising, falling) in [
        (By::Key, "abc", "cba"),
        (By::Name, "abc", "cba"),
        (By::Description, "cba", "abc"),
        (By::IsDefault, "bca", "abc"),
        (By::FirstUserRole, "acb", "bac"),
        (By::Level, "bac", "acb"),
        (By::CreatedAt, "abc", "cba"),
        (By::Permissions, "abc", "cab"),
        (By::UserTenants, "cab", "bac"),
        (By::Groups, "acb", "bac"),
    ] {
        let of_acme = || ListRolesV2::new().tenant_ids(["acme"]).sort_by(field.clone());
        assert_eq!(keys(&page(&roles, of_acme()).await).concat(), rising, "{field}");
        assert_eq!(keys(&page(&roles, of_acme().order(SortOrder::Asc)).await).concat(), rising, "{field}");
        assert_eq!(keys(&page(&roles, of_acme().order(SortOrder::Desc)).await).concat(), falling, "{field}");
    }
    let latest = page(&roles, ListRolesV2::new().sort_by(By::UpdatedAt).order(SortOrder::Desc).limit(1)).await;
    assert_eq!(keys(&latest), ["c"]);
}

#[tokio::test]
async fn a_role_is_made_after_another() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let acme = world.tenant("acme").await;
    let base = role(&all, new("base", 7).first_user_role(true)).await;
    let held = AddPermissionToRoleRequest::new([permission(&world, WRITE).await]);
    all.roles().set_role_permissions(&base.id, &held).await.expect("permissions");
    let read = permission(&world, "fe.secure.read.users").await;

    let body = AddRoleWithPermissionsRequest::new("derived", "Derived", &base.id, [&read, &read])
        .description("Text")
        .is_default(true);
    let made = acme.account_roles().create_role_v2(&body).with_response().await.expect("a role");
    assert_eq!(made.status(), 200);
    let made = made.into_inner();
    assert_eq!(
        (made.key.as_str(), made.name.as_str(), made.description.as_deref()),
        ("derived", "Derived", Some("Text"))
    );
    assert_eq!((made.level, made.is_default, made.first_user_role), (Some(7), true, Some(false)));
    assert_eq!((made.tenant_id.as_deref(), &made.permissions), (Some("acme"), &vec![read.clone()]));
    let listed = acme.roles().list_roles_v1().await.expect("roles").into_iter().find(|role| role.id == made.id);
    assert_eq!(listed.as_ref().map(json), Some(json(&made)));

    let none: [String; 0] = [];
    let global = AddRoleWithPermissionsRequest::new("global", "Global", &base.id, none.clone());
    let global = all.account_roles().create_role_v2(&global).await.expect("a role");
    assert_eq!((global.tenant_id, global.permissions.len()), (None, 0));

    let create = async |key: &str, base: &str, permissions: &[String]| {
        let body = AddRoleWithPermissionsRequest::new(key, "x", base, permissions.iter().cloned());
        acme.account_roles().create_role_v2(&body).await
    };
    for key in ["derived", "global", "Admin"] {
        let text = refused(create(key, &base.id, &none).await, 409);
        assert!(text.contains("already exists"), "{text}");
    }
    assert_eq!(refused(create("x", "nothing", &none).await, 404), "Role not found");
    let globex = world.tenant("globex").await;
    let theirs = role(&globex, new("theirs", 7)).await;
    assert_eq!(refused(create("x", &theirs.id, &none).await, 404), "Role not found");
    let unknown = ["nothing".to_owned()];
    assert_eq!(refused(create("x", &base.id, &unknown).await, 404), "Permission not found");
    refused(create(" ", &base.id, &none).await, 400);
    let full = json!({"key": "x", "name": "x", "baseRoleId": base.id, "permissionIds": []});
    for member in ["key", "name", "baseRoleId", "permissionIds"] {
        let mut body = full.clone();
        body.as_object_mut().expect("an object").remove(member);
        let (status, answer) = world.send(Method::POST, "/identity/resources/roles/v2", Some("acme"), body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["errors"][0].as_str().is_some_and(|text| text.contains(member)), "{answer}");
    }
    let nowhere = world.frontegg.tenant("nowhere").account_roles();
    let body = AddRoleWithPermissionsRequest::new("x", "x", &base.id, none);
    assert_eq!(refused(nowhere.create_role_v2(&body).await, 404), "Tenant not found");
    assert!(!keys(&page(&acme.account_roles(), ListRolesV2::new()).await).contains(&"x"));
}

#[tokio::test]
async fn classification_binds_roles_of_tenants() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let acme = world.tenant("acme").await;
    let base = role(&all, new("base", 7)).await;
    let never = classified(&world, "never", PermissionAssignmentType::Never).await;
    let always = classified(&world, "always", PermissionAssignmentType::Always).await;
    let offered = classified(&world, "offered", PermissionAssignmentType::Assignable).await;
    let body = |key: &str, ids: &[&String]| AddRoleWithPermissionsRequest::new(key, key, &base.id, ids.iter().copied());

    let made = acme.account_roles().create_role_v2(&body("mine", &[&offered])).await.expect("a role");
    let mut expected = vec![always.clone(), offered.clone()];
    expected.sort();
    assert_eq!(made.permissions, expected);
    let text = refused(acme.account_roles().create_role_v2(&body("other", &[&offered, &never])).await, 403);
    assert!(text.contains("never"), "{text}");
    let global = all.account_roles().create_role_v2(&body("global", &[&never])).await.expect("a role");
    assert_eq!(global.permissions, std::slice::from_ref(&never));
    // Roles that exist stay as they are when a permission is classified anew.
    let rights = all.permissions();
    let anew = ClassifyPermissionsDto::new([&offered], PermissionAssignmentType::Never);
    rights.set_permissions_classification(&anew).await.expect("a change");
    let listed = acme.roles().list_roles_v1().await.expect("roles").into_iter().find(|role| role.id == made.id);
    assert_eq!(listed.expect("a role").permissions, Some(expected));
}

#[tokio::test]
async fn a_user_makes_roles_no_stronger_than_the_own() {
    let world = World::start().await;
    let all = world.frontegg.environment();
    let acme = world.tenant("acme").await;
    let strong = role(&all, new("strong", 9)).await;
    let manager = role(&all, new("manager", 10)).await;
    let weak = role(&acme, new("weak", 11)).await;
    world.allow(&manager.id, &[READ, WRITE]).await;
    let ada = world.user("acme", "ada@acme.test", &[&manager.id]).await;
    let bob = world.user("acme", "bob@acme.test", &[&weak.id]).await;
    let own = world.session(&ada, "acme").await.account_roles();
    let none: [String; 0] = [];
    let body = |key: &str, base: &str| AddRoleWithPermissionsRequest::new(key, key, base, none.clone());
    let made = own.create_role_v2(&body("a", &weak.id)).await.expect("a role");
    assert_eq!((made.tenant_id.as_deref(), made.level), (Some("acme"), Some(11)));
    assert_eq!(own.create_role_v2(&body("b", &manager.id)).await.expect("a role").level, Some(10));
    refused(own.create_role_v2(&body("c", &strong.id)).await, 403);
    let bobs = world.session(&bob, "acme").await.account_roles();
    let text = refused(bobs.create_role_v2(&body("c", &weak.id)).await, 403);
    assert!(text.contains(WRITE), "{text}");
    for text in
        [refused(bobs.list_roles_v2(ListRolesV2::new()).await, 403), refused(bobs.list_role_levels().await, 403)]
    {
        assert_eq!(text, format!("The permission {READ} is required"));
    }
    assert!(!keys(&page(&own, ListRolesV2::new()).await).contains(&"c"));
}
