//! Tenants, as clients read them that no document covers.

use frontegg_contract::{ApiResult, RequestContext, unpublished_accounts::UnpublishedAccountsApi};
use frontegg_model::types;

use super::accounts::answer;
use crate::{domain::tenants, service::Service};

impl UnpublishedAccountsApi for Service {
    async fn list_tenants_v1(&self, _: &RequestContext) -> ApiResult<Vec<types::Tenant>> {
        let tx = self.store().read().await?;
        let rows = tenants::all(&tx).await?;
        Ok(rows.into_iter().map(|row| answer(self, row)).collect())
    }
}
