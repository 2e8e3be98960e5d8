//! From an address to the connection that its holder signs in by.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{connections, domains, environment, environment::UnspecifiedTenant, exclusions};
use crate::{
    domain::{DomainError, DomainResult, identifiers::emails, users},
    store::{
        Fetch, Read,
        entity::{sso_connection, sso_domain},
    },
};

/// Somebody who wants to sign in, by what they have typed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applicant<'a> {
    pub(crate) address: &'a str,
    /// The tenant that they want to enter, where they say.
    pub(crate) tenant_id: Option<&'a str>,
}

/// A domain with the connection that it leads to.
type Candidate = (sso_domain::Model, sso_connection::Model);

/// The connection, if there is one: the same no for unknown people, unknown domains and those who are spared.
pub(super) async fn choose(tx: &Read, applicant: Applicant<'_>) -> DomainResult<Option<sso_connection::Model>> {
    if exclusions::is_excluded(tx, applicant.address).await? {
        return Ok(None);
    }
    let Some(domain) = domains::of_address(applicant.address) else { return Ok(None) };
    let mut candidates = candidates(tx, &domain).await?;
    if let Some(tenant_id) = applicant.tenant_id {
        candidates.retain(|(_, connection)| connection.tenant_id == tenant_id);
    }
    // A mere claim does not contest what somebody has proven.
    if candidates.iter().any(|(domain, _)| domain.validated) {
        candidates.retain(|(domain, _)| domain.validated);
    }
    let Some(first) = candidates.first().map(|(_, connection)| connection.tenant_id.clone()) else { return Ok(None) };
    let tenant_id = if candidates.iter().any(|(_, connection)| connection.tenant_id != first) {
        match preferred(tx, applicant.address, &candidates).await? {
            Some(tenant_id) => tenant_id,
            None => return Ok(None),
        }
    } else {
        first
    };
    Ok(candidates.into_iter().map(|(_, connection)| connection).find(|connection| connection.tenant_id == tenant_id))
}

/// The tenant among several.
async fn preferred(tx: &Read, address: &str, candidates: &[Candidate]) -> DomainResult<Option<String>> {
    let rule = environment::shared_domains(tx).await?;
    if !rule.active {
        return Ok(None);
    }
    if rule.use_active_tenant
        && let Some(row) = emails::find(tx, address).await?
        && let Some(active) = users::require(tx, &row.user_id).await?.active_tenant_id
        && candidates.iter().any(|(_, connection)| connection.tenant_id == active)
    {
        return Ok(Some(active));
    }
    Ok(match rule.unspecified_tenant.unwrap_or_default() {
        UnspecifiedTenant::Block => None,
        UnspecifiedTenant::FirstCreated => candidates.first().map(|(_, connection)| connection.tenant_id.clone()),
    })
}

/// The connections that take part in sign-ins of a domain, the oldest first.
async fn candidates(tx: &Read, domain: &str) -> DomainResult<Vec<Candidate>> {
    let rows = sso_domain::Entity::find()
        .find_also_related(sso_connection::Entity)
        .filter(sso_domain::Column::Domain.eq(domain))
        .order_by_asc(sso_connection::Column::CreatedAt)
        .order_by_asc(sso_connection::Column::Id)
        .fetch_all(tx)
        .await?;
    let policy = environment::domain_policy(tx).await?;
    let mut candidates = Vec::new();
    for (row, connection) in rows {
        let Some(connection) = connection else { continue };
        let counts = row.validated || connection.skip_email_domain_validation || policy.bypass_domain_cross_validation;
        if counts && takes_part(tx, &connection).await? {
            candidates.push((row, connection));
        }
    }
    Ok(candidates)
}

/// Whether people sign in by a connection: it is switched on, as is its protocol, and lacks nothing.
pub(super) async fn takes_part(tx: &Read, connection: &sso_connection::Model) -> DomainResult<bool> {
    let is_on = if connection.kind.is_openid() {
        environment::oidc(tx).await?.active
    } else {
        environment::saml(tx).await?.is_active
    };
    Ok(connection.enabled && is_on && connections::is_complete(connection)?)
}

/// Said of everybody who has no single sign-on.
pub(super) fn not_configured() -> DomainError {
    DomainError::bad_request("SSO is not configured for this account")
}
