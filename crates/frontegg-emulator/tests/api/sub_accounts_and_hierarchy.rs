//! Tag “Sub-accounts and Hierarchy”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    Error,
    enums::SubAccountAccessType,
    types::{CreateSubTenantRequestDto, DeleteSubTenantRequestDto, UpdateSubTenantHierarchySettingsRequest},
};
use serde_json::{Value, json};
use support::{World, refused};

async fn tie(world: &World, parent: &str, child: &str) -> Result<(), Error> {
    let view = world.frontegg.tenants();
    view.add_sub_tenant_to_hierarchy(&CreateSubTenantRequestDto::new(parent, child)).await
}

async fn untie(world: &World, parent: &str, child: &str) -> Result<(), Error> {
    let view = world.frontegg.tenants();
    view.remove_sub_tenant_from_hierarchy(&DeleteSubTenantRequestDto::new(parent, child)).await
}

async fn below(world: &World, tenant: &str) -> Vec<String> {
    let list = world.frontegg.tenant(tenant).sub_accounts().list_sub_tenants().await.expect("a list");
    list.into_iter().map(|one| one.tenant_id).collect()
}

async fn world() -> World {
    let world = World::start().await;
    for tenant in ["a", "b", "c", "d"] {
        world.tenant(tenant).await;
    }
    world
}

#[tokio::test]
async fn tenants_are_tied_with_all_below_them() {
    let world = world().await;
    tie(&world, "b", "c").await.expect("a tie");
    tie(&world, "a", "b").await.expect("a tie");
    assert_eq!(below(&world, "a").await, ["b", "c"]);
    assert_eq!(below(&world, "b").await, ["c"]);
    // Members of a tenant above may reach in, as long as it is above.
    let reach = UpdateSubTenantHierarchySettingsRequest::new(SubAccountAccessType::AlwaysOn);
    let view = world.frontegg.tenants();
    view.set_sub_tenant_hierarchy_settings("a", &reach).await.expect("a tenant");
    let member = world.user("a", "member@a.test", &[]).await;
    assert_ne!(world.roles_of(&member, "c").await, [""; 0]);
    untie(&world, "a", "b").await.expect("a cut");
    assert_eq!(below(&world, "a").await, [""; 0]);
    assert_eq!(below(&world, "b").await, ["c"]);
    assert_eq!(world.roles_of(&member, "c").await, [""; 0]);
}

#[tokio::test]
async fn ties_that_make_no_forest_are_refused() {
    let world = world().await;
    tie(&world, "a", "b").await.expect("a tie");
    tie(&world, "b", "c").await.expect("a tie");
    assert_eq!(refused(tie(&world, "a", "a").await, 400), "parentTenantId and childTenantId must differ");
    let has_parent = "The tenant already has a parent tenant";
    assert_eq!(refused(tie(&world, "a", "b").await, 400), has_parent, "the same again");
    assert_eq!(refused(tie(&world, "d", "b").await, 400), has_parent);
    assert_eq!(refused(tie(&world, "c", "a").await, 400), "A tenant must not lie below itself");
    assert_eq!(refused(tie(&world, "nobody", "d").await, 404), "Parent tenant not found");
    assert_eq!(refused(tie(&world, "a", "nobody").await, 404), "Tenant not found");
    world.frontegg.tenants().delete_tenant("d").await.expect("a deletion");
    assert_eq!(refused(tie(&world, "a", "d").await, 404), "Tenant not found");
    assert_eq!(below(&world, "a").await, ["b", "c"]);
}

#[tokio::test]
async fn only_parent_and_child_are_cut_apart() {
    let world = world().await;
    tie(&world, "a", "b").await.expect("a tie");
    tie(&world, "b", "c").await.expect("a tie");
    for (parent, child) in [("a", "c"), ("b", "a"), ("a", "nobody"), ("nobody", "b"), ("a", "a")] {
        assert_eq!(refused(untie(&world, parent, child).await, 404), "Sub-tenant not found", "{parent} {child}");
    }
    assert_eq!(below(&world, "a").await, ["b", "c"]);
    untie(&world, "a", "b").await.expect("a cut");
    assert_eq!(refused(untie(&world, "a", "b").await, 404), "Sub-tenant not found", "the same again");
    // A root again, it may hang elsewhere.
    tie(&world, "d", "b").await.expect("a tie");
    assert_eq!(below(&world, "d").await, ["b", "c"]);
}

#[tokio::test]
async fn both_ids_and_the_environment_are_needed() {
    let world = world().await;
    let raw = world.raw().await;
    let user = world.user("a", "user@a.test", &[]).await;
    let user = world.raw_with(&world.token(&user, "a").await);
    for operation in ["add_sub_tenant_to_hierarchy", "remove_sub_tenant_from_hierarchy"] {
        let refusal = raw.call(operation, &[], json!({"parentTenantId": "a"})).await.refused(400);
        assert_eq!(refusal, "childTenantId is required", "{operation}");
        let refusal = raw.call(operation, &[], Value::Null).await.refused(400);
        assert_eq!(refusal, "parentTenantId is required; childTenantId is required", "{operation}");
        user.call(operation, &[], json!({"parentTenantId": "a", "childTenantId": "b"})).await.refused(403);
    }
    let both = json!({"parentTenantId": "a", "childTenantId": "b"});
    let answer = raw.call("add_sub_tenant_to_hierarchy", &[], both.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.body), (201, Value::Null));
    let answer = raw.call("remove_sub_tenant_from_hierarchy", &[], both).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));
}
