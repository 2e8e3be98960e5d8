//! Who must have a second factor, and which methods there are.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext, mfa_settings::MfaSettingsApi};
use frontegg_model::{enums::EnforceMfaType, types};

use super::caller::caller;
use crate::{
    domain::{
        mfa::{
            configuration::{self, Configuration},
            policy::{self, Change, Enforcement, Level, Policy},
        },
        policies::Record,
    },
    service::Service,
};

impl MfaSettingsApi for Service {
    async fn create_mfa_policy(
        &self,
        cx: &RequestContext,
        body: types::MfaPolicyRequest,
    ) -> ApiResult<types::MfaPolicyResponse> {
        let change = change(&body)?;
        let record = self.write(async |tx| Ok(policy::create(tx, level(cx), change).await?)).await?;
        Ok(response(record))
    }

    async fn get_mfa_policy(&self, cx: &RequestContext) -> ApiResult<types::MfaPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(response(policy::require(&tx, level(cx)).await?))
    }

    async fn list_mfa_strategies(&self, _cx: &RequestContext) -> ApiResult<types::MfaStrategiesResponse> {
        let tx = self.store().read().await?;
        let configuration = configuration::get(&tx).await?;
        let strategies = Configuration::METHODS.into_iter();
        let strategies = strategies
            .map(|strategy| types::MfaStrategyResponse { is_active: configuration.is_active(&strategy), strategy });
        Ok(types::MfaStrategiesResponse { strategies: strategies.collect() })
    }

    async fn set_mfa_policy(
        &self,
        cx: &RequestContext,
        body: types::MfaPolicyRequest,
    ) -> ApiResult<types::MfaPolicyResponse> {
        let change = change(&body)?;
        let record = self.write(async |tx| Ok(policy::set(tx, level(cx), change).await?)).await?;
        Ok(response(record))
    }

    async fn set_mfa_strategy(
        &self,
        _cx: &RequestContext,
        body: types::CreateOrUpdateMfaStrategyRequest,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(configuration::switch(tx, &body.strategy, body.is_active).await?)).await?;
        Ok(())
    }

    async fn update_mfa_policy(
        &self,
        cx: &RequestContext,
        body: types::MfaPolicyRequest,
    ) -> ApiResult<types::MfaPolicyResponse> {
        let change = change(&body)?;
        let record = self.write(async |tx| Ok(policy::update(tx, level(cx), change).await?)).await?;
        Ok(response(record))
    }
}

fn level(cx: &RequestContext) -> Level<'_> {
    Level { caller: caller(cx), tenant_id: cx.tenant_id.as_deref(), application_id: cx.application_id.as_deref() }
}

fn change(body: &types::MfaPolicyRequest) -> ApiResult<Change> {
    let enforcement = match &body.enforce_mfa_type {
        None => None,
        Some(EnforceMfaType::DontForce) => Some(Enforcement::DontForce),
        Some(EnforceMfaType::Force) => Some(Enforcement::Force),
        Some(EnforceMfaType::ForceExceptSaml) => Some(Enforcement::ForceExceptSaml),
        Some(_) => return Err(ApiFailure::bad_request("enforceMFAType must be DontForce, Force or ForceExceptSAML")),
    };
    Ok(Change {
        enforcement,
        allow_remember: body.allow_remember_my_device,
        remembered_for: body.mfa_device_expiration,
    })
}

pub(super) fn response(record: Record<Policy>) -> types::MfaPolicyResponse {
    types::MfaPolicyResponse {
        allow_remember_my_device: record.rule.allow_remember,
        created_at: record.created_at().utc(),
        enforce_mfa_type: Some(match record.rule.enforcement {
            Enforcement::DontForce => EnforceMfaType::DontForce,
            Enforcement::Force => EnforceMfaType::Force,
            Enforcement::ForceExceptSaml => EnforceMfaType::ForceExceptSaml,
        }),
        mfa_device_expiration: record.rule.remembered_for,
        updated_at: record.updated_at().utc(),
        id: record.id,
    }
}
