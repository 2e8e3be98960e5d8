//! Settings documents: one JSON document for each kind and owner, its defaults until it is written.

pub(crate) mod configuration;
pub(crate) mod delegation;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{DomainError, DomainResult};
use crate::store::{
    Read, Write,
    documents::{ENVIRONMENT, TENANT},
    entity::setting,
};

/// Whose settings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    Environment,
    Tenant(&'a str),
    Application(&'a str),
}

impl Owner<'_> {
    pub(crate) fn key(self) -> String {
        match self {
            Self::Environment => ENVIRONMENT.to_owned(),
            Self::Tenant(id) => format!("{TENANT}{id}"),
            Self::Application(id) => format!("application:{id}"),
        }
    }
}

/// A kind of document, and how it is read; refused where it is not of this form.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) kind: &'static str,
    pub(crate) read: fn(&str) -> DomainResult<()>,
}

impl Form {
    /// Documents that are a `T`, whichever.
    pub(crate) const fn of<T: DeserializeOwned>(kind: &'static str) -> Self {
        Self { kind, read: |text| read::<T>(text).map(drop) }
    }
}

/// Reads a document that comes from outside.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> DomainResult<T> {
    serde_json::from_str(text).map_err(|error| DomainError::bad_request(error.to_string()))
}

/// Refuses what names no owner.
pub(crate) fn check_owner(key: &str) -> DomainResult<()> {
    let named = |rest: &str| !rest.is_empty();
    let known = key == ENVIRONMENT
        || key.strip_prefix(TENANT).is_some_and(named)
        || key.strip_prefix("application:").is_some_and(named);
    if known { Ok(()) } else { Err(DomainError::bad_request(format!("{key} owns no settings"))) }
}

/// The document of that kind, if it was ever written.
pub(crate) async fn find<T: DeserializeOwned>(tx: &Read, owner: Owner<'_>, kind: &str) -> DomainResult<Option<T>> {
    if !tx.catalog().await?.has_documents(kind) {
        return Ok(None);
    }
    document_of(&tx.documents(&owner.key()).await?, kind)
}

fn document_of<T: DeserializeOwned>(documents: &[setting::Model], kind: &str) -> DomainResult<Option<T>> {
    let row = documents.iter().find(|row| row.kind == kind);
    row.map(|row| serde_json::from_str(&row.document).map_err(DomainError::internal)).transpose()
}

/// Whether a document of that form was ever written.
pub(crate) async fn is_written(tx: &Read, owner: Owner<'_>, form: &Form) -> DomainResult<bool> {
    Ok(find::<IgnoredAny>(tx, owner, form.kind).await?.is_some())
}

/// The document of that kind, or its defaults.
pub(crate) async fn get<T: DeserializeOwned + Default>(tx: &Read, owner: Owner<'_>, kind: &str) -> DomainResult<T> {
    Ok(find(tx, owner, kind).await?.unwrap_or_default())
}

/// The documents of that kind that the environment and a tenant have.
pub(crate) async fn both<T: DeserializeOwned>(
    tx: &Read,
    tenant_id: &str,
    kind: &str,
) -> DomainResult<(Option<T>, Option<T>)> {
    Ok((find(tx, Owner::Environment, kind).await?, find(tx, Owner::Tenant(tenant_id), kind).await?))
}

/// Writes the document of that kind, the first or the next.
pub(crate) async fn put<T: Serialize>(tx: &Write, owner: Owner<'_>, kind: &str, document: &T) -> DomainResult<()> {
    let row = setting::ActiveModel {
        scope: Set(owner.key()),
        kind: Set(kind.to_owned()),
        document: Set(serde_json::to_string(document).map_err(DomainError::internal)?),
        updated_at: Set(tx.now()),
    };
    let key = [setting::Column::Scope, setting::Column::Kind];
    let rest = [setting::Column::Document, setting::Column::UpdatedAt];
    setting::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Forgets the document of that kind; false when there was none.
pub(crate) async fn delete(tx: &Write, owner: Owner<'_>, kind: &str) -> DomainResult<bool> {
    let deleted = setting::Entity::delete_by_id((owner.key(), kind.to_owned())).exec(tx).await?;
    Ok(deleted.rows_affected > 0)
}

/// Forgets all documents of an owner.
pub(crate) async fn delete_all(tx: &Write, owner: Owner<'_>) -> DomainResult<()> {
    setting::Entity::delete_many().filter(setting::Column::Scope.eq(owner.key())).exec(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{
        clock::Clock,
        store::{Store, StoreTarget},
    };

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Flag {
        enabled: bool,
    }

    #[tokio::test]
    async fn documents_are_kept_by_owner_and_kind() {
        let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
        let tx = store.begin_write().await;
        let (environment, acme) = (Owner::Environment, Owner::Tenant("acme"));
        let on = Flag { enabled: true };
        assert_eq!(find::<Flag>(&tx, environment, "x").await.expect("a read"), None);
        put(&tx, environment, "x", &Flag::default()).await.expect("a write");
        put(&tx, environment, "x", &on).await.expect("a write");
        assert_eq!(get::<Flag>(&tx, environment, "x").await.expect("a read"), on);
        assert_eq!(get::<Flag>(&tx, acme, "x").await.expect("a read"), Flag::default());
        assert_eq!(both::<Flag>(&tx, "acme", "x").await.expect("a read"), (Some(on), None));
        let on = Flag { enabled: true };
        assert!(delete(&tx, environment, "x").await.expect("a delete"));
        assert!(!delete(&tx, environment, "x").await.expect("a delete"));
        for (owner, kind) in [(acme, "x"), (acme, "y"), (environment, "y")] {
            put(&tx, owner, kind, &on).await.expect("a write");
        }
        delete_all(&tx, acme).await.expect("a delete");
        assert_eq!(find::<Flag>(&tx, acme, "x").await.expect("a read"), None);
        assert_eq!(find::<Flag>(&tx, acme, "y").await.expect("a read"), None);
        assert_eq!(get::<Flag>(&tx, environment, "y").await.expect("a read"), on);
    }
}
