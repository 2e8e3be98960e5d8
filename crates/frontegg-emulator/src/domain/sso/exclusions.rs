//! Addresses that are spared from single sign-on: of people who must get in when a provider is down.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};

use crate::{
    domain::{DomainError, DomainResult, identifiers::emails},
    store::{Fetch, Read, Write, entity::sso_excluded_email},
};

/// By address.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<sso_excluded_email::Model>> {
    let select = sso_excluded_email::Entity::find().order_by_asc(sso_excluded_email::Column::AddressKey);
    Ok(select.fetch_all(tx).await?)
}

/// Spares an address, whoever has it. One that is spared already stays so.
pub(crate) async fn add(tx: &Write, email: &str) -> DomainResult<sso_excluded_email::Model> {
    emails::check(email)?;
    let address_key = emails::key(email);
    if let Some(present) = find(tx, &address_key).await? {
        return Ok(present);
    }
    let row = sso_excluded_email::ActiveModel { address_key: Set(address_key), created_at: Set(tx.stamp()) };
    Ok(row.insert(tx).await?)
}

/// Spares it no longer, or 404.
pub(crate) async fn remove(tx: &Write, email: &str) -> DomainResult<()> {
    let deleted = sso_excluded_email::Entity::delete_by_id(emails::key(email)).exec(tx).await?;
    if deleted.rows_affected == 0 { Err(DomainError::not_found("Excluded email not found")) } else { Ok(()) }
}

/// Whether an address is spared.
pub(super) async fn is_excluded(tx: &Read, email: &str) -> DomainResult<bool> {
    Ok(find(tx, &emails::key(email)).await?.is_some())
}

async fn find(tx: &Read, address_key: &str) -> DomainResult<Option<sso_excluded_email::Model>> {
    Ok(sso_excluded_email::Entity::find_by_id(address_key).fetch_one(tx).await?)
}
