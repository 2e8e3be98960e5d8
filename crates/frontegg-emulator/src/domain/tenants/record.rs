//! The record of a tenant: reading, creating, reviving, changing.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::Value;

use super::{hierarchy, metadata};
use crate::{
    domain::{DomainError, DomainResult, applications, input},
    ids,
    store::{Fetch, Read, Write, entity::tenant},
    text,
};

/// Most characters of a tenant's id.
const ID_LIMIT: usize = 255;

pub(super) const PARENT_NOT_FOUND: &str = "Parent tenant not found";

/// What to write on a record; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) application_url: Option<String>,
    pub(crate) login_url: Option<String>,
    pub(crate) logo: Option<String>,
    pub(crate) logo_url: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) date_format: Option<String>,
    pub(crate) time_format: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) creator_name: Option<String>,
    pub(crate) creator_email: Option<String>,
    pub(crate) is_reseller: Option<bool>,
    pub(crate) sub_account_access_type: Option<String>,
    /// JSON, or JSON as text; replaces the whole of what is stored.
    pub(crate) metadata: Option<Value>,
}

macro_rules! set_given {
    ($row:ident, $changes:ident: $($member:ident)*) => {
        $(if let Some(value) = $changes.$member {
            $row.$member = Set(Some(value));
        })*
    };
}

impl Changes {
    fn apply(self, row: &mut tenant::ActiveModel) -> DomainResult<()> {
        if let Some(metadata) = &self.metadata {
            row.metadata = Set(metadata::to_text(metadata)?);
        }
        if let Some(name) = self.name {
            row.name = Set(name);
        }
        if let Some(is_reseller) = self.is_reseller {
            row.is_reseller = Set(is_reseller);
        }
        set_given!(row, self:
            status website application_url login_url logo logo_url address timezone date_format
            time_format currency creator_name creator_email sub_account_access_type);
        Ok(())
    }
}

/// What becomes of the record that a deleted tenant left behind, when its id is created anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Former {
    /// What is not said anew is as it was.
    #[default]
    Kept,
    Forgotten,
}

/// A tenant to create.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewTenant {
    /// Made up when absent.
    pub(crate) tenant_id: Option<String>,
    /// The tenant to hang it below.
    pub(crate) parent_id: Option<String>,
    /// Without a name the tenant carries its id as name.
    pub(crate) record: Changes,
    pub(crate) former: Former,
}

/// Refuses an id that no tenant can have.
pub(crate) fn check_id(tenant_id: &str) -> DomainResult<()> {
    input::check_id("tenantId", tenant_id)?;
    if tenant_id.chars().count() > ID_LIMIT {
        return Err(DomainError::bad_request(format!(
            "tenantId must be shorter than or equal to {ID_LIMIT} characters"
        )));
    }
    Ok(())
}

/// The tenant with that id.
pub(crate) async fn find(tx: &Read, tenant_id: &str) -> DomainResult<Option<tenant::Model>> {
    let row = with_deleted(tx, tenant_id).await?;
    Ok(row.filter(|row| row.deleted_at.is_none()))
}

/// The tenant with that id, or 404.
pub(crate) async fn require(tx: &Read, tenant_id: &str) -> DomainResult<tenant::Model> {
    let missing = || DomainError::not_found("Tenant not found");
    find(tx, tenant_id).await?.ok_or_else(missing)
}

/// The tenant that has its login page under that alias, compared without case.
pub(crate) async fn find_by_alias(tx: &Read, alias: &str) -> DomainResult<Option<tenant::Model>> {
    let row = tenant::Entity::find()
        .filter(tenant::Column::AliasFolded.eq(text::fold(alias)))
        .filter(tenant::Column::DeletedAt.is_null())
        .fetch_one(tx)
        .await?;
    Ok(row)
}

/// The tenant behind that alias, or 404.
pub(crate) async fn require_alias(tx: &Read, alias: &str) -> DomainResult<tenant::Model> {
    let missing = || DomainError::not_found("Tenant not found");
    find_by_alias(tx, alias).await?.ok_or_else(missing)
}

/// Gives a tenant a login page under that alias, or takes it away. No operation does so; seeding
/// does.
pub(crate) async fn set_alias(tx: &Write, tenant_id: &str, alias: Option<String>) -> DomainResult<()> {
    let mut row = require(tx, tenant_id).await?.into_active_model();
    if let Some(alias) = &alias {
        input::check_id("alias", alias)?;
        let owner = find_by_alias(tx, alias).await?;
        if owner.is_some_and(|owner| owner.tenant_id != tenant_id) {
            return Err(DomainError::conflict("Alias already exists"));
        }
    }
    row.alias = Set(alias);
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

/// Locks a tenant or unlocks it. No operation does so; seeding does.
pub(crate) async fn set_locked(tx: &Write, tenant_id: &str, locked: bool) -> DomainResult<()> {
    let mut row = require(tx, tenant_id).await?.into_active_model();
    row.is_locked = Set(locked);
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

/// Creates a tenant, or revives a deleted one: its record with the new members over the old, but
/// none of its people and none of its place in the hierarchy.
pub(crate) async fn create(tx: &Write, new: NewTenant) -> DomainResult<tenant::Model> {
    let NewTenant { tenant_id, parent_id, mut record, former } = new;
    let tenant_id = tenant_id.unwrap_or_else(ids::new_id);
    check_id(&tenant_id)?;
    // An empty name counts as none, as it does for clients that cannot leave it out.
    record.name = record.name.filter(|name| !name.trim().is_empty());

    let known = with_deleted(tx, &tenant_id).await?;
    if known.as_ref().is_some_and(|row| row.deleted_at.is_none()) {
        return Err(DomainError::conflict("Tenant already exists"));
    }
    if let Some(parent_id) = &parent_id {
        hierarchy::require_parent(tx, parent_id).await?;
    }
    let revived = known.is_some();
    let row = new_row(tx, &tenant_id, known, record, former)?;
    let row = if revived { row.update(tx).await? } else { row.insert(tx).await? };
    if let Some(parent_id) = &parent_id {
        hierarchy::attach(tx, &tenant_id, parent_id).await?;
    }
    applications::tenants::give_to_new(tx, &[&tenant_id]).await?;
    tx.trail().tenant(&tenant_id);
    Ok(row)
}

/// The tenant with that id, created or revived where there is none.
pub(crate) async fn ensure(tx: &Write, tenant_id: &str) -> DomainResult<tenant::Model> {
    if let Some(row) = find(tx, tenant_id).await? {
        return Ok(row);
    }
    let new = NewTenant { tenant_id: Some(tenant_id.to_owned()), ..NewTenant::default() };
    create(tx, new).await
}

/// Writes what is given and moves the tenant, with all that lies below it, where a parent is.
pub(crate) async fn update(
    tx: &Write,
    tenant_id: &str,
    changes: Changes,
    parent_id: Option<&str>,
) -> DomainResult<tenant::Model> {
    if changes == Changes::default() && parent_id.is_none() {
        return Err(DomainError::bad_request("At least one field to change is required"));
    }
    let mut row = require(tx, tenant_id).await?.into_active_model();
    changes.apply(&mut row)?;
    if let Some(parent_id) = parent_id {
        hierarchy::require_parent(tx, parent_id).await?;
        hierarchy::attach(tx, tenant_id, parent_id).await?;
    }
    row.updated_at = Set(tx.now());
    Ok(row.update(tx).await?)
}

async fn with_deleted(tx: &Read, tenant_id: &str) -> DomainResult<Option<tenant::Model>> {
    let row = tenant::Entity::find().filter(tenant::Column::TenantId.eq(tenant_id)).fetch_one(tx).await?;
    Ok(row)
}

/// The record to write for a new tenant or for a deleted one that comes back: with the id and the
/// age it had before, and what it said before unless that is to be forgotten.
pub(super) fn new_row(
    tx: &Write,
    tenant_id: &str,
    deleted: Option<tenant::Model>,
    record: Changes,
    former: Former,
) -> DomainResult<tenant::ActiveModel> {
    let mut row = match &deleted {
        Some(deleted) if former == Former::Kept => deleted.clone().into_active_model(),
        _ => blank_row(tx, tenant_id),
    };
    if let Some(deleted) = deleted {
        row.id = Unchanged(deleted.id);
        row.created_at = Set(deleted.created_at);
        row.is_locked = Set(deleted.is_locked);
    }
    row.deleted_at = Set(None);
    row.updated_at = Set(tx.now());
    record.apply(&mut row)?;
    Ok(row)
}

/// A record that says nothing.
fn blank_row(tx: &Write, tenant_id: &str) -> tenant::ActiveModel {
    let created_at = tx.stamp();
    tenant::ActiveModel {
        id: Set(tx.id_of("tenant", &[tenant_id])),
        tenant_id: Set(tenant_id.to_owned()),
        name: Set(tenant_id.to_owned()),
        status: Set(None),
        website: Set(None),
        application_url: Set(None),
        login_url: Set(None),
        logo: Set(None),
        logo_url: Set(None),
        address: Set(None),
        timezone: Set(None),
        date_format: Set(None),
        time_format: Set(None),
        currency: Set(None),
        creator_name: Set(None),
        creator_email: Set(None),
        is_reseller: Set(false),
        sub_account_access_type: Set(None),
        alias: Set(None),
        domain: Set(None),
        metadata: Set(metadata::EMPTY.to_owned()),
        details: Set("{}".to_owned()),
        is_locked: Set(false),
        created_at: Set(created_at),
        updated_at: Set(created_at),
        deleted_at: Set(None),
        ..Default::default()
    }
}
