//! Tag “Account Migration”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    Environment,
    params::ListTenants,
    types::{MigrateTenantsRequest, Tenant, TenantMigrationStatus},
    views::Tenants,
};
use serde_json::{Value, json};
use support::{World, json, refused};

fn migration(world: &World) -> Tenants<Environment> {
    world.frontegg.tenants()
}

/// Imports and polls.
async fn migrate(world: &World, tenants: Vec<Value>) -> TenantMigrationStatus {
    let accepted = migration(world).migrate_tenants(&MigrateTenantsRequest::new(tenants)).await.expect("a job");
    let status = migration(world).get_tenant_migration_status(&accepted.migration_id).await.expect("a status");
    assert_eq!(status.id.as_deref(), Some(accepted.migration_id.as_str()));
    status
}

async fn tenants(world: &World) -> Vec<Tenant> {
    world.frontegg.tenants().list_tenants(ListTenants::new()).await.expect("a page").items
}

#[tokio::test]
async fn tenants_are_created_kept_and_revived() {
    let world = World::start().await;
    let accounts = world.frontegg.tenants();
    world.tenant("kept").await;
    let revived = frontegg_identity::types::CreateTenantRequest::new().tenant_id("gone").name("Gone").website("w");
    let gone = accounts.create_tenant(&revived).await.expect("a tenant");
    accounts.delete_tenant("gone").await.expect("a deletion");
    let kept = accounts.get_tenant_v2("kept").await.expect("a tenant");

    let status = migrate(&world, vec!["kept".into(), "new".into(), "gone".into(), "new".into()]).await;
    let expected = json!({
        "id": status.id, "state": "Completed", "totalTenants": 4, "migratedTenants": 4, "errors": [],
    });
    assert_eq!(json(&status), expected);
    let now: Vec<_> = tenants(&world).await.into_iter().map(|tenant| (tenant.tenant_id, tenant.name)).collect();
    let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    assert_eq!(now, [named("kept", "kept"), named("gone", "Gone"), named("new", "new")]);
    assert_eq!(json(&accounts.get_tenant_v2("kept").await.expect("a tenant")), json(&kept));
    let back = accounts.get_tenant_v2("gone").await.expect("a tenant");
    assert_eq!((back.id, back.created_at, back.website), (gone.id, gone.created_at, gone.website));
}

#[tokio::test]
async fn entries_may_describe_a_tenant_and_one_bad_entry_stops_no_other() {
    let world = World::start().await;
    world.tenant("root").await;
    let status = migrate(
        &world,
        vec![
            json!({"tenantId": "a", "name": "A", "metadata": {"x": 1}, "parentTenantId": "root", "isReseller": true}),
            json!({"tenantId": "b", "parentTenantId": "a"}),
            json!(" "),
            json!(7),
            json!({"tenantId": "c", "parentTenantId": "nobody"}),
            json!({"tenantId": "d", "name": 1}),
            json!({"tenantId": "e", "metadata": "no JSON"}),
            json!({"name": "Made up"}),
        ],
    )
    .await;
    assert_eq!(status.state.as_deref(), Some("CompletedWithErrors"));
    assert_eq!((status.total_tenants, status.migrated_tenants), (Some(8), Some(3)));
    let faults: Vec<_> =
        status.errors.expect("errors").iter().map(|fault| (fault["index"].clone(), fault["error"].clone())).collect();
    let fault = |index: usize, text: &str| (json!(index), json!(text));
    assert_eq!(
        faults,
        [
            fault(2, "tenantId should not be empty"),
            fault(3, "a tenant must be an id or an object"),
            fault(4, "Parent tenant not found"),
            fault(5, "the tenant has a value that does not fit"),
            fault(6, "metadata must be JSON or JSON written as text"),
        ]
    );
    let names: Vec<_> = tenants(&world).await.into_iter().map(|tenant| tenant.name).collect();
    assert_eq!(names, ["root", "A", "b", "Made up"]);
    let a = world.frontegg.tenants().get_tenant_v2("a").await.expect("a tenant");
    assert_eq!((a.metadata.as_deref(), a.is_reseller), (Some(r#"{"x":1}"#), Some(true)));
    let below = world.frontegg.tenant("root").sub_accounts().list_sub_tenants().await.expect("a list");
    let below: Vec<_> = below.into_iter().map(|one| (one.tenant_id, one.level)).collect();
    assert_eq!(below, [("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))]);
}

#[tokio::test]
async fn many_tenants_are_imported_at_once() {
    let world = World::start().await;
    let ids = (0..2_500).map(|id| json!(format!("t-{id}"))).collect();
    let status = migrate(&world, ids).await;
    assert_eq!(status.migrated_tenants, Some(2_500));
    let page = world.frontegg.tenants().list_tenants(ListTenants::new().offset(49)).await.expect("a page");
    assert_eq!((page.metadata.total_items, page.items[49].tenant_id.as_str()), (2_500, "t-2499"));
}

#[tokio::test]
async fn there_must_be_a_list_and_the_job_must_be_known() {
    let world = World::start().await;
    let raw = world.raw().await;
    let refusal = raw.call("migrate_tenants", &[], json!({})).await.refused(400);
    assert_eq!(refusal, "tenants is required");
    let refusal = raw.call("migrate_tenants", &[], json!({"tenants": []})).await.refused(400);
    assert_eq!(refusal, "tenants should not be empty");
    let refusal = raw.call("migrate_tenants", &[], json!({"tenants": "a"})).await.refused(400);
    assert_eq!(refusal, "tenants must be an array");
    refused(migration(&world).get_tenant_migration_status("nothing").await, 404);
    let answer = raw.call("migrate_tenants", &[], json!({"tenants": ["a"]})).await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(tenants(&world).await.len(), 1);

    let user = world.user("a", "user@a.test", &[]).await;
    let user = world.raw_with(&world.token(&user, "a").await);
    user.call("migrate_tenants", &[], json!({"tenants": ["b"]})).await.refused(403);
    user.call("get_tenant_migration_status", &["x"], Value::Null).await.refused(403);
}
