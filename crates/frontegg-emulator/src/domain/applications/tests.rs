//! The default application of stores that have none.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};

use super::default_application;
use crate::store::{
    Fetch, Read, Write,
    entity::{application, tenant, tenant_application},
    fresh::{Fresh, tenant_row},
};

async fn add_tenant(tx: &Write, tenant_id: &str, is_deleted: bool) {
    let row = tenant::ActiveModel { deleted_at: Set(is_deleted.then(|| tx.now())), ..tenant_row(tx, tenant_id) };
    row.insert(tx).await.expect("a tenant");
}

async fn tenants_with(tx: &Read, app_id: &str) -> Vec<String> {
    let rows = tenant_application::Entity::find().order_by_asc(tenant_application::Column::TenantId);
    let rows = rows.fetch_all(tx).await.expect("rows").into_iter();
    rows.filter(|row| row.app_id == app_id).map(|row| row.tenant_id).collect()
}

/// A store of before had no applications: all its tenants get the one that is made for it.
#[tokio::test]
async fn tenants_of_before_get_the_default_application() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        for (tenant_id, is_deleted) in [("acme", false), ("globex", false), ("gone", true)] {
            add_tenant(&tx, tenant_id, is_deleted).await;
        }
        for _ in 0..2 {
            default_application::ensure(&tx, "portal").await.expect("an application");
            assert_eq!(tenants_with(&tx, "portal").await, ["acme", "globex"]);
        }
        default_application::ensure(&tx, "other").await.expect("another is there");
        let all = application::Entity::find().fetch_all(&tx).await.expect("rows");
        let [row] = all.as_slice() else { panic!("{all:?}") };
        assert!(row.is_default && !format!("{row:?}").contains(&row.client_secret));

        default_application::mark(&tx, "shop").await.expect("an application");
        assert_eq!(default_application::get(&tx).await.expect("an application").id, "shop");
        assert_eq!(tenants_with(&tx, "shop").await, ["acme", "globex"]);
        assert_eq!(tenants_with(&tx, "portal").await, ["acme", "globex"], "what was given stays");
    }
}
