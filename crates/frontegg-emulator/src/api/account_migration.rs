//! Import of tenants.

use frontegg_contract::{
    ApiResult, RequestContext,
    account_migration::{AccountMigrationApi, GetTenantMigrationStatusParams},
};
use frontegg_model::types;
use serde_json::Value;

use super::{accounts::new_tenant, imports, paging::count};
use crate::{
    domain::tenants::{NewTenant, import},
    service::Service,
};

impl AccountMigrationApi for Service {
    async fn migrate_tenants(
        &self,
        _: &RequestContext,
        body: types::MigrateTenantsRequest,
    ) -> ApiResult<types::TenantMigration> {
        let migration_id =
            self.write(async |tx| Ok(import::import(tx, body.tenants.into_iter().map(entry).collect()).await?)).await?;
        Ok(types::TenantMigration { migration_id })
    }

    async fn get_tenant_migration_status(
        &self,
        _: &RequestContext,
        params: GetTenantMigrationStatusParams,
    ) -> ApiResult<types::TenantMigrationStatus> {
        let tx = self.store().read().await?;
        let report = import::report(&tx, &params.migration_id).await?;
        Ok(types::TenantMigrationStatus {
            id: Some(params.migration_id),
            state: Some(imports::state(&report.faults)),
            total_tenants: Some(count(report.total)),
            migrated_tenants: Some(count(report.migrated)),
            errors: Some(imports::errors(report.faults)),
        })
    }
}

/// An entry is an id, or an object as a tenant is created with.
fn entry(entry: Value) -> Result<NewTenant, String> {
    match entry {
        Value::String(id) => Ok(NewTenant { tenant_id: Some(id), ..NewTenant::default() }),
        Value::Object(_) => serde_json::from_value(entry)
            .map(new_tenant)
            .map_err(|_| "the tenant has a value that does not fit".to_owned()),
        _ => Err("a tenant must be an id or an object".to_owned()),
    }
}
