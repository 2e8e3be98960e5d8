//! Lists of roles page by page, and what they can be narrowed by.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, Query, SimpleExpr},
};

use super::{RoleWithPermissions, require_tenant, seen_by, with_permissions};
use crate::{
    domain::{DomainResult, input},
    store::{
        Fetch, Read,
        entity::{group_role, membership_role, role, role_permission},
        query::{self, OneColumn, Page, Paged},
    },
};

/// What a list of roles is sorted by; the last three count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    #[default]
    Level,
    Key,
    Name,
    Description,
    IsDefault,
    FirstUserRole,
    UpdatedAt,
    CreatedAt,
    /// How many permissions the role holds.
    Permissions,
    /// How many memberships have the role.
    Members,
    /// How many groups have the role.
    Groups,
}

/// Which roles to list, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleListing {
    /// Part of the key, the name or the description, without case.
    pub(crate) text: Option<String>,
    pub(crate) levels: Option<Vec<i32>>,
    /// Who owns the role; `None` among them is the environment.
    pub(crate) owners: Option<Vec<Option<String>>>,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

/// A page of the roles within reach. 404 for an unknown tenant.
pub(crate) async fn page(
    tx: &Read,
    tenant: Option<&str>,
    listing: RoleListing,
) -> DomainResult<Paged<RoleWithPermissions>> {
    require_tenant(tx, tenant).await?;
    let RoleListing { text, levels, owners, sort_by, descending, page } = listing;
    let mut select = role::Entity::find().filter(seen_by(tenant));
    if let Some(text) = text {
        select = select.filter(query::contains(role::Column::Folded, &text));
    }
    if let Some(levels) = levels {
        input::at_most("_levels", &levels)?;
        select = select.filter(role::Column::Level.is_in(levels));
    }
    if let Some(owners) = owners {
        input::at_most("_tenantIds", &owners)?;
        select = select.filter(owned_by_one_of(owners));
    }
    let order = if descending { Order::Desc } else { Order::Asc };
    let select =
        select.order_by(sorting(sort_by), order).order_by_asc(role::Column::Key).order_by_asc(role::Column::Id);
    let Paged { items, total } = query::page(select, page, tx).await?;
    Ok(Paged { items: with_permissions(tx, items).await?, total })
}

/// The levels that occur among the roles within reach, rising.
pub(crate) async fn levels(tx: &Read, tenant: Option<&str>) -> DomainResult<Vec<i32>> {
    require_tenant(tx, tenant).await?;
    let levels = role::Entity::find()
        .select_only()
        .column(role::Column::Level)
        .distinct()
        .filter(seen_by(tenant))
        .order_by_asc(role::Column::Level)
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(levels)
}

/// The tenants that own roles, rising.
pub(crate) async fn owners(tx: &Read) -> DomainResult<Vec<String>> {
    let owners = role::Entity::find()
        .select_only()
        .column(role::Column::TenantId)
        .distinct()
        .filter(role::Column::TenantId.is_not_null())
        .order_by_asc(role::Column::TenantId)
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(owners)
}

fn owned_by_one_of(owners: Vec<Option<String>>) -> Condition {
    let environment = owners.contains(&None).then(|| role::Column::TenantId.is_null());
    let tenants: Vec<String> = owners.into_iter().flatten().collect();
    Condition::any().add_option(environment).add(role::Column::TenantId.is_in(tenants))
}

fn sorting(sort_by: SortBy) -> SimpleExpr {
    let column = |column: role::Column| Expr::col((role::Entity, column));
    match sort_by {
        SortBy::Level => column(role::Column::Level),
        SortBy::Key => column(role::Column::Key),
        SortBy::Name => column(role::Column::Name),
        // Engines differ in where they put what is null.
        SortBy::Description => Func::coalesce([column(role::Column::Description), Expr::value("")]).into(),
        SortBy::IsDefault => column(role::Column::IsDefault),
        SortBy::FirstUserRole => column(role::Column::FirstUserRole),
        SortBy::UpdatedAt => column(role::Column::UpdatedAt),
        SortBy::CreatedAt => column(role::Column::CreatedAt),
        SortBy::Permissions => count(role_permission::Entity, role_permission::Column::RoleId),
        SortBy::Members => count(membership_role::Entity, membership_role::Column::RoleId),
        SortBy::Groups => count(group_role::Entity, group_role::Column::RoleId),
    }
}

/// How many rows of a table refer to the role.
fn count<E: EntityTrait>(table: E, role_id: E::Column) -> SimpleExpr {
    let of_role = Expr::col((table, role_id)).equals((role::Entity, role::Column::Id));
    let select = Query::select().expr(Func::count(Expr::val(1))).from(table).and_where(of_role).to_owned();
    SimpleExpr::SubQuery(None, Box::new(select.into()))
}
