//! Settings that a tenant's own administrators see and edit: a view on the tenant's record.

use frontegg_contract::{ApiResult, RequestContext, account_settings::AccountSettingsApi};
use frontegg_model::types;

use crate::{
    domain::tenants::{self, Changes},
    service::Service,
    store::entity::tenant,
};

impl AccountSettingsApi for Service {
    async fn get_account_settings(&self, cx: &RequestContext) -> ApiResult<types::AccountSettings> {
        let tx = self.store().read().await?;
        Ok(settings(tenants::require(&tx, cx.tenant()?).await?))
    }

    async fn update_account_settings(
        &self,
        cx: &RequestContext,
        body: types::AccountSettingsUpdateRequest,
    ) -> ApiResult<types::AccountSettings> {
        let changes = Changes {
            name: body.name,
            address: body.address,
            timezone: body.timezone,
            date_format: body.date_format,
            time_format: body.time_format,
            currency: body.currency,
            logo: body.logo,
            application_url: body.application_url,
            login_url: body.login_url,
            ..Changes::default()
        };
        let row = self.write(async |tx| Ok(tenants::update(tx, cx.tenant()?, changes, None).await?)).await?;
        Ok(settings(row))
    }

    async fn get_public_account_settings(&self, cx: &RequestContext) -> ApiResult<types::PublicAccountSettings> {
        let tx = self.store().read().await?;
        let row = tenants::require(&tx, cx.tenant()?).await?;
        Ok(types::PublicAccountSettings {
            tenant_id: Some(row.tenant_id),
            application_url: row.application_url,
            login_url: row.login_url,
        })
    }
}

fn settings(row: tenant::Model) -> types::AccountSettings {
    types::AccountSettings {
        tenant_id: Some(row.tenant_id),
        address: row.address,
        timezone: row.timezone,
        date_format: row.date_format,
        time_format: row.time_format,
        currency: row.currency,
        logo: row.logo,
        application_url: row.application_url,
        login_url: row.login_url,
    }
}
