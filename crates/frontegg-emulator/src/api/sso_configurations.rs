//! Connections of tenants to identity providers, with their domains, groups and default roles.

use frontegg_contract::{
    ApiResult, RequestContext,
    sso_configurations::{
        CreateSsoDomainParams, CreateSsoGroupParams, DeleteSsoConfigurationParams, DeleteSsoDomainParams,
        DeleteSsoGroupParams, GetSsoDefaultRolesParams, ListSsoGroupsParams, SetSsoDefaultRolesParams,
        SsoConfigurationsApi, UpdateSsoConfigurationFromMetadataParams, UpdateSsoConfigurationParams,
        UpdateSsoGroupParams, ValidateSsoDomainByEmailParams, ValidateSsoDomainParams,
    },
};
use frontegg_model::types;

use super::{
    caller::{caller, caller_id},
    sso::{self, tenant_of},
};
use crate::{
    domain::sso::{
        connections, domains,
        environment::{self, DomainPolicy},
        groups::{self, GroupChange, NewGroup},
    },
    service::Service,
};

impl SsoConfigurationsApi for Service {
    async fn create_sso_configuration(
        &self,
        cx: &RequestContext,
        body: types::CreateSsoConfigurationRequestDto,
    ) -> ApiResult<types::SsoConfiguration> {
        let new = sso::new_connection(body)?;
        self.write(async |tx| {
            let connection = connections::create(tx, tenant_of(cx), new).await?;
            sso::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn create_sso_configuration_from_metadata(
        &self,
        cx: &RequestContext,
        body: types::UpdateSsoConfigurationByMetadataRequestDto,
    ) -> ApiResult<types::SsoConfiguration> {
        self.write(async |tx| {
            let connection = connections::create_from_metadata(tx, tenant_of(cx), &body.metadata).await?;
            sso::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn create_sso_domain(
        &self,
        cx: &RequestContext,
        params: CreateSsoDomainParams,
        body: types::CreateSsoDomainRequestDto,
    ) -> ApiResult<types::SsoDomain> {
        let (id, person) = (&params.configuration_id, caller_id(cx));
        let created =
            self.write(async |tx| Ok(domains::create(tx, tenant_of(cx), id, &body.domain, person).await?)).await?;
        Ok(sso::domain(created))
    }

    async fn create_sso_group(
        &self,
        cx: &RequestContext,
        params: CreateSsoGroupParams,
        body: types::CreateSsoGroupRequestDto,
    ) -> ApiResult<types::SsoGroup> {
        let new = NewGroup { name: body.group, role_ids: body.role_ids.unwrap_or_default() };
        let created = self
            .write(async |tx| Ok(groups::create(tx, caller(cx), tenant_of(cx), &params.configuration_id, new).await?))
            .await?;
        Ok(sso::group(created))
    }

    async fn delete_sso_configuration(
        &self,
        cx: &RequestContext,
        params: DeleteSsoConfigurationParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(connections::delete(tx, tenant_of(cx), &params.configuration_id).await?)).await
    }

    async fn delete_sso_domain(&self, cx: &RequestContext, params: DeleteSsoDomainParams) -> ApiResult<()> {
        let (id, domain_id) = (&params.configuration_id, &params.domain_id);
        self.write(async |tx| Ok(domains::delete(tx, tenant_of(cx), id, domain_id).await?)).await
    }

    async fn delete_sso_group(&self, cx: &RequestContext, params: DeleteSsoGroupParams) -> ApiResult<()> {
        let (id, group_id) = (&params.configuration_id, &params.group_id);
        self.write(async |tx| Ok(groups::delete(tx, tenant_of(cx), id, group_id).await?)).await
    }

    async fn get_sso_default_roles(
        &self,
        cx: &RequestContext,
        params: GetSsoDefaultRolesParams,
    ) -> ApiResult<types::SsoDefaultRoles> {
        let tx = self.store().read().await?;
        let role_ids = groups::default_roles(&tx, tenant_of(cx), &params.configuration_id).await?;
        Ok(types::SsoDefaultRoles { role_ids })
    }

    async fn get_sso_domain_policy(&self, _: &RequestContext) -> ApiResult<types::SsoDomainPolicy> {
        let tx = self.store().read().await?;
        Ok(policy(environment::domain_policy(&tx).await?))
    }

    async fn list_sso_configurations(&self, cx: &RequestContext) -> ApiResult<Vec<types::SsoConfiguration>> {
        let tx = self.store().read().await?;
        let connections = connections::list(&tx, tenant_of(cx)).await?;
        sso::shown(&tx, cx, connections).await
    }

    async fn list_sso_groups(
        &self,
        cx: &RequestContext,
        params: ListSsoGroupsParams,
    ) -> ApiResult<Vec<types::SsoGroup>> {
        let tx = self.store().read().await?;
        let groups = groups::list(&tx, tenant_of(cx), &params.configuration_id).await?;
        Ok(groups.into_iter().map(sso::group).collect())
    }

    async fn set_sso_default_roles(
        &self,
        cx: &RequestContext,
        params: SetSsoDefaultRolesParams,
        body: types::SetSsoDefaultRoles,
    ) -> ApiResult<types::SsoDefaultRoles> {
        let id = &params.configuration_id;
        let role_ids = self
            .write(async |tx| Ok(groups::set_default_roles(tx, caller(cx), tenant_of(cx), id, body.role_ids).await?))
            .await?;
        Ok(types::SsoDefaultRoles { role_ids })
    }

    async fn set_sso_domain_policy(
        &self,
        _: &RequestContext,
        body: types::CreateSsoDomainConfigurationRequest,
    ) -> ApiResult<types::SsoDomainPolicy> {
        let new = DomainPolicy {
            allow_verified_users_to_add_domains: body.allow_verified_users_to_add_domains,
            skip_domain_verification: body.skip_domain_verification,
            bypass_domain_cross_validation: body.bypass_domain_cross_validation,
        };
        Ok(policy(self.write(async |tx| Ok(environment::set_domain_policy(tx, new).await?)).await?))
    }

    async fn update_sso_configuration(
        &self,
        cx: &RequestContext,
        params: UpdateSsoConfigurationParams,
        body: types::UpdateSsoConfigurationRequestDto,
    ) -> ApiResult<types::SsoConfiguration> {
        let changes = sso::changes(body)?;
        self.write(async |tx| {
            let connection = connections::update(tx, tenant_of(cx), &params.configuration_id, changes).await?;
            sso::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn update_sso_configuration_from_metadata(
        &self,
        cx: &RequestContext,
        params: UpdateSsoConfigurationFromMetadataParams,
        body: types::UpdateSsoConfigurationByMetadataRequestDto,
    ) -> ApiResult<types::SsoConfiguration> {
        let id = &params.configuration_id;
        self.write(async |tx| {
            let connection = connections::update_from_metadata(tx, tenant_of(cx), id, &body.metadata).await?;
            sso::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn update_sso_group(
        &self,
        cx: &RequestContext,
        params: UpdateSsoGroupParams,
        body: types::UpdateSsoGroupRequestDto,
    ) -> ApiResult<types::SsoGroup> {
        let change = GroupChange { name: body.group, role_ids: body.role_ids };
        let (id, group_id) = (&params.configuration_id, &params.group_id);
        let changed = self
            .write(async |tx| Ok(groups::update(tx, caller(cx), tenant_of(cx), id, group_id, change).await?))
            .await?;
        Ok(sso::group(changed))
    }

    async fn validate_sso_domain(
        &self,
        cx: &RequestContext,
        params: ValidateSsoDomainParams,
    ) -> ApiResult<types::SsoDomain> {
        let (id, domain_id) = (&params.configuration_id, &params.domain_id);
        let domain =
            self.write(async |tx| Ok(domains::validate_by_dns(tx, tenant_of(cx), id, domain_id).await?)).await?;
        Ok(sso::domain(domain))
    }

    async fn validate_sso_domain_by_email(
        &self,
        cx: &RequestContext,
        params: ValidateSsoDomainByEmailParams,
    ) -> ApiResult<types::SsoDomain> {
        let (id, domain_id) = (&params.configuration_id, &params.domain_id);
        let domain = self
            .write(async |tx| Ok(domains::validate_by_address(tx, tenant_of(cx), id, domain_id, caller_id(cx)).await?))
            .await?;
        Ok(sso::domain(domain))
    }
}

fn policy(policy: DomainPolicy) -> types::SsoDomainPolicy {
    types::SsoDomainPolicy {
        allow_verified_users_to_add_domains: policy.allow_verified_users_to_add_domains,
        skip_domain_verification: policy.skip_domain_verification,
        bypass_domain_cross_validation: policy.bypass_domain_cross_validation,
    }
}
