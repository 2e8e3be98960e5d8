//! Tag “Sub-accounts”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    Authorized, Environment, Error, User,
    enums::SubAccountAccessType,
    types::{
        CreateSubTenantRequest, SubTenant, Tenant, TenantTree, UpdateSubTenantHierarchySettingsRequest,
        UpdateSubTenantManagementRequest,
    },
    views::Tenants,
};
use serde_json::{Value, json};
use support::{World, refused};

const OUTSIDE: &str = "The tenant is not in your hierarchy";

async fn create<A: Authorized>(view: &Tenants<A>, id: &str, parent: &str) -> Result<Tenant, Error> {
    view.create_sub_tenant(&CreateSubTenantRequest::new(id, format!("The {id}"), parent)).await
}

async fn manage<A: Authorized>(view: &Tenants<A>, id: &str, on: bool) -> Result<Tenant, Error> {
    view.set_sub_tenant_management(id, &UpdateSubTenantManagementRequest::new(on)).await
}

async fn reach<A: Authorized>(view: &Tenants<A>, id: &str, how: SubAccountAccessType) -> Result<Tenant, Error> {
    view.set_sub_tenant_hierarchy_settings(id, &UpdateSubTenantHierarchySettingsRequest::new(how)).await
}

/// The environment's view, on behalf of a tenant.
fn of(world: &World, tenant: &str) -> Tenants<Environment> {
    world.frontegg.tenant(tenant).sub_accounts()
}

/// `root` with `mid` below it, `leaf` and `twig` below that, and `other` beside.
async fn family() -> World {
    let world = World::start().await;
    for root in ["root", "other"] {
        world.tenant(root).await;
    }
    for (id, parent) in [("mid", "root"), ("leaf", "mid"), ("twig", "mid")] {
        create(&of(&world, "root"), id, parent).await.expect("a tenant");
    }
    world
}

/// Somebody with that role in a tenant.
async fn person(world: &World, tenant: &str, role: &str) -> Tenants<User> {
    let roles = world.frontegg.management().roles().list_roles_v1().await.expect("roles");
    let role = roles.iter().find(|known| known.key == role).expect("a role");
    let user = world.user(tenant, &format!("{}@{tenant}.test", role.key.to_lowercase()), &[&role.id]).await;
    world.session(&user, tenant).await.sub_accounts()
}

fn levels(relatives: Vec<SubTenant>) -> Vec<(String, i64)> {
    relatives.into_iter().map(|one| (one.tenant_id, one.level.expect("a level"))).collect()
}

async fn below(world: &World, tenant: &str) -> Vec<(String, i64)> {
    levels(of(world, tenant).list_sub_tenants().await.expect("a list"))
}

fn at(levels: &[(&str, i64)]) -> Vec<(String, i64)> {
    levels.iter().map(|(id, level)| ((*id).to_owned(), *level)).collect()
}

async fn is_reseller(world: &World, id: &str) -> bool {
    let tenant = world.frontegg.tenants().get_tenant_v2(id).await.expect("a tenant");
    tenant.is_reseller.expect("a flag")
}

#[tokio::test]
async fn a_sub_tenant_is_a_tenant_below_another() {
    let world = World::start().await;
    world.tenant("root").await;
    let new = CreateSubTenantRequest::new("kid", "Kid", "root")
        .status("new")
        .website("w")
        .application_url("a")
        .logo("bG9nbw==")
        .logo_url("l")
        .address("1 Road")
        .timezone("UTC")
        .currency("EUR")
        .creator_name("Ada")
        .creator_email("ada@kid.test")
        .is_reseller(true);
    let created = of(&world, "root").create_sub_tenant(&new).await.expect("a tenant");
    let mut sent = serde_json::to_value(&new).expect("JSON");
    sent.as_object_mut().expect("an object").remove("parentTenantId");
    let answer = serde_json::to_value(&created).expect("JSON");
    for (member, value) in sent.as_object().expect("an object") {
        assert_eq!(&answer[member], value, "{member}");
    }
    // No tenant tells its parent.
    assert_eq!(answer.get("parentTenantId"), None);
    let read = world.frontegg.tenants().get_tenant_v2("kid").await.expect("a tenant");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), answer);
    assert_eq!(below(&world, "root").await, at(&[("kid", 1)]));
}

#[tokio::test]
async fn sub_tenants_need_a_free_id_and_a_parent() {
    let world = family().await;
    let view = of(&world, "root");
    assert_eq!(refused(create(&view, "leaf", "root").await, 409), "Tenant already exists");
    assert_eq!(refused(create(&view, "new", "nobody").await, 404), "Parent tenant not found");
    assert_eq!(refused(create(&view, "new", "new").await, 404), "Parent tenant not found");
    assert_eq!(refused(create(&view, " ", "root").await, 400), "tenantId should not be empty");
    let raw = world.raw().await;
    let refusal = raw.call("create_sub_tenant", &[], json!({"name": 1})).await.refused(400);
    assert_eq!(refusal, "tenantId is required; name must be a string; parentTenantId is required");
    assert_eq!(below(&world, "root").await, at(&[("mid", 1), ("leaf", 2), ("twig", 2)]));

    // A deleted one comes back where it is wanted.
    view.delete_sub_tenant("leaf").await.expect("a deletion");
    let revived = create(&view, "leaf", "root").await.expect("a tenant");
    assert_eq!((revived.name.as_str(), revived.deleted_at), ("The leaf", None));
    assert_eq!(below(&world, "root").await, at(&[("mid", 1), ("leaf", 1), ("twig", 2)]));
}

#[tokio::test]
async fn the_hierarchy_is_read_from_any_tenant() {
    let world = family().await;
    assert_eq!(below(&world, "root").await, at(&[("mid", 1), ("leaf", 2), ("twig", 2)]));
    assert_eq!(below(&world, "mid").await, at(&[("leaf", 1), ("twig", 1)]));
    assert_eq!(below(&world, "leaf").await, []);
    assert_eq!(below(&world, "other").await, []);
    assert_eq!(below(&world, "nobody").await, []);
    let above = async |tenant: &str| levels(of(&world, tenant).list_parent_tenants().await.expect("a list"));
    assert_eq!(above("leaf").await, at(&[("mid", 1), ("root", 2)]));
    assert_eq!(above("root").await, []);
    assert_eq!(above("nobody").await, []);

    let listed = of(&world, "mid").list_sub_tenants().await.expect("a list");
    assert_eq!(listed[0].tenant_name.as_deref(), Some("The leaf"));
    assert!(listed[0].created_at.expect("a time") <= listed[1].created_at.expect("a time"));

    let tree = of(&world, "root").get_sub_tenants_tree().await.expect("a tree");
    assert_eq!(shape(&tree), "root(mid(leaf()twig()))");
    assert_eq!(tree.tenant_name.as_deref(), Some("root"));
    assert!(tree.created_at.is_some());
    assert_eq!(shape(&of(&world, "other").get_sub_tenants_tree().await.expect("a tree")), "other()");
    assert_eq!(refused(of(&world, "nobody").get_sub_tenants_tree().await, 404), "Tenant not found");

    let raw = world.raw().await;
    for operation in ["list_sub_tenants", "list_parent_tenants", "get_sub_tenants_tree"] {
        let refusal = raw.call(operation, &[], Value::Null).await.refused(403);
        assert_eq!(refusal, "Tenant ID is not specified", "{operation}");
    }
}

fn shape(tree: &TenantTree) -> String {
    let children: String = tree.children.as_deref().expect("children").iter().map(shape).collect();
    format!("{}({children})", tree.tenant_id)
}

#[tokio::test]
async fn a_hierarchy_may_be_deeper_than_its_tree_is_shown() {
    let world = World::start().await;
    world.tenant("0").await;
    for level in 1..=61 {
        create(&of(&world, "0"), &level.to_string(), &(level - 1).to_string()).await.expect("a tenant");
    }
    assert_eq!(below(&world, "0").await.last(), Some(&("61".to_owned(), 61)));
    let refusal = refused(of(&world, "0").get_sub_tenants_tree().await, 400);
    assert_eq!(refusal, "The hierarchy is too deep to be shown as a tree");
    let tree = of(&world, "1").get_sub_tenants_tree().await.expect("a tree");
    assert!(shape(&tree).contains("60(61()"), "{tree:?}");
}

#[tokio::test]
async fn management_and_access_are_set_on_the_record() {
    let world = family().await;
    let view = of(&world, "root");
    let managed = manage(&view, "mid", true).await.expect("a tenant");
    assert_eq!((managed.tenant_id.as_str(), managed.is_reseller), ("mid", Some(true)));
    assert!(is_reseller(&world, "mid").await);
    manage(&view, "mid", true).await.expect("the same again");
    manage(&view, "mid", false).await.expect("a tenant");
    assert!(!is_reseller(&world, "mid").await);
    // What lies below stays there.
    assert_eq!(below(&world, "mid").await, at(&[("leaf", 1), ("twig", 1)]));

    for how in [SubAccountAccessType::DefaultOn, SubAccountAccessType::AlwaysOn, SubAccountAccessType::DefaultOff] {
        assert_eq!(reach(&view, "mid", how).await.expect("a tenant").tenant_id, "mid");
    }
    let raw = world.raw().await;
    let body = json!({"subAccountAccessType": "sometimes"});
    let refusal = raw.call("set_sub_tenant_hierarchy_settings", &["mid"], body).await.refused(400);
    assert_eq!(refusal, "subAccountAccessType must be one of defaultOff, defaultOn, alwaysOn");
    let body = json!({"isReseller": "yes"});
    let refusal = raw.call("set_sub_tenant_management", &["mid"], body).await.refused(400);
    assert_eq!(refusal, "isReseller must be a boolean value");
    assert_eq!(refused(manage(&view, "nobody", true).await, 404), "Tenant not found");
    let unknown = reach(&view, "nobody", SubAccountAccessType::AlwaysOn).await;
    assert_eq!(refused(unknown, 404), "Tenant not found");
}

#[tokio::test]
async fn deletion_lifts_what_lies_below() {
    let world = family().await;
    let raw = world.raw().await;
    let answer = raw.call("delete_sub_tenant", &["mid"], Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));
    assert_eq!(below(&world, "root").await, at(&[("leaf", 1), ("twig", 1)]));
    let view = of(&world, "root");
    for gone in ["mid", "nobody"] {
        assert_eq!(refused(view.delete_sub_tenant(gone).await, 404), "Tenant not found");
    }
    assert_eq!(refused(view.delete_sub_tenant("root").await, 404), "Sub-tenant not found");
    assert_eq!(below(&world, "root").await.len(), 2);
}

#[tokio::test]
async fn people_act_within_their_branch() {
    let world = family().await;
    let admin = person(&world, "mid", "Admin").await;
    assert_eq!(refused(create(&admin, "new", "mid").await, 403), "The tenant may not manage sub-tenants");
    manage(&of(&world, "root"), "mid", true).await.expect("a tenant");

    create(&admin, "new", "mid").await.expect("a tenant");
    assert_eq!(below(&world, "mid").await, at(&[("leaf", 1), ("twig", 1), ("new", 1)]));
    manage(&admin, "new", true).await.expect("a tenant");
    create(&admin, "newer", "new").await.expect("a tenant");
    reach(&admin, "newer", SubAccountAccessType::AlwaysOn).await.expect("a tenant");
    reach(&admin, "mid", SubAccountAccessType::DefaultOn).await.expect("their own tenant");
    assert_eq!(levels(admin.list_parent_tenants().await.expect("a list")), at(&[("root", 1)]));
    let own = levels(admin.list_sub_tenants().await.expect("a list"));
    assert_eq!(own, at(&[("leaf", 1), ("twig", 1), ("new", 1), ("newer", 2)]));
    assert_eq!(shape(&admin.get_sub_tenants_tree().await.expect("a tree")), "mid(leaf()twig()new(newer()))");
    admin.delete_sub_tenant("newer").await.expect("a deletion");
    admin.delete_sub_tenant("new").await.expect("a deletion");

    // Another's tenant, one above and one that does not exist are the same.
    for outside in ["other", "root", "nobody"] {
        assert_eq!(refused(create(&admin, "x", outside).await, 403), OUTSIDE, "{outside}");
        assert_eq!(refused(manage(&admin, outside, true).await, 403), OUTSIDE, "{outside}");
        let reached = reach(&admin, outside, SubAccountAccessType::AlwaysOn).await;
        assert_eq!(refused(reached, 403), OUTSIDE, "{outside}");
        assert_eq!(refused(admin.delete_sub_tenant(outside).await, 403), OUTSIDE, "{outside}");
    }
    assert!(!is_reseller(&world, "other").await);
    // Nobody gives themselves the right to manage, or deletes their own tenant this way.
    assert_eq!(refused(manage(&admin, "mid", false).await, 403), OUTSIDE);
    assert_eq!(refused(admin.delete_sub_tenant("mid").await, 403), OUTSIDE);
    assert!(is_reseller(&world, "mid").await);
}

#[tokio::test]
async fn people_need_permissions() {
    let world = family().await;
    manage(&of(&world, "root"), "root", true).await.expect("a tenant");
    let reader = person(&world, "root", "ReadOnly").await;
    assert_eq!(levels(reader.list_sub_tenants().await.expect("a list")).len(), 3);
    let write = "The permission fe.account-hierarchy.write.subAccount is required";
    assert_eq!(refused(create(&reader, "x", "root").await, 403), write);
    assert_eq!(refused(manage(&reader, "mid", true).await, 403), write);
    assert_eq!(refused(reach(&reader, "mid", SubAccountAccessType::AlwaysOn).await, 403), write);
    let refusal = refused(reader.delete_sub_tenant("leaf").await, 403);
    assert_eq!(refusal, "The permission fe.account-hierarchy.delete.subAccount is required");
    assert_eq!(below(&world, "root").await.len(), 3);
}

#[tokio::test]
async fn a_user_revives_no_record_of_somebody_else() {
    let world = family().await;
    manage(&of(&world, "root"), "root", true).await.expect("a tenant");
    let accounts = world.frontegg.tenants();
    let secret = frontegg_identity::types::UpdateTenantRequestV2::new().website("w").metadata(json!({"plan": "gold"}));
    accounts.update_tenant_v2("other", &secret).await.expect("a tenant");
    accounts.delete_tenant("other").await.expect("a deletion");
    let admin = person(&world, "root", "Admin").await;
    let revived = create(&admin, "other", "root").await.expect("a tenant");
    assert_eq!((revived.website, revived.metadata.as_deref()), (None, Some("{}")));
}
