//! Connections to identity providers and their parts, as operations of several tags take and show them.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext};
use frontegg_model::{Secret, enums::SsoConnectionType, types};

use super::caller::{caller, tenant};
use crate::{
    domain::{
        DomainError,
        sso::{
            self,
            connections::{self, Changes, Connection},
            environment,
            groups::Group,
        },
    },
    store::{
        Read,
        entity::{SsoKind, sso_domain},
    },
};

/// The tenant that a call is about; one is always named.
pub(super) fn tenant_of(cx: &RequestContext) -> &str {
    tenant(cx).unwrap_or_default()
}

/// Whether somebody sees the secrets of connections: who may change them.
pub(super) fn sees_secrets(cx: &RequestContext) -> bool {
    caller(cx).require(sso::WRITE).is_ok()
}

/// How a connection looks to somebody: with the addresses of the environment where it has none of its own.
pub(super) async fn shown(
    tx: &Read,
    cx: &RequestContext,
    connections: Vec<Connection>,
) -> ApiResult<Vec<types::SsoConfiguration>> {
    let saml = environment::saml(tx).await?;
    let secret = |secret: String| sees_secrets(cx).then(|| Secret::from(secret));
    let or = |own: String, common: &str| if own.is_empty() { common.to_owned() } else { own };
    let show = |connection: Connection| {
        let Connection { row, domains, groups, role_ids } = connection;
        let certificate = connections::certificates(&row)?.into_iter().next();
        let metadata = row.config_metadata.as_deref().map(serde_json::from_str).transpose();
        Ok(types::SsoConfiguration {
            config_metadata: metadata.map_err(DomainError::internal)?,
            public_certificate: Some(certificate.unwrap_or_default()),
            domains: domains.into_iter().map(domain).collect(),
            groups: groups.into_iter().map(group).collect(),
            role_ids: Some(role_ids),
            id: row.id,
            tenant_id: Some(row.tenant_id),
            enabled: row.enabled,
            sso_endpoint: Some(row.sso_endpoint),
            sign_request: Some(row.sign_request),
            acs_url: Some(or(row.acs_url, &saml.acs_url)),
            sp_entity_id: Some(or(row.sp_entity_id, &saml.sp_entity_id)),
            type_: Some(shown_kind(row.kind)),
            oidc_client_id: Some(row.oidc_client_id),
            oidc_secret: secret(row.oidc_secret),
            override_active_tenant: Some(row.override_active_tenant),
            sub_account_access_limit: row.sub_account_access_limit,
            idp_client_id: Some(row.idp_client_id),
            idp_client_secret: secret(row.idp_client_secret),
            skip_email_domain_validation: Some(row.skip_email_domain_validation),
            generated_verification: Some(row.generated_verification),
            created_at: Some(row.created_at.utc()),
            updated_at: Some(row.updated_at.utc()),
        })
    };
    connections.into_iter().map(show).collect()
}

/// The same of one.
pub(super) async fn shown_one(
    tx: &Read,
    cx: &RequestContext,
    connection: Connection,
) -> ApiResult<types::SsoConfiguration> {
    let mut shown = shown(tx, cx, vec![connection]).await?;
    Ok(shown.remove(0))
}

pub(super) fn domain(row: sso_domain::Model) -> types::SsoDomain {
    types::SsoDomain {
        id: row.id,
        domain: row.domain,
        validated: row.validated,
        txt_record: Some(row.txt_record),
        sso_config_id: Some(row.connection_id),
    }
}

pub(super) fn group(group: Group) -> types::SsoGroup {
    let Group { row, role_ids } = group;
    types::SsoGroup { id: row.id, group: row.name, role_ids, sso_config_id: Some(row.connection_id) }
}

pub(super) fn new_connection(body: types::CreateSsoConfigurationRequestDto) -> ApiResult<Changes> {
    Ok(Changes {
        enabled: body.enabled,
        kind: body.type_.as_ref().map(kind).transpose()?,
        sso_endpoint: body.sso_endpoint,
        public_certificate: body.public_certificate,
        sign_request: body.sign_request,
        acs_url: body.acs_url,
        sp_entity_id: body.sp_entity_id,
        oidc_client_id: body.oidc_client_id,
        oidc_secret: body.oidc_secret.map(exposed),
        idp_client_id: body.idp_client_id,
        idp_client_secret: body.idp_client_secret.map(exposed),
        config_metadata: body.config_metadata,
        override_active_tenant: body.override_active_tenant,
        sub_account_access_limit: body.sub_account_access_limit,
        skip_email_domain_validation: body.skip_email_domain_validation,
    })
}

/// Portals send null for what was not touched.
pub(super) fn changes(body: types::UpdateSsoConfigurationRequestDto) -> ApiResult<Changes> {
    Ok(Changes {
        enabled: body.enabled,
        kind: body.type_.as_ref().map(kind).transpose()?,
        sso_endpoint: body.sso_endpoint.into_option().flatten(),
        public_certificate: body.public_certificate.into_option().flatten(),
        sign_request: body.sign_request,
        acs_url: body.acs_url.into_option().flatten(),
        sp_entity_id: body.sp_entity_id.into_option().flatten(),
        oidc_client_id: body.oidc_client_id.into_option().flatten(),
        oidc_secret: body.oidc_secret.into_option().flatten().map(exposed),
        idp_client_id: body.idp_client_id.into_option().flatten(),
        idp_client_secret: body.idp_client_secret.into_option().flatten().map(exposed),
        config_metadata: body.config_metadata.into_option().flatten(),
        override_active_tenant: body.override_active_tenant,
        sub_account_access_limit: body.sub_account_access_limit.into_option().flatten(),
        skip_email_domain_validation: body.skip_email_domain_validation,
    })
}

/// A connection whose tenant the body names.
pub(super) fn of_tenant(body: types::SsoConfigurationV2Request) -> ApiResult<(String, Changes)> {
    let changes = Changes {
        enabled: body.enabled,
        kind: body.type_.as_ref().map(kind).transpose()?,
        sso_endpoint: body.sso_endpoint,
        public_certificate: body.public_certificate,
        sign_request: body.sign_request,
        acs_url: body.acs_url,
        sp_entity_id: body.sp_entity_id,
        oidc_client_id: body.oidc_client_id,
        oidc_secret: body.oidc_secret.map(exposed),
        idp_client_id: body.idp_client_id,
        idp_client_secret: body.idp_client_secret.map(exposed),
        config_metadata: body.config_metadata,
        override_active_tenant: body.override_active_tenant,
        sub_account_access_limit: body.sub_account_access_limit,
        skip_email_domain_validation: body.skip_email_domain_validation,
    };
    Ok((body.tenant_id, changes))
}

#[expect(clippy::needless_pass_by_value, reason = "it is spent by this")]
fn exposed(secret: Secret) -> String {
    secret.expose().to_owned()
}

fn kind(named: &SsoConnectionType) -> ApiResult<SsoKind> {
    Ok(match named {
        SsoConnectionType::Saml => SsoKind::Saml,
        SsoConnectionType::Oidc => SsoKind::Oidc,
        SsoConnectionType::Okta => SsoKind::Okta,
        SsoConnectionType::Azure => SsoKind::Azure,
        SsoConnectionType::Google => SsoKind::Google,
        _ => return Err(ApiFailure::bad_request("type must be one of saml, oidc, okta, azure, google")),
    })
}

fn shown_kind(kind: SsoKind) -> SsoConnectionType {
    match kind {
        SsoKind::Saml => SsoConnectionType::Saml,
        SsoKind::Oidc => SsoConnectionType::Oidc,
        SsoKind::Okta => SsoConnectionType::Okta,
        SsoKind::Azure => SsoConnectionType::Azure,
        SsoKind::Google => SsoConnectionType::Google,
    }
}
