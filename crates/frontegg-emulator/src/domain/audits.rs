//! The audit trail: entries that requests leave of what they change, and those that clients add.
//!
//! How the former are written is the store's affair (`store::trail`); what they say, that of [`events`].

pub(crate) mod csv;
pub(crate) mod events;
pub(crate) mod figures;
mod filter;

use sea_orm::{ActiveEnum, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Map, Value};

pub(crate) use filter::{Field, Filter, Sort};

use super::{DomainError, DomainResult};
use crate::store::{
    Fetch, FetchCount, Read, Write,
    entity::{AuditSeverity, audit},
    query::Paged,
    trail::Entry,
};

/// Most bytes of an entry that somebody adds.
const LARGEST: usize = 64 * 1024;

/// Most characters of a field that a sort or a filter goes by: an index takes no more.
const LONGEST: usize = 512;

/// Which entries of a list are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// How many are left out at the beginning.
    pub(crate) offset: u64,
    pub(crate) count: u64,
}

/// The entries of a window, and how many there are in all.
pub(crate) async fn list(tx: &Read, filter: &Filter, sort: Sort, window: Window) -> DomainResult<Paged<audit::Model>> {
    let total = total(tx, filter).await?;
    if window.offset >= total {
        return Ok(Paged { items: Vec::new(), total });
    }
    let select = sort.apply(filter.select()).offset(window.offset).limit(window.count);
    Ok(Paged { items: select.fetch_all(tx).await?, total })
}

/// How many entries there are: known where only the tenant is asked for, counted otherwise.
async fn total(tx: &Read, filter: &Filter) -> DomainResult<u64> {
    if filter.is_of_tenants_alone() {
        return figures::entries(tx, filter.tenants.as_deref()).await;
    }
    Ok(filter.select().fetch_count(tx).await?)
}

/// Some entries, the first of those that come after another one.
pub(crate) async fn after(
    tx: &Read,
    filter: &Filter,
    sort: Sort,
    last: Option<&audit::Model>,
    window: Window,
) -> DomainResult<Vec<audit::Model>> {
    let select = sort.apply(filter.select());
    let select = match last {
        Some(last) => select.filter(sort.comes_after(last)),
        None => select.offset(window.offset),
    };
    Ok(select.limit(window.count).fetch_all(tx).await?)
}

/// An entry that somebody adds.
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) entry: Entry,
    /// Whatever else it has.
    pub(crate) members: Map<String, Value>,
}

/// Adds an entry; refused where it is too large.
pub(crate) async fn create(tx: &Write, new: NewEntry) -> DomainResult<audit::Model> {
    let NewEntry { mut entry, members } = new;
    entry.feature_flag_id = members.get("featureFlagId").and_then(Value::as_str).map(str::to_owned);
    entry.members = Value::Object(members).to_string();
    let texts = [&entry.user, &entry.user_id, &entry.email, &entry.resource, &entry.action, &entry.ip];
    if texts.into_iter().flatten().any(|text| text.chars().count() > LONGEST) {
        return Err(DomainError::bad_request(format!(
            "user, userId, email, resource, action and ip must not be longer than {LONGEST} characters"
        )));
    }
    let long = [&entry.description, &entry.user_agent, &entry.feature_flag_id];
    let size = entry.members.len() + long.into_iter().flatten().map(String::len).sum::<usize>();
    if size > LARGEST {
        return Err(DomainError::too_large(format!("An entry must not be larger than {LARGEST} bytes")));
    }
    let id = entry.id.clone();
    tx.record(entry).await?;
    let lost = || DomainError::internal(anyhow::anyhow!("an entry was not kept"));
    audit::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(lost)
}

/// The members of an entry as the API shows them.
pub(crate) fn shown(entry: &audit::Model, vendor_id: &str) -> Map<String, Value> {
    let mut members: Map<String, Value> = serde_json::from_str(&entry.members).unwrap_or_default();
    let texts = [
        ("user", &entry.user_name),
        ("userId", &entry.user_id),
        ("email", &entry.email),
        ("resource", &entry.resource),
        ("action", &entry.action),
        ("description", &entry.description),
        ("ip", &entry.ip),
        ("userAgent", &entry.user_agent),
        ("tenantId", &entry.tenant_id),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            members.insert(name.to_owned(), text.as_str().into());
        }
    }
    let own = [
        ("frontegg_id", entry.id.clone()),
        ("vendorId", vendor_id.to_owned()),
        ("createdAt", entry.created_at.to_string()),
        ("updatedAt", entry.updated_at.to_string()),
        ("severity", entry.severity.to_value()),
    ];
    members.extend(own.map(|(name, text)| (name.to_owned(), text.into())));
    members
}

/// A severity by its name.
pub(crate) fn severity(name: &str) -> DomainResult<AuditSeverity> {
    let unknown = |_| DomainError::bad_request("severity must be Info, Medium, High, Critical or Error");
    AuditSeverity::try_from_value(&name.to_owned()).map_err(unknown)
}

/// Refuses a text that no row of the trail has for its further members.
pub(crate) fn check_members(text: &str) -> DomainResult<()> {
    let no_object = |_| DomainError::bad_request("it must be a JSON object");
    serde_json::from_str::<Map<String, Value>>(text).map(drop).map_err(no_object)
}
