//! What a tenant's own people may do with the tenants below it.
//!
//! To a user's token an unknown tenant and one outside its branch are the same.

use super::{Changes, Former, NewTenant, create, delete, hierarchy, require, update};
use crate::{
    domain::{DomainError, DomainResult, caller::Caller, input},
    store::{Read, Write, entity::tenant},
};

/// How far a branch reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The tenant of the token and all below it.
    Whole,
    /// Only what lies below it.
    Below,
}

/// Creates a tenant below another one, or revives it there.
pub(crate) async fn create_below(
    tx: &Write,
    caller: Caller<'_>,
    parent_id: &str,
    tenant_id: String,
    record: Changes,
) -> DomainResult<tenant::Model> {
    confine(tx, caller, parent_id, Reach::Whole).await?;
    let parent = hierarchy::require_parent(tx, parent_id).await?;
    if caller.is_user() && !parent.is_reseller {
        return Err(DomainError::forbidden("The tenant may not manage sub-tenants"));
    }
    let new = NewTenant {
        tenant_id: Some(tenant_id),
        parent_id: Some(parent_id.to_owned()),
        record,
        // What a deleted tenant of somebody else's left behind is not theirs to see.
        former: if caller.is_user() { Former::Forgotten } else { Former::Kept },
    };
    create(tx, new).await
}

/// Says whether a tenant may manage tenants of its own. Nobody says so of their own tenant.
pub(crate) async fn set_management(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    is_reseller: bool,
) -> DomainResult<tenant::Model> {
    confine(tx, caller, tenant_id, Reach::Below).await?;
    let changes = Changes { is_reseller: Some(is_reseller), ..Changes::default() };
    update(tx, tenant_id, changes, None).await
}

/// Sets how members of a tenant reach into the tenants below it.
pub(crate) async fn set_access(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    access_type: &str,
) -> DomainResult<tenant::Model> {
    confine(tx, caller, tenant_id, Reach::Whole).await?;
    let changes = Changes { sub_account_access_type: Some(access_type.to_owned()), ..Changes::default() };
    update(tx, tenant_id, changes, None).await
}

/// Renames a tenant that lies below another one; 404 for a root.
pub(crate) async fn rename_below(tx: &Write, caller: Caller<'_>, tenant_id: &str, name: String) -> DomainResult<()> {
    input::not_empty("", &[("name", Some(&name))])?;
    require_below(tx, caller, tenant_id).await?;
    update(tx, tenant_id, Changes { name: Some(name), ..Changes::default() }, None).await.map(drop)
}

/// Deletes a tenant that lies below another one; 404 for a root.
pub(crate) async fn delete_below(tx: &Write, caller: Caller<'_>, tenant_id: &str) -> DomainResult<()> {
    require_below(tx, caller, tenant_id).await?;
    delete(tx, tenant_id).await
}

async fn require_below(tx: &Read, caller: Caller<'_>, tenant_id: &str) -> DomainResult<()> {
    confine(tx, caller, tenant_id, Reach::Below).await?;
    require(tx, tenant_id).await?;
    match hierarchy::parent(tx, tenant_id).await? {
        Some(_) => Ok(()),
        None => Err(DomainError::not_found("Sub-tenant not found")),
    }
}

/// Refuses a user's token that names a tenant beyond its reach.
async fn confine(tx: &Read, caller: Caller<'_>, tenant_id: &str, reach: Reach) -> DomainResult<()> {
    let Some(own) = caller.tenant() else {
        return Ok(());
    };
    let reached =
        if tenant_id == own { reach == Reach::Whole } else { hierarchy::is_below(tx, tenant_id, own).await? };
    if reached { Ok(()) } else { Err(DomainError::forbidden("The tenant is not in your hierarchy")) }
}
