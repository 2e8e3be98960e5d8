//! Mail domains that may or may not join. The environment's lists guard sign-up, those of a tenant sign-up into it and
//! invitations. Who has joined already stays.

use std::collections::HashSet;

use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        identifiers::emails,
        input, policies,
        settings::{self, Form, Owner},
    },
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{RestrictionList, domain_restriction},
        query,
    },
    text,
};

/// The kind of the settings document.
const KIND: &str = "domain-restrictions";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Configuration>(KIND);

/// Domains where anybody gets an address.
const PUBLIC: [&str; 44] = [
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "comcast.net",
    "cox.net",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "sbcglobal.net",
    "t-online.de",
    "tutanota.com",
    "verizon.net",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
];

/// Whether mail domains are looked at, and which list is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    pub(crate) active: bool,
    pub(crate) list: RestrictionList,
    /// Whether domains where anybody gets an address are barred besides.
    pub(crate) block_public_domains: bool,
}

impl Default for Configuration {
    fn default() -> Self {
        Self { active: false, list: RestrictionList::Allow, block_public_domains: false }
    }
}

/// What is to become of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConfigurationChange {
    pub(crate) active: bool,
    pub(crate) list: Option<RestrictionList>,
    pub(crate) block_public_domains: Option<bool>,
}

pub(crate) async fn configuration(tx: &Read, owner: Owner<'_>) -> DomainResult<Configuration> {
    settings::get(tx, owner, KIND).await
}

pub(crate) async fn configure(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    change: ConfigurationChange,
) -> DomainResult<Configuration> {
    let owner = policies::level_to_write(tx, caller, tenant).await?;
    let present = configuration(tx, owner).await?;
    let changed = Configuration {
        active: change.active,
        list: change.list.unwrap_or(present.list),
        block_public_domains: change.block_public_domains.unwrap_or(present.block_public_domains),
    };
    settings::put(tx, owner, KIND, &changed).await?;
    Ok(changed)
}

/// The entries of both lists, by domain.
pub(crate) async fn list(tx: &Read, owner: Owner<'_>) -> DomainResult<Vec<domain_restriction::Model>> {
    let select = domain_restriction::Entity::find().filter(of(owner));
    let select = select.order_by_asc(domain_restriction::Column::Domain).order_by_asc(domain_restriction::Column::List);
    Ok(select.fetch_all(tx).await?)
}

/// Adds a domain to a list; 409 where it is on it.
pub(crate) async fn add(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    domain: &str,
    list: RestrictionList,
) -> DomainResult<domain_restriction::Model> {
    let owner = policies::level_to_write(tx, caller, tenant).await?;
    let domain = parse(domain)?;
    if is_listed(tx, owner, list, &domain).await? {
        return Err(DomainError::conflict("Domain is already on the list"));
    }
    Ok(row(tx, owner, domain, list).await?.insert(tx).await?)
}

/// Puts these domains in place of all that there are, each once.
pub(crate) async fn replace(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    domains: Vec<String>,
    list: RestrictionList,
) -> DomainResult<Vec<domain_restriction::Model>> {
    let owner = policies::level_to_write(tx, caller, tenant).await?;
    let domains = domains.iter().map(|domain| parse(domain)).collect::<DomainResult<Vec<_>>>()?;
    input::at_most("domains", &domains)?;
    domain_restriction::Entity::delete_many().filter(of(owner)).exec(tx).await?;
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for domain in domains {
        if seen.insert(domain.clone()) {
            rows.push(row(tx, owner, domain, list).await?);
        }
    }
    query::insert_all(rows.clone(), tx).await?;
    rows.into_iter().map(|row| row.try_into().map_err(DomainError::internal)).collect()
}

/// Removes an entry of that level, or 404.
pub(crate) async fn delete(tx: &Write, owner: Owner<'_>, id: &str) -> DomainResult<()> {
    let deleted = domain_restriction::Entity::delete_by_id(id).filter(of(owner)).exec(tx).await?;
    if deleted.rows_affected == 0 { Err(DomainError::not_found("Domain restriction not found")) } else { Ok(()) }
}

/// Refuses, with 403, whoever may not join there with that address. Who has none has no domain to be judged by.
pub(crate) async fn require(tx: &Read, owner: Owner<'_>, email: Option<&str>) -> DomainResult<()> {
    let Some(email) = email else { return Ok(()) };
    let Configuration { active: true, list, block_public_domains } = configuration(tx, owner).await? else {
        return Ok(());
    };
    let key = emails::key(email);
    let domain = key.rsplit_once('@').map_or(key.as_str(), |(_, domain)| domain);
    let is_barred = block_public_domains && PUBLIC.contains(&domain)
        || is_listed(tx, owner, list, domain).await? != (list == RestrictionList::Allow);
    if is_barred { Err(DomainError::forbidden("Addresses of this domain are not allowed")) } else { Ok(()) }
}

async fn is_listed(tx: &Read, owner: Owner<'_>, list: RestrictionList, domain: &str) -> DomainResult<bool> {
    let listed = domain_restriction::Entity::find()
        .filter(of(owner))
        .filter(domain_restriction::Column::List.eq(list))
        .filter(domain_restriction::Column::Domain.eq(domain));
    Ok(listed.fetch_count(tx).await? > 0)
}

fn of(owner: Owner<'_>) -> Condition {
    let tenant_id = domain_restriction::Column::TenantId;
    Condition::all().add(tenant_of(owner).map_or_else(|| tenant_id.is_null(), |id| tenant_id.eq(id)))
}

fn tenant_of(owner: Owner<'_>) -> Option<&str> {
    match owner {
        Owner::Tenant(id) => Some(id),
        Owner::Environment | Owner::Application(_) => None,
    }
}

async fn row(
    tx: &Write,
    owner: Owner<'_>,
    domain: String,
    list: RestrictionList,
) -> DomainResult<domain_restriction::ActiveModel> {
    let id = tx.row_id::<domain_restriction::Entity>(&[&owner.key(), &list.to_value(), &domain]).await?;
    Ok(domain_restriction::ActiveModel {
        id: Set(id),
        tenant_id: Set(tenant_of(owner).map(str::to_owned)),
        domain: Set(domain),
        list: Set(list),
        created_at: Set(tx.stamp()),
    })
}

/// Refuses what is no domain in the form in which it is kept.
pub(crate) fn check(domain: &str) -> DomainResult<()> {
    if parse(domain)? == domain { Ok(()) } else { Err(DomainError::bad_request("it must be a domain as DNS has it")) }
}

/// A domain as DNS has it. A sign before it, as in an address, is left out.
fn parse(domain: &str) -> DomainResult<String> {
    let bare = domain.trim();
    let bare = bare.strip_prefix('@').unwrap_or(bare);
    let ascii = text::ascii_domain(bare).filter(|ascii| ascii.contains('.') && !ascii.ends_with('.'));
    ascii.ok_or_else(|| DomainError::bad_request("domain must be a domain such as acme.test"))
}
