//! Records of which the environment has at most one and each tenant at most one.
//!
//! Which level a call is about, the life of such a record (`create`, then
//! `update`), and which of them apply to a person: the environment's and those of all their tenants.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    DomainError, DomainResult,
    caller::Caller,
    settings::{self, Owner},
    tenants,
};
use crate::{
    clock::Timestamp,
    store::{Read, Write},
};

/// The level that a call reads: the tenant that the caller is confined to or names, else the
/// environment.
pub(crate) fn level<'a>(caller: Caller<'a>, tenant: Option<&'a str>) -> Owner<'a> {
    caller.tenant().or(tenant).map_or(Owner::Environment, Owner::Tenant)
}

/// The level that a call writes; refused where there is no such tenant.
pub(crate) async fn level_to_write<'a>(
    tx: &Read,
    caller: Caller<'a>,
    tenant: Option<&'a str>,
) -> DomainResult<Owner<'a>> {
    let level = level(caller, tenant);
    if let Owner::Tenant(id) = level {
        tenants::require(tx, id).await?;
    }
    Ok(level)
}

/// A rule with its id and its times, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record<T> {
    pub(crate) id: String,
    created_at: i64,
    updated_at: i64,
    #[serde(flatten)]
    pub(crate) rule: T,
}

impl<T> Record<T> {
    pub(crate) fn created_at(&self) -> Timestamp {
        Timestamp::from_micros(self.created_at)
    }

    pub(crate) fn updated_at(&self) -> Timestamp {
        Timestamp::from_micros(self.updated_at)
    }
}

/// The record of a level, if it has one.
pub(crate) async fn find<T: DeserializeOwned>(
    tx: &Read,
    owner: Owner<'_>,
    kind: &str,
) -> DomainResult<Option<Record<T>>> {
    settings::find(tx, owner, kind).await
}

/// The record of a level; 404 "… not found" when it has none.
pub(crate) async fn require<T: DeserializeOwned>(
    tx: &Read,
    owner: Owner<'_>,
    kind: &str,
    what: &str,
) -> DomainResult<Record<T>> {
    find(tx, owner, kind).await?.ok_or_else(|| DomainError::not_found(format!("{what} not found")))
}

/// Writes a level's first record; 409 "… already exists" when it has one.
pub(crate) async fn create<T: Serialize + DeserializeOwned>(
    tx: &Write,
    owner: Owner<'_>,
    kind: &str,
    what: &str,
    rule: T,
) -> DomainResult<Record<T>> {
    if find::<T>(tx, owner, kind).await?.is_some() {
        return Err(DomainError::conflict(format!("{what} already exists")));
    }
    put(tx, owner, kind, None, rule).await
}

/// Writes a level's record anew; 404 "… not found" when it has none.
pub(crate) async fn update<T: Serialize + DeserializeOwned>(
    tx: &Write,
    owner: Owner<'_>,
    kind: &str,
    what: &str,
    rule: T,
) -> DomainResult<Record<T>> {
    let present = require(tx, owner, kind, what).await?;
    put(tx, owner, kind, Some(present), rule).await
}

/// Writes a level's record, the first or in place of the present one.
pub(crate) async fn put<T: Serialize>(
    tx: &Write,
    owner: Owner<'_>,
    kind: &str,
    present: Option<Record<T>>,
    rule: T,
) -> DomainResult<Record<T>> {
    let now = tx.now().micros();
    let record = match present {
        Some(present) => Record { updated_at: now, rule, ..present },
        None => Record { id: tx.id_of(kind, &[&owner.key()]), created_at: now, updated_at: now, rule },
    };
    settings::put(tx, owner, kind, &record).await?;
    Ok(record)
}

/// The documents of a kind that apply to somebody.
#[derive(Clone, Debug)]
pub(crate) struct Applying<T> {
    pub(crate) environment: Option<T>,
    pub(crate) tenants: Vec<T>,
}

impl<T> Applying<T> {
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.environment.iter().chain(&self.tenants)
    }
}

/// The documents of a kind that the environment and the person's tenants have.
pub(crate) async fn applying_to<T: DeserializeOwned>(
    tx: &Read,
    user_id: &str,
    kind: &str,
) -> DomainResult<Applying<T>> {
    let mut applying =
        Applying { environment: settings::find(tx, Owner::Environment, kind).await?, tenants: Vec::new() };
    for tenant_id in tx.tenants_of(user_id).await?.iter() {
        applying.tenants.extend(settings::find(tx, Owner::Tenant(tenant_id), kind).await?);
    }
    Ok(applying)
}
