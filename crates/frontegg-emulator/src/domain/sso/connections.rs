//! Connections of tenants to identity providers.
//!
//! A connection may lack what its protocol needs: it is stored, and takes no part in sign-ins until it is complete.
//! Whoever is at a provider when the connection changes so that another one could answer does not come back by it.

use std::collections::BTreeMap;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::{Map, Value};

use super::groups::{self, Group};
use crate::{
    domain::{DomainError, DomainResult, input, provider_sign_ins, settings, tenants},
    ids,
    saml::{
        certificates::Certificate,
        metadata::{self, IdentityProvider, MetadataError},
    },
    store::{
        Fetch, Read, Write,
        entity::{SsoKind, sso_connection, sso_domain},
    },
};

/// A connection with all that hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) row: sso_connection::Model,
    /// The oldest first.
    pub(crate) domains: Vec<sso_domain::Model>,
    /// The oldest first.
    pub(crate) groups: Vec<Group>,
    pub(crate) role_ids: Vec<String>,
}

/// What to say of a connection; what is absent stays, or is as it is for a new one.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    pub(crate) enabled: Option<bool>,
    pub(crate) kind: Option<SsoKind>,
    pub(crate) sso_endpoint: Option<String>,
    /// In place of all certificates; none where it is empty.
    pub(crate) public_certificate: Option<String>,
    pub(crate) sign_request: Option<bool>,
    pub(crate) acs_url: Option<String>,
    pub(crate) sp_entity_id: Option<String>,
    pub(crate) oidc_client_id: Option<String>,
    pub(crate) oidc_secret: Option<String>,
    pub(crate) idp_client_id: Option<String>,
    pub(crate) idp_client_secret: Option<String>,
    pub(crate) config_metadata: Option<Map<String, Value>>,
    pub(crate) override_active_tenant: Option<bool>,
    pub(crate) sub_account_access_limit: Option<i64>,
    pub(crate) skip_email_domain_validation: Option<bool>,
}

/// All connections of a tenant, the oldest first; none of one that does not exist.
pub(crate) async fn list(tx: &Read, tenant_id: &str) -> DomainResult<Vec<Connection>> {
    let rows = sso_connection::Entity::find()
        .filter(sso_connection::Column::TenantId.eq(tenant_id))
        .order_by_asc(sso_connection::Column::CreatedAt)
        .order_by_asc(sso_connection::Column::Id)
        .fetch_all(tx)
        .await?;
    with_belongings(tx, rows).await
}

/// The connection with that id, of whichever tenant.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<sso_connection::Model>> {
    Ok(sso_connection::Entity::find_by_id(id).fetch_one(tx).await?)
}

/// The connections to a provider of SAML, by its entity id, the oldest first.
pub(super) async fn of_issuer(tx: &Read, issuer: &str) -> DomainResult<Vec<sso_connection::Model>> {
    Ok(sso_connection::Entity::find()
        .filter(sso_connection::Column::Issuer.eq(issuer))
        .order_by_asc(sso_connection::Column::CreatedAt)
        .order_by_asc(sso_connection::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// Whether a connection lacks nothing that its protocol needs, besides what the environment has.
pub(super) fn is_complete(row: &sso_connection::Model) -> DomainResult<bool> {
    Ok(!row.sso_endpoint.is_empty()
        && if row.kind.is_openid() {
            !row.oidc_client_id.is_empty() && !row.oidc_secret.is_empty()
        } else {
            !certificates(row)?.is_empty()
        })
}

/// The connection of a tenant with that id, or 404: also where it is another tenant's.
pub(crate) async fn require(tx: &Read, tenant_id: &str, id: &str) -> DomainResult<sso_connection::Model> {
    sso_connection::Entity::find_by_id(id)
        .filter(sso_connection::Column::TenantId.eq(tenant_id))
        .fetch_one(tx)
        .await?
        .ok_or_else(|| DomainError::not_found("SSO configuration not found"))
}

/// Adds a connection to a tenant, or 404 without the tenant.
pub(crate) async fn create(tx: &Write, tenant_id: &str, new: Changes) -> DomainResult<Connection> {
    create_as(tx, tenant_id, None, new).await
}

/// The same with an id that is chosen, where one is.
pub(crate) async fn create_as(
    tx: &Write,
    tenant_id: &str,
    id: Option<String>,
    new: Changes,
) -> DomainResult<Connection> {
    tenants::require(tx, tenant_id).await?;
    let created_at = tx.stamp();
    let blank = sso_connection::Model {
        id: input::id_or_new("id", id)?,
        tenant_id: tenant_id.to_owned(),
        enabled: false,
        kind: SsoKind::Saml,
        sso_endpoint: String::new(),
        certificates: "[]".to_owned(),
        issuer: None,
        sign_request: false,
        acs_url: String::new(),
        sp_entity_id: String::new(),
        oidc_client_id: String::new(),
        oidc_secret: String::new(),
        idp_client_id: String::new(),
        idp_client_secret: String::new(),
        config_metadata: None,
        override_active_tenant: false,
        sub_account_access_limit: None,
        skip_email_domain_validation: false,
        generated_verification: ids::new_id(),
        created_at,
        updated_at: created_at,
    };
    let row = changed(blank, new)?.into_active_model().reset_all().insert(tx).await?;
    Ok(Connection { row, domains: Vec::new(), groups: Vec::new(), role_ids: Vec::new() })
}

/// Changes a connection, or 404.
pub(crate) async fn update(tx: &Write, tenant_id: &str, id: &str, changes: Changes) -> DomainResult<Connection> {
    let present = require(tx, tenant_id, id).await?;
    let before = present.clone();
    let mut row = changed(present, changes)?;
    if !trusts_alike(&before, &row) {
        // Whose answers were taken says nothing of the new provider.
        row.issuer = None;
        provider_sign_ins::abandon(tx, id).await?;
    }
    row.updated_at = tx.now();
    let row = row.into_active_model().reset_all().update(tx).await?;
    with_belongings(tx, vec![row]).await?.pop().ok_or_else(|| DomainError::internal(anyhow::anyhow!("{id} is gone")))
}

/// Adds a connection, or 404 without the tenant, to the provider that a metadata document describes. It is not enabled yet.
pub(crate) async fn create_from_metadata(tx: &Write, tenant_id: &str, text: &str) -> DomainResult<Connection> {
    let provider = described(tx, text)?;
    let Connection { row, .. } = create(tx, tenant_id, Changes::default()).await?;
    trust(tx, row, provider).await
}

/// Puts what a metadata document says in place of what a connection knows of its provider, or 404.
pub(crate) async fn update_from_metadata(
    tx: &Write,
    tenant_id: &str,
    id: &str,
    text: &str,
) -> DomainResult<Connection> {
    let row = require(tx, tenant_id, id).await?;
    trust(tx, row, described(tx, text)?).await
}

fn described(tx: &Read, text: &str) -> DomainResult<IdentityProvider> {
    let provider = metadata::read(text, tx.now()).map_err(|error| match error {
        MetadataError::TooLong => DomainError::too_large(error.to_string()),
        _ => DomainError::bad_request(error.to_string()),
    })?;
    if is_trustworthy(&provider.sign_on_address) {
        Ok(provider)
    } else {
        Err(DomainError::bad_request("The sign-on address must be a URL of https, or of http on this machine"))
    }
}

async fn trust(tx: &Write, row: sso_connection::Model, provider: IdentityProvider) -> DomainResult<Connection> {
    provider_sign_ins::abandon(tx, &row.id).await?;
    let certificates: Vec<String> = provider.certificates.iter().map(Certificate::to_stored).collect();
    let row = sso_connection::Model {
        kind: SsoKind::Saml,
        sso_endpoint: provider.sign_on_address,
        certificates: serde_json::to_string(&certificates).map_err(DomainError::internal)?,
        issuer: Some(provider.entity_id),
        sign_request: provider.wants_signed_requests,
        updated_at: tx.now(),
        ..row
    };
    let row = row.into_active_model().reset_all().update(tx).await?;
    Ok(with_belongings(tx, vec![row]).await?.remove(0))
}

/// With any of these certificates the provider may sign, as they are stored; the first is the one that is shown.
pub(crate) fn certificates(row: &sso_connection::Model) -> DomainResult<Vec<String>> {
    serde_json::from_str(&row.certificates).map_err(DomainError::internal)
}

/// Removes a connection with all that hangs on it, or 404.
pub(crate) async fn delete(tx: &Write, tenant_id: &str, id: &str) -> DomainResult<()> {
    require(tx, tenant_id, id).await?;
    sso_connection::Entity::delete_by_id(id).exec(tx).await?;
    provider_sign_ins::abandon(tx, id).await
}

/// Whether two states of a connection are answered by the same provider to the same client.
fn trusts_alike(one: &sso_connection::Model, other: &sso_connection::Model) -> bool {
    let of = |row: &sso_connection::Model| {
        (row.kind.is_openid(), row.sso_endpoint.clone(), row.certificates.clone(), row.oidc_client_id.clone())
    };
    of(one) == of(other)
}

/// Adds what hangs on connections, in as many statements whatever their number.
async fn with_belongings(tx: &Read, rows: Vec<sso_connection::Model>) -> DomainResult<Vec<Connection>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut domains = domains_of(tx, &ids).await?;
    let mut groups = groups::of_connections(tx, &ids).await?;
    let mut roles = groups::defaults_of(tx, &ids).await?;
    let with = |row: sso_connection::Model| Connection {
        domains: domains.remove(&row.id).unwrap_or_default(),
        groups: groups.remove(&row.id).unwrap_or_default(),
        role_ids: roles.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(with).collect())
}

async fn domains_of(tx: &Read, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<sso_domain::Model>>> {
    let mut domains = BTreeMap::<String, Vec<sso_domain::Model>>::new();
    if ids.is_empty() {
        return Ok(domains);
    }
    let rows = sso_domain::Entity::find()
        .filter(sso_domain::Column::ConnectionId.is_in(ids.iter().copied()))
        .order_by_asc(sso_domain::Column::CreatedAt)
        .order_by_asc(sso_domain::Column::Id)
        .fetch_all(tx)
        .await?;
    for row in rows {
        domains.entry(row.connection_id.clone()).or_default().push(row);
    }
    Ok(domains)
}

/// The connection as it is to be; refused where an address leads nowhere or the certificate is none.
fn changed(present: sso_connection::Model, changes: Changes) -> DomainResult<sso_connection::Model> {
    for (member, address) in [("ssoEndpoint", &changes.sso_endpoint), ("acsUrl", &changes.acs_url)] {
        if address.as_deref().is_some_and(|address| !address.is_empty() && !is_trustworthy(address)) {
            let why = "must be a URL of https, or of http on this machine";
            return Err(DomainError::bad_request(format!("{member} {why}")));
        }
    }
    let certificates = changes.public_certificate.as_deref().map(stored_certificates).transpose()?;
    let metadata = changes.config_metadata.as_ref().map(serde_json::to_string).transpose();
    Ok(sso_connection::Model {
        enabled: changes.enabled.unwrap_or(present.enabled),
        kind: changes.kind.unwrap_or(present.kind),
        sso_endpoint: changes.sso_endpoint.unwrap_or(present.sso_endpoint),
        certificates: certificates.unwrap_or(present.certificates),
        sign_request: changes.sign_request.unwrap_or(present.sign_request),
        acs_url: changes.acs_url.unwrap_or(present.acs_url),
        sp_entity_id: changes.sp_entity_id.unwrap_or(present.sp_entity_id),
        oidc_client_id: changes.oidc_client_id.unwrap_or(present.oidc_client_id),
        oidc_secret: changes.oidc_secret.unwrap_or(present.oidc_secret),
        idp_client_id: changes.idp_client_id.unwrap_or(present.idp_client_id),
        idp_client_secret: changes.idp_client_secret.unwrap_or(present.idp_client_secret),
        config_metadata: metadata.map_err(DomainError::internal)?.or(present.config_metadata),
        override_active_tenant: changes.override_active_tenant.unwrap_or(present.override_active_tenant),
        sub_account_access_limit: changes.sub_account_access_limit.or(present.sub_account_access_limit),
        skip_email_domain_validation: changes
            .skip_email_domain_validation
            .unwrap_or(present.skip_email_domain_validation),
        ..present
    })
}

/// Without TLS a provider proves nothing, but on this machine.
fn is_trustworthy(address: &str) -> bool {
    input::is_web_address(address) && input::is_absolute(address)
}

/// The list of certificates as it is stored, of the one that was given.
fn stored_certificates(given: &str) -> DomainResult<String> {
    let list = if given.is_empty() { Vec::new() } else { vec![certificate(given)?] };
    serde_json::to_string(&list).map_err(DomainError::internal)
}

/// A certificate (X.509) as it is stored, base64 of PEM.
fn certificate(given: &str) -> DomainResult<String> {
    let certificate = Certificate::read(given).map_err(|error| DomainError::bad_request(error.to_string()))?;
    Ok(certificate.to_stored())
}

/// Refuses what is no list of certificates in the form in which it is stored.
pub(crate) fn check_certificates(text: &str) -> DomainResult<()> {
    let list: Vec<String> = settings::read(text)?;
    for given in &list {
        if certificate(given)? != *given {
            return Err(DomainError::bad_request("it must be base64 of PEM"));
        }
    }
    Ok(())
}
