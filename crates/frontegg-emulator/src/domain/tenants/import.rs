//! Importing many tenants at once, as a job.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, Iterable, QueryFilter, sea_query::OnConflict};

use super::{
    NewTenant, check_id,
    record::{PARENT_NOT_FOUND, new_row},
};
use crate::{
    domain::{
        DomainError, DomainResult, applications, input,
        jobs::{self, EntryFault, ImportReport},
        settings::Form,
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{tenant, tenant_edge},
        query::{self, ROWS},
    },
};

/// Under which name the reports are kept.
const KIND: &str = "tenant_migration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<ImportReport>(KIND);

/// Imports tenants and gives the id under which the report is found. A tenant that exists counts
/// as done, a deleted one revives; a parent has to exist or come before. What is wrong with one
/// entry stops no other.
pub(crate) async fn import(tx: &Write, entries: Vec<Result<NewTenant, String>>) -> DomainResult<String> {
    if entries.is_empty() {
        return Err(DomainError::bad_request("tenants should not be empty"));
    }
    input::at_most("tenants", &entries)?;
    let mut batch = Batch { known: known(tx, &entries).await?, ..Batch::default() };
    let mut report = ImportReport { total: entries.len(), ..ImportReport::default() };
    for (index, entry) in entries.into_iter().enumerate() {
        let taken = entry.and_then(|new| batch.take(tx, new).map_err(|error| error.messages().join("; ")));
        match taken {
            Ok(()) => report.migrated += 1,
            Err(message) => report.faults.push(EntryFault { index, message }),
        }
    }
    batch.write(tx).await?;
    jobs::keep(tx, KIND, &report).await
}

/// The report of an import, or 404.
pub(crate) async fn report(tx: &Read, id: &str) -> DomainResult<ImportReport> {
    jobs::report(tx, KIND, id).await
}

/// Records, deleted or not, of all tenants that the list names.
async fn known(tx: &Read, entries: &[Result<NewTenant, String>]) -> DomainResult<BTreeMap<String, tenant::Model>> {
    let named: BTreeSet<&str> = entries
        .iter()
        .flatten()
        .flat_map(|new| [&new.tenant_id, &new.parent_id])
        .flatten()
        .map(String::as_str)
        .collect();
    let rows = tenant::Entity::find().filter(tenant::Column::TenantId.is_in(named)).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.clone(), row)).collect())
}

/// What an import writes in the end.
#[derive(Default)]
struct Batch {
    known: BTreeMap<String, tenant::Model>,
    /// New and revived.
    made: BTreeSet<String>,
    rows: Vec<tenant::ActiveModel>,
    edges: Vec<tenant_edge::ActiveModel>,
}

impl Batch {
    fn is_live(&self, tenant_id: &str) -> bool {
        self.made.contains(tenant_id) || self.known.get(tenant_id).is_some_and(|row| row.deleted_at.is_none())
    }

    fn take(&mut self, tx: &Write, new: NewTenant) -> DomainResult<()> {
        let tenant_id = new.tenant_id.unwrap_or_else(ids::new_id);
        check_id(&tenant_id)?;
        if self.is_live(&tenant_id) {
            return Ok(());
        }
        if new.parent_id.as_ref().is_some_and(|parent_id| !self.is_live(parent_id)) {
            return Err(DomainError::not_found(PARENT_NOT_FOUND));
        }
        let deleted = self.known.get(&tenant_id).cloned();
        self.rows.push(new_row(tx, &tenant_id, deleted, new.record, new.former)?);
        if let Some(parent_id) = new.parent_id {
            // Neither new nor revived tenants have anything below them, so this closes no circle.
            self.edges.push(tenant_edge::Model { child_id: tenant_id.clone(), parent_id }.into());
        }
        self.made.insert(tenant_id);
        Ok(())
    }

    async fn write(self, tx: &Write) -> DomainResult<()> {
        // A revived record keeps its ids and its age.
        let changed = tenant::Column::iter().filter(|column| {
            !matches!(column, tenant::Column::Id | tenant::Column::TenantId | tenant::Column::CreatedAt)
        });
        let revived = OnConflict::column(tenant::Column::TenantId).update_columns(changed).to_owned();
        for rows in query::prepared(self.rows, tx).await?.chunks(ROWS) {
            tenant::Entity::insert_many(rows.iter().cloned())
                .on_conflict(revived.clone())
                .exec_without_returning(tx)
                .await?;
        }
        for edges in self.edges.chunks(ROWS) {
            tenant_edge::Entity::insert_many(edges.iter().cloned()).exec_without_returning(tx).await?;
        }
        let made: Vec<&str> = self.made.iter().map(String::as_str).collect();
        applications::tenants::give_to_new(tx, &made).await
    }
}
