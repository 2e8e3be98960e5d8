//! Addresses and networks from which people may or may not enter a tenant: when they sign in or up, go on with a session,
//! or change to it. Whoever is barred keeps the session, and goes on from where they may.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainError, DomainResult,
        settings::{self, Form, Owner},
        tenants,
    },
    store::{
        Fetch, Read, Write,
        entity::{RestrictionList, ip_restriction},
        query::{self, Page, Paged},
    },
};

/// The kind of the settings document.
const KIND: &str = "ip-restrictions";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Configuration>(KIND);

/// How many bits come before an IPv4 address in IPv6 (RFC 4291, 2.5.5.2).
const MAPPED: u8 = 96;

/// Whether addresses are looked at in a tenant, and which list is in force. Without a list nobody is barred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    pub(crate) is_active: bool,
    pub(crate) list: Option<RestrictionList>,
}

/// What is to change of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConfigurationChange {
    pub(crate) is_active: Option<bool>,
    pub(crate) list: Option<RestrictionList>,
}

/// An entry to make or to change.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) network: String,
    /// That in force, or the one of those who may come in, when absent.
    pub(crate) list: Option<RestrictionList>,
    pub(crate) is_active: bool,
    pub(crate) description: Option<String>,
}

pub(crate) async fn configuration(tx: &Read, tenant_id: &str) -> DomainResult<Configuration> {
    settings::get(tx, Owner::Tenant(tenant_id), KIND).await
}

pub(crate) async fn configure(tx: &Write, tenant_id: &str, change: ConfigurationChange) -> DomainResult<()> {
    tenants::require(tx, tenant_id).await?;
    let present = configuration(tx, tenant_id).await?;
    let changed =
        Configuration { is_active: change.is_active.unwrap_or(present.is_active), list: change.list.or(present.list) };
    settings::put(tx, Owner::Tenant(tenant_id), KIND, &changed).await
}

/// One page of the entries of both lists, the newest first; only those with that text in address or description.
pub(crate) async fn list(
    tx: &Read,
    tenant_id: &str,
    text: Option<&str>,
    page: Page,
) -> DomainResult<Paged<ip_restriction::Model>> {
    let mut select = ip_restriction::Entity::find().filter(ip_restriction::Column::TenantId.eq(tenant_id));
    if let Some(text) = text {
        select = select.filter(query::contains(ip_restriction::Column::Folded, text));
    }
    let select = select.order_by_desc(ip_restriction::Column::CreatedAt).order_by_desc(ip_restriction::Column::Id);
    Ok(query::page(select, page, tx).await?)
}

/// Adds an entry, or changes the one with that network. A person who calls `from` an address that it would bar is
/// refused, as they would lock themselves out.
pub(crate) async fn put(tx: &Write, tenant_id: &str, entry: Entry, from: Option<IpAddr>) -> DomainResult<()> {
    tenants::require(tx, tenant_id).await?;
    let network = parse(&entry.network)?;
    let list = match entry.list {
        Some(list) => list,
        None => configuration(tx, tenant_id).await?.list.unwrap_or(RestrictionList::Allow),
    };
    let bars_caller = list == RestrictionList::Block && entry.is_active && from.is_some_and(|it| network.contains(&it));
    if bars_caller {
        return Err(DomainError::bad_request("ip must not cover your own address"));
    }
    let ip = display(network);
    let present = ip_restriction::Entity::find()
        .filter(ip_restriction::Column::TenantId.eq(tenant_id))
        .filter(ip_restriction::Column::Ip.eq(ip.as_str()))
        .fetch_one(tx)
        .await?;
    let is_new = present.is_none();
    let mut row = match present {
        Some(present) => present.into_active_model(),
        None => ip_restriction::ActiveModel {
            id: Set(tx.row_id::<ip_restriction::Entity>(&[tenant_id, &ip]).await?),
            tenant_id: Set(tenant_id.to_owned()),
            ip: Set(ip),
            created_at: Set(tx.stamp()),
            ..Default::default()
        },
    };
    row.list = Set(list);
    row.is_active = Set(entry.is_active);
    row.description = Set(entry.description);
    row.updated_at = Set(tx.now());
    if is_new {
        row.insert(tx).await?
    } else {
        row.update(tx).await?
    };
    Ok(())
}

/// Removes an entry of a tenant, or 404.
pub(crate) async fn delete(tx: &Write, tenant_id: &str, id: &str) -> DomainResult<()> {
    let deleted = ip_restriction::Entity::delete_by_id(id)
        .filter(ip_restriction::Column::TenantId.eq(tenant_id))
        .exec(tx)
        .await?;
    if deleted.rows_affected == 0 { Err(DomainError::not_found("IP restriction not found")) } else { Ok(()) }
}

/// Whether people may enter a tenant from that address. An address that nobody knows is on no list.
pub(crate) async fn admits(tx: &Read, tenant_id: &str, from: Option<IpAddr>) -> DomainResult<bool> {
    let Configuration { is_active: true, list: Some(list) } = configuration(tx, tenant_id).await? else {
        return Ok(true);
    };
    let is_listed = is_listed(tx, tenant_id, list, from).await?;
    Ok(is_listed == (list == RestrictionList::Allow))
}

/// Refuses, with 403, whoever may not enter a tenant from where they are.
pub(crate) async fn require(tx: &Read, tenant_id: &str, from: Option<IpAddr>) -> DomainResult<()> {
    if admits(tx, tenant_id, from).await? { Ok(()) } else { Err(barred()) }
}

pub(crate) fn barred() -> DomainError {
    DomainError::forbidden("Your IP address is not allowed in this tenant")
}

/// Whether an active entry of that list covers the address.
pub(crate) async fn is_listed(
    tx: &Read,
    tenant_id: &str,
    list: RestrictionList,
    from: Option<IpAddr>,
) -> DomainResult<bool> {
    let Some(from) = from else { return Ok(false) };
    let rows = ip_restriction::Entity::find()
        .filter(ip_restriction::Column::TenantId.eq(tenant_id))
        .filter(ip_restriction::Column::List.eq(list))
        .filter(ip_restriction::Column::IsActive.eq(true))
        .fetch_all(tx)
        .await?;
    for row in rows {
        let network =
            read(&row.ip).ok_or_else(|| DomainError::internal(anyhow::anyhow!("{} is no network", row.id)))?;
        if network.contains(&from) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses what is neither an address nor a network.
pub(crate) fn check(text: &str) -> DomainResult<()> {
    parse(text).map(drop)
}

fn parse(text: &str) -> DomainResult<IpNet> {
    read(text.trim()).ok_or_else(|| DomainError::bad_request("ip must be an address or a network such as 192.0.2.0/24"))
}

/// An address alone, or a network in CIDR form (RFC 4632). What is IPv4 in IPv6 is IPv4.
fn read(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?.trunc();
    let mapped = |network: Ipv6Net| {
        let length = network.prefix_len().checked_sub(MAPPED)?;
        Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()
    };
    match network {
        IpNet::V6(it) => Some(mapped(it).map_or(network, IpNet::V4)),
        IpNet::V4(_) => Some(network),
    }
}

/// The one form in which it is kept and shown.
fn display(network: IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Option<String> {
        parse(text).ok().map(display)
    }

    #[test]
    fn spellings_of_a_network_have_one_form() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1/32", Some("192.0.2.1")),
            ("192.0.2.7/24", Some("192.0.2.0/24")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("::ffff:192.0.2.1/120", Some("192.0.2.0/24")),
            ("::/0", Some("::/0")),
            ("2001:DB8:0:0::1", Some("2001:db8::1")),
            ("2001:db8::1/64", Some("2001:db8::/64")),
            ("192.0.2.0/33", None),
            ("192.0.2", None),
            ("192.0.2.1-192.0.2.9", None),
            ("", None),
            ("acme.test", None),
        ] {
            assert_eq!(kept(text).as_deref(), expected, "{text}");
            assert_eq!(expected.and_then(kept).as_deref(), expected, "{text}");
        }
    }
}
