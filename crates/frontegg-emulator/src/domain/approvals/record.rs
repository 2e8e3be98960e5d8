//! An execution as it is kept.

use sea_orm::EntityTrait;

use super::flows::Definition;
use crate::{
    domain::{DomainError, DomainResult},
    store::{Fetch, Read, entity::approval_execution},
};

/// An execution with its flow as it was.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    pub(super) row: approval_execution::Model,
    pub(super) definition: Definition,
}

impl Execution {
    pub(super) fn of(row: approval_execution::Model) -> DomainResult<Self> {
        let definition = serde_json::from_str(&row.definition).map_err(DomainError::internal)?;
        Ok(Self { row, definition })
    }
}

/// The execution of that id.
pub(super) async fn find(tx: &Read, id: &str) -> DomainResult<Option<Execution>> {
    approval_execution::Entity::find_by_id(id).fetch_one(tx).await?.map(Execution::of).transpose()
}
