//! Long work that a client polls. It is done when it is asked for; what is kept is its report.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{DomainError, DomainResult};
use crate::{
    ids,
    store::{Fetch, Read, Write, entity::job},
};

/// How an import of many went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportReport {
    pub(crate) total: usize,
    pub(crate) migrated: usize,
    pub(crate) faults: Vec<EntryFault>,
}

/// What was wrong with one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntryFault {
    /// The place of the entry in the list.
    pub(crate) index: usize,
    pub(crate) message: String,
}

/// Keeps the report of a finished job of that kind and gives it an id.
pub(crate) async fn keep<T: Serialize>(tx: &Write, kind: &str, report: &T) -> DomainResult<String> {
    let id = ids::new_id();
    let row = job::ActiveModel {
        id: Set(id.clone()),
        kind: Set(kind.to_owned()),
        document: Set(serde_json::to_string(report).map_err(DomainError::internal)?),
        created_at: Set(tx.stamp()),
    };
    row.insert(tx).await?;
    Ok(id)
}

/// The report of the job of that kind with that id, or 404.
pub(crate) async fn report<T: DeserializeOwned>(tx: &Read, kind: &str, id: &str) -> DomainResult<T> {
    let row = job::Entity::find_by_id(id).filter(job::Column::Kind.eq(kind)).fetch_one(tx).await?;
    let row = row.ok_or_else(|| DomainError::not_found("Task not found"))?;
    serde_json::from_str(&row.document).map_err(DomainError::internal)
}
