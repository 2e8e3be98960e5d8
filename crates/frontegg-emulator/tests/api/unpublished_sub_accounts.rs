//! People and tenants of a branch, as portals and their client call them.

use serde_json::{Value, json};

use crate::support::{World, browser::Browser, claims};

const OUTSIDE: &str = "The tenant is not in your hierarchy";

/// `root` with `mid` below it, `leaf` and `twig` below that, and `other` beside.
async fn family() -> World {
    let world = World::start().await;
    for root in ["root", "other"] {
        world.tenant(root).await;
    }
    let mut back_end = world.back_end(Some("root")).await;
    for (id, parent) in [("mid", "root"), ("leaf", "mid"), ("twig", "mid")] {
        let body = json!({ "tenantId": id, "name": format!("The {id}"), "parentTenantId": parent });
        back_end.done("create_sub_tenant", &[], body).await;
    }
    world
}

/// An administrator of a tenant who may reach down.
async fn admin(world: &World, tenant: &str) -> Browser {
    let id = world.user(tenant, &format!("admin@{tenant}.test"), &[&world.role("Admin").await]).await;
    let mut back_end = world.back_end(Some(tenant)).await;
    back_end.done("set_user_sub_tenant_access", &[&id], json!({ "allowAccess": true })).await;
    world.browser().bearer(&world.token(&id, tenant).await)
}

/// Who a tenant's members are, by their addresses.
async fn members(world: &World, tenant: &str) -> Vec<String> {
    let page = world.back_end(Some(tenant)).await.query("list_users", "_includeSubTenants=false&_sortBy=email").await;
    let items = page["items"].as_array().expect("users").iter();
    items.map(|user| user["email"].as_str().expect("an address").to_owned()).collect()
}

fn invitation(email: &str, tenants: &[&str]) -> Value {
    let places: Vec<_> = tenants.iter().map(|tenant| json!({ "tenantId": tenant })).collect();
    json!({ "user": { "email": email, "name": "Ada" }, "subTenants": places })
}

#[tokio::test]
async fn people_of_a_whole_branch_are_listed() {
    let world = family().await;
    for (tenant, email) in [("mid", "ada@mid.test"), ("leaf", "bob@leaf.test"), ("other", "eve@other.test")] {
        world.user(tenant, email, &[]).await;
    }
    let mut root = admin(&world, "root").await;
    let page = root.query("list_sub_tenant_users", "_sortBy=email").await;
    let found: Vec<_> = page["items"].as_array().expect("users").iter().map(|user| &user["email"]).collect();
    assert_eq!(found, ["ada@mid.test", "admin@root.test", "bob@leaf.test"]);
    assert!(page["items"][0]["tenants"][0]["roles"][0]["id"].is_string(), "whole roles");
    let page = root.query("list_sub_tenant_users", "_filter=LEAF&_limit=1").await;
    assert_eq!((&page["items"][0]["email"], &page["_metadata"]["totalItems"]), (&json!("bob@leaf.test"), &json!(1)));
    let page = root.query("list_sub_tenant_users", "_sortBy=email&_order=DESC&_limit=1").await;
    assert_eq!(page["items"][0]["email"], "bob@leaf.test");
    let mut nobody = world.back_end(None).await;
    assert_eq!(nobody.call("list_sub_tenant_users", &[], Value::Null).await.refused(403), "Tenant ID is not specified");
}

#[tokio::test]
async fn somebody_is_invited_to_several_tenants_or_to_none() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    let add = "add_user_to_sub_tenants";
    root.done(add, &[], invitation("ada@mid.test", &["mid", "leaf"])).await;
    assert_eq!(members(&world, "mid").await, ["ada@mid.test"]);
    assert_eq!(members(&world, "leaf").await, ["ada@mid.test"]);
    assert_eq!(root.call(add, &[], invitation("bob@mid.test", &["leaf", "other"])).await.refused(403), OUTSIDE);
    assert_eq!(root.call(add, &[], invitation("bob@mid.test", &["leaf", "nowhere"])).await.refused(403), OUTSIDE);
    let refusal = root.call(add, &[], json!({ "user": { "email": "bob@mid.test" }, "subTenants": [] })).await;
    assert_eq!(refusal.refused(400), "subTenants should not be empty");
    assert_eq!(members(&world, "leaf").await, ["ada@mid.test"], "nothing of it was done");

    // Whoever may not reach down is confined to the own tenant.
    let id = world.user("root", "confined@root.test", &[&world.role("Admin").await]).await;
    let mut confined = world.browser().bearer(&world.token(&id, "root").await);
    assert_eq!(confined.call(add, &[], invitation("bob@mid.test", &["leaf"])).await.refused(403), OUTSIDE);
    confined.done(add, &[], invitation("bob@root.test", &["root"])).await;
    let plain = world.user("root", "plain@root.test", &[&world.role("ReadOnly").await]).await;
    let mut plain = world.browser().bearer(&world.token(&plain, "root").await);
    assert_eq!(plain.call(add, &[], invitation("bob@mid.test", &["root"])).await.status, 403);
}

#[tokio::test]
async fn several_people_are_invited_to_one_tenant() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    let role = world.role("ReadOnly").await;
    let add = "add_users_to_sub_tenant";
    let body = |emails: &[&str]| {
        let users: Vec<_> = emails.iter().map(|email| json!({ "email": email })).collect();
        json!({ "users": users, "tenantId": "mid", "roleIds": [role], "allowSubAccountAccess": true })
    };
    root.done(add, &[], body(&["ada@mid.test", "bob@mid.test"])).await;
    assert_eq!(members(&world, "mid").await, ["ada@mid.test", "bob@mid.test"]);
    let count = world.back_end(None).await.done("count_tenant_users", &[], json!({ "tenantIds": ["mid"] })).await;
    let expected = json!([{ "tenantId": "mid", "totalUsers": 2, "totalAccessAllowedUsers": 2 }]);
    assert_eq!(count, expected, "they may reach down");
    let clash = root.call(add, &[], json!({ "users": [{ "email": "cy@mid.test" }], "tenantId": "other" })).await;
    assert_eq!(clash.refused(403), OUTSIDE);
    assert_eq!(root.call(add, &[], json!({ "users": [], "tenantId": "mid" })).await.status, 400);
}

#[tokio::test]
async fn somebody_is_removed_from_several_tenants_or_from_none() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    let ada = world.user("mid", "ada@mid.test", &[]).await;
    for tenant in ["leaf", "other"] {
        world.add_to_tenant(&ada, tenant, true).await;
    }
    let remove = "remove_user_from_sub_tenants";
    let body = |tenants: &[&str]| {
        let places: Vec<_> = tenants.iter().map(|tenant| json!({ "tenantId": tenant })).collect();
        json!({ "userId": ada, "subTenants": places })
    };
    assert_eq!(root.call(remove, &[], body(&["mid", "other"])).await.refused(403), OUTSIDE);
    assert_eq!(root.call(remove, &[], body(&["mid", "twig"])).await.refused(404), "User not found");
    assert_eq!(root.call(remove, &[], body(&[])).await.status, 400);
    assert_eq!(members(&world, "mid").await, ["ada@mid.test"]);
    root.done(remove, &[], body(&["mid", "leaf"])).await;
    assert!(members(&world, "mid").await.is_empty() && members(&world, "leaf").await.is_empty());
    assert_eq!(members(&world, "other").await, ["ada@mid.test"]);
}

#[tokio::test]
async fn roles_change_in_several_tenants() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    let (admin, reader) = (world.role("Admin").await, world.role("ReadOnly").await);
    let ada = world.user("mid", "ada@mid.test", &[&reader]).await;
    world.add_to_tenant(&ada, "leaf", true).await;
    let body = |tenants: &[&str], roles: &[&str]| {
        let change = |tenant: &&str| json!({ "tenantId": tenant, "roleIds": roles });
        json!({ "subTenantsRoles": tenants.iter().map(change).collect::<Vec<_>>() })
    };
    let set = "set_user_roles_in_sub_tenants";
    root.done(set, &[&ada], body(&["mid", "leaf"], &[&reader])).await;
    for tenant in ["mid", "leaf"] {
        assert_eq!(world.roles_of(&ada, tenant).await, ["ReadOnly"], "{tenant}");
    }
    root.done("add_user_roles_in_sub_tenants", &[&ada], body(&["leaf"], &[&admin])).await;
    assert_eq!(world.roles_of(&ada, "leaf").await, ["Admin", "ReadOnly"]);
    root.done("remove_user_roles_in_sub_tenants", &[&ada], body(&["leaf"], &[&reader])).await;
    assert_eq!(world.roles_of(&ada, "leaf").await, ["Admin"]);
    for operation in [set, "add_user_roles_in_sub_tenants", "remove_user_roles_in_sub_tenants"] {
        assert_eq!(root.call(operation, &[&ada], body(&["leaf", "other"], &[&reader])).await.refused(403), OUTSIDE);
        assert_eq!(root.call(operation, &[&ada], body(&["leaf", "twig"], &[&reader])).await.status, 404);
        assert_eq!(root.call(operation, &[&ada], body(&[], &[])).await.status, 400);
    }
    assert_eq!(world.roles_of(&ada, "leaf").await, ["Admin"], "nothing of it was done");
    root.done(set, &[&ada], body(&["leaf"], &[])).await;
    let token = world.token(&ada, "leaf").await;
    assert_eq!(claims(&token)["roles"], json!([]), "just none");
}

#[tokio::test]
async fn members_are_counted() {
    let world = family().await;
    let ada = world.user("mid", "ada@mid.test", &[]).await;
    world.user("mid", "bob@mid.test", &[]).await;
    world.user("leaf", "cy@leaf.test", &[]).await;
    let mut back_end = world.back_end(None).await;
    back_end.done("set_user_sub_tenant_access", &[&ada], json!({ "allowAccess": true })).await;
    let bob = world.back_end(Some("mid")).await.query("list_users", "_email=bob@mid.test").await;
    let bob = bob["items"][0]["id"].as_str().expect("an id");
    back_end.done("set_user_invisible", &[bob], json!({ "invisible": true })).await;
    let count = "count_tenant_users";
    let asked = json!({ "tenantIds": ["leaf", "nowhere", "mid", "twig"] });
    let all = back_end.done(count, &[], asked).await;
    let entry = |tenant, total, reaching| json!({ "tenantId": tenant, "totalUsers": total, "totalAccessAllowedUsers": reaching });
    assert_eq!(all, json!([entry("leaf", 1, 0), entry("mid", 2, 1), entry("twig", 0, 0)]));
    let visible = json!({ "tenantIds": ["mid"], "excludeInvisibleUsers": true });
    assert_eq!(back_end.done(count, &[], visible).await, json!([entry("mid", 1, 1)]));
    let mut root = admin(&world, "root").await;
    assert_eq!(root.call(count, &[], json!({ "tenantIds": ["mid", "other"] })).await.refused(403), OUTSIDE);
    assert_eq!(root.done(count, &[], json!({ "tenantIds": ["leaf"] })).await, json!([entry("leaf", 1, 0)]));
    let many: Vec<_> = (0..1001).map(|number| number.to_string()).collect();
    assert_eq!(back_end.call(count, &[], json!({ "tenantIds": many })).await.status, 400);
}

#[tokio::test]
async fn tenants_below_are_searched_and_counted() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("tenants").iter();
        items.map(|item| item["tenantId"].as_str().expect("an id").to_owned()).collect()
    };
    let page = root.query("search_sub_tenants", "").await;
    assert_eq!(ids(&page), ["mid"], "the children");
    assert_eq!(
        (&page["items"][0]["metadata"]["isParent"], &page["items"][0]["name"]),
        (&json!(true), &json!("The mid"))
    );
    let page = root.query("search_sub_tenants", "_subTenantId=mid&_sortBy=name&_order=DESC").await;
    assert_eq!(ids(&page), ["twig", "leaf"]);
    assert_eq!(page["items"][0]["metadata"]["isParent"], false);
    let page = root.query("search_sub_tenants", "_filter=LEA").await;
    assert_eq!((ids(&page), &page["_metadata"]["totalItems"]), (vec!["leaf".to_owned()], &json!(1)));
    let page = root.query("search_sub_tenants", "_subTenantId=mid&_limit=1&_offset=1").await;
    assert_eq!((ids(&page).len(), &page["_metadata"]["totalPages"]), (1, &json!(2)));
    for foreign in ["other", "nowhere"] {
        let reply = root.ask("search_sub_tenants", &[], &[("_subTenantId", foreign)], Value::Null).await;
        assert_eq!(reply.refused(403), OUTSIDE);
    }
    let numbers = root.query("list_hierarchy_metadata", "_tenantIds=leaf,root,other,mid").await;
    let entry = |tenant, below| json!({ "tenantId": tenant, "totalSubTenants": below, "isParent": below > 0 });
    assert_eq!(numbers, json!([entry("leaf", 0), entry("root", 3), entry("mid", 2)]));
    let reply = root.call("list_hierarchy_metadata", &[], Value::Null).await;
    assert_eq!(reply.refused(400), "_tenantIds is required");
}

#[tokio::test]
async fn a_sub_tenant_is_renamed() {
    let world = family().await;
    let mut root = admin(&world, "root").await;
    root.done("update_sub_tenant", &["leaf"], json!({ "name": "Petal" })).await;
    let read = world.frontegg.tenants().get_tenant_v2("leaf").await.expect("a tenant");
    assert_eq!(read.name, "Petal");
    for foreign in ["other", "root", "nowhere"] {
        let reply = root.call("update_sub_tenant", &[foreign], json!({ "name": "Mine" })).await;
        assert_eq!(reply.refused(403), OUTSIDE, "{foreign}");
    }
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.call("update_sub_tenant", &["root"], json!({ "name": "Root" })).await.status, 404);
    assert_eq!(back_end.call("update_sub_tenant", &["leaf"], json!({ "name": " " })).await.status, 400);
}
