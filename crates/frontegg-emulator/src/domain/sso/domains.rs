//! Mail domains of connections, and how a tenant proves that one is its own.
//!
//! Only a proven domain leads people to a connection, unless the environment or the connection says otherwise: else a
//! tenant could sign in as the people of another one.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{connections, dns, environment};
use crate::{
    domain::{DomainError, DomainResult, identifiers::emails},
    ids,
    store::{Fetch, FetchCount, Read, Write, entity::sso_domain},
    text,
};

/// The label below a domain at which its record may stand as well.
const CHALLENGE: &str = "_saml-domain-challenge";

/// Says that a domain belongs to a connection, or 404 without the connection and 409 where somebody else has it. It is
/// validated at once where the rules of the environment have it so, for that person.
pub(crate) async fn create(
    tx: &Write,
    tenant_id: &str,
    connection_id: &str,
    domain: &str,
    person: Option<&str>,
) -> DomainResult<sso_domain::Model> {
    let connection = connections::require(tx, tenant_id, connection_id).await?;
    let domain = parse(domain)?;
    let of_tenant = sso_domain::Entity::find()
        .filter(sso_domain::Column::TenantId.eq(tenant_id))
        .filter(sso_domain::Column::Domain.eq(&domain));
    if of_tenant.fetch_count(tx).await? > 0 {
        return Err(taken());
    }
    require_unclaimed(tx, tenant_id, &domain).await?;
    let policy = environment::domain_policy(tx).await?;
    let validated = policy.skip_domain_verification
        || policy.allow_verified_users_to_add_domains && is_at_home(tx, person, &domain).await?;
    let (one, other) = (ids::new_id(), ids::new_id());
    let row = sso_domain::ActiveModel {
        id: Set(tx.row_id::<sso_domain::Entity>(&[tenant_id, &domain]).await?),
        connection_id: Set(connection.id),
        tenant_id: Set(tenant_id.to_owned()),
        txt_record: Set(format!("{CHALLENGE}.{one}.{other}.{domain}={}", connection.generated_verification)),
        domain: Set(domain),
        validated: Set(validated),
        created_at: Set(tx.stamp()),
    };
    Ok(row.insert(tx).await?)
}

/// Takes a domain off a connection, or 404.
pub(crate) async fn delete(tx: &Write, tenant_id: &str, connection_id: &str, id: &str) -> DomainResult<()> {
    let row = require(tx, tenant_id, connection_id, id).await?;
    sso_domain::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// Validates a domain by its DNS, or 400 where the record is not there.
pub(crate) async fn validate_by_dns(
    tx: &Write,
    tenant_id: &str,
    connection_id: &str,
    id: &str,
) -> DomainResult<sso_domain::Model> {
    let row = require(tx, tenant_id, connection_id, id).await?;
    if row.validated {
        return Ok(row);
    }
    let connection = connections::require(tx, tenant_id, connection_id).await?;
    let below = format!("{CHALLENGE}.{}", row.domain);
    let is_proven = dns::has(tx, &row.domain, &row.txt_record).await?
        || dns::has(tx, &below, &connection.generated_verification).await?;
    if !is_proven {
        return Err(DomainError::bad_request("Domain verification record was not found"));
    }
    mark(tx, row, true).await
}

/// Validates a domain by the verified address of whoever asks, or 400 without such an address and 403 where the
/// environment does not have it so.
pub(crate) async fn validate_by_address(
    tx: &Write,
    tenant_id: &str,
    connection_id: &str,
    id: &str,
    person: Option<&str>,
) -> DomainResult<sso_domain::Model> {
    let row = require(tx, tenant_id, connection_id, id).await?;
    if !environment::domain_policy(tx).await?.allow_verified_users_to_add_domains {
        return Err(DomainError::forbidden("Domains are not validated by addresses"));
    }
    if row.validated {
        return Ok(row);
    }
    if !is_at_home(tx, person, &row.domain).await? {
        return Err(DomainError::bad_request("You have no verified address of this domain"));
    }
    mark(tx, row, true).await
}

/// Declares that a domain of a tenant is validated, or is not; 404 where it has no such domain.
pub(crate) async fn force(
    tx: &Write,
    tenant_id: &str,
    domain: &str,
    validated: bool,
) -> DomainResult<sso_domain::Model> {
    let domain = parse(domain).map_err(|_| unknown())?;
    let row = sso_domain::Entity::find()
        .filter(sso_domain::Column::TenantId.eq(tenant_id))
        .filter(sso_domain::Column::Domain.eq(domain))
        .fetch_one(tx)
        .await?
        .ok_or_else(unknown)?;
    mark(tx, row, validated).await
}

/// The domain of an address, as DNS has it.
pub(crate) fn of_address(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    text::ascii_domain(domain)
}

async fn require(tx: &Read, tenant_id: &str, connection_id: &str, id: &str) -> DomainResult<sso_domain::Model> {
    connections::require(tx, tenant_id, connection_id).await?;
    sso_domain::Entity::find_by_id(id)
        .filter(sso_domain::Column::ConnectionId.eq(connection_id))
        .fetch_one(tx)
        .await?
        .ok_or_else(unknown)
}

async fn mark(tx: &Write, row: sso_domain::Model, validated: bool) -> DomainResult<sso_domain::Model> {
    if row.validated == validated {
        return Ok(row);
    }
    if validated {
        require_unclaimed(tx, &row.tenant_id, &row.domain).await?;
    }
    let mut row = row.into_active_model();
    row.validated = Set(validated);
    Ok(row.update(tx).await?)
}

/// 409 where another tenant has validated the domain, and the environment does not let several do so. A mere claim
/// blocks nobody.
async fn require_unclaimed(tx: &Read, tenant_id: &str, domain: &str) -> DomainResult<()> {
    if environment::shared_domains(tx).await?.active {
        return Ok(());
    }
    let others = sso_domain::Entity::find()
        .filter(sso_domain::Column::Domain.eq(domain))
        .filter(sso_domain::Column::Validated.eq(true))
        .filter(sso_domain::Column::TenantId.ne(tenant_id));
    if others.fetch_count(tx).await? > 0 { Err(taken()) } else { Ok(()) }
}

/// Whether a person has a verified address in exactly that domain.
async fn is_at_home(tx: &Read, person: Option<&str>, domain: &str) -> DomainResult<bool> {
    let Some(person) = person else { return Ok(false) };
    let addresses = emails::of_user(tx, person).await?;
    Ok(addresses.iter().any(|row| row.verified && of_address(&row.email).is_some_and(|own| own == domain)))
}

/// Refuses what is no domain in the form in which it is kept.
pub(crate) fn check(domain: &str) -> DomainResult<()> {
    if parse(domain)? == domain { Ok(()) } else { Err(DomainError::bad_request("it must be a domain as DNS has it")) }
}

/// A domain as DNS has it. A sign before it, as in an address, and the dot of the root are left out.
fn parse(domain: &str) -> DomainResult<String> {
    let bare = domain.trim();
    let bare = bare.strip_prefix('@').unwrap_or(bare);
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    let ascii = text::ascii_domain(bare).filter(|ascii| ascii.contains('.') && !ascii.ends_with('.'));
    ascii.ok_or_else(|| DomainError::bad_request("domain must be a domain such as acme.test"))
}

fn taken() -> DomainError {
    DomainError::conflict("Domain already exists")
}

fn unknown() -> DomainError {
    DomainError::not_found("SSO domain not found")
}
