//! From what an identity provider keeps with a connection to the people and groups of the tenant.
//!
//! A connection speaks for its tenant alone. It makes people members and takes them out again; what all tenants see of
//! somebody it changes only where the person is a member of no other tenant, or has an address in a domain of this one; else a tenant could rename or take over
//! people of others.

mod person;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    sea_query::{Expr, Query, SimpleExpr},
};

use super::{
    Answer,
    kept::{Kept, Users},
};
use crate::{
    domain::{
        DomainResult,
        caller::Caller,
        groups::{self, GroupChange, NewGroup},
        memberships,
        users::ManagedBy,
    },
    store::{
        Fetch, Read, Write,
        entity::{group, scim_connection, scim_group, scim_group_member, scim_user, user},
        query::{self, OneColumn, ROWS},
    },
};

pub(super) use person::Person;

/// What becomes of the people and groups that a connection has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remainder {
    Stays,
    Goes,
}

/// Has somebody be in the tenant as a user of the connection says.
pub(super) async fn bring_user(
    tx: &Write,
    connection: &scim_connection::Model,
    row: scim_user::Model,
    person: &Person,
) -> Answer<()> {
    let brought = person.bring(tx, &connection.tenant_id, row.user_id.as_deref()).await?;
    let (id, known_as) = (row.id.clone(), row.user_id.clone());
    if known_as.as_deref() != Some(brought.user_id.as_str()) {
        let mut row = row.into_active_model();
        row.user_id = Set(Some(brought.user_id.clone()));
        row.update(tx).await?;
    }
    if brought.is_new_member {
        for group in groups_of(tx, &id).await? {
            groups::add_members(tx, &group, std::slice::from_ref(&brought.user_id)).await?;
        }
    }
    Ok(())
}

/// Ends the membership of the person that a user has become, unless another connection of the tenant holds it. Whoever has
/// no other membership is deleted.
pub(super) async fn take_user_out(
    tx: &Write,
    connection: &scim_connection::Model,
    row: &scim_user::Model,
) -> DomainResult<()> {
    let Some(user_id) = row.user_id.as_deref() else { return Ok(()) };
    let other = scim_user::Entity::find()
        .join(JoinType::InnerJoin, scim_user::Relation::Connection.def())
        .filter(scim_user::Column::UserId.eq(user_id))
        .filter(scim_user::Column::ConnectionId.ne(connection.id.as_str()))
        .filter(scim_connection::Column::TenantId.eq(connection.tenant_id.as_str()))
        .filter(scim_connection::Column::SyncToUserManagement.eq(true));
    if other.fetch_one(tx).await?.is_some() {
        return Ok(());
    }
    match memberships::find(tx, user_id, &connection.tenant_id).await? {
        Some(membership) => memberships::end(tx, membership).await,
        None => Ok(()),
    }
}

/// Has the tenant have a group as a group of the connection says, with its members.
pub(super) async fn bring_group(
    tx: &Write,
    connection: &scim_connection::Model,
    row: scim_group::Model,
) -> DomainResult<()> {
    let tenant_id = connection.tenant_id.as_str();
    let name = row.display.clone();
    let record = GroupChange { name: Some(name.clone()), ..GroupChange::default() };
    let present = if let Some(id) = row.group_id.as_deref() {
        groups::update(tx, tenant_id, id, record).await?
    } else if let Some(present) = groups::by_name(tx, tenant_id, &name).await? {
        present
    } else {
        groups::create(tx, tenant_id, NewGroup { id: None, record }).await?
    };
    groups::set_managed_by(tx, present.clone(), ManagedBy::Scim2).await?;
    let scim_group_id = row.id.clone();
    if row.group_id.as_deref() != Some(present.id.as_str()) {
        let mut row = row.into_active_model();
        row.group_id = Set(Some(present.id.clone()));
        row.update(tx).await?;
    }
    let members: Vec<Option<String>> = scim_user::Entity::find()
        .select_only()
        .column(scim_user::Column::UserId)
        .filter(scim_user::Column::UserId.is_not_null())
        .filter(
            scim_user::Column::Id.in_subquery(
                Query::select()
                    .column(scim_group_member::Column::ScimUserId)
                    .from(scim_group_member::Entity)
                    .and_where(scim_group_member::Column::ScimGroupId.eq(scim_group_id))
                    .to_owned(),
            ),
        )
        .one_column()
        .fetch_all(tx)
        .await?;
    let members: Vec<String> = members.into_iter().flatten().collect();
    groups::add_members(tx, &present, &members).await
}

/// Takes people out of the group that a group has become, by the ids of their users.
pub(super) async fn take_members_out(
    tx: &Write,
    connection: &scim_connection::Model,
    row: &scim_group::Model,
    scim_user_ids: &[String],
) -> DomainResult<()> {
    let Some(group_id) = row.group_id.as_deref() else { return Ok(()) };
    for ids in scim_user_ids.chunks(ROWS) {
        let people: Vec<Option<String>> = scim_user::Entity::find()
            .select_only()
            .column(scim_user::Column::UserId)
            .filter(scim_user::Column::Id.is_in(ids))
            .filter(scim_user::Column::UserId.is_not_null())
            .one_column()
            .fetch_all(tx)
            .await?;
        let people: Vec<String> = people.into_iter().flatten().collect();
        if !people.is_empty() {
            groups::remove_users(tx, Caller::Environment, &connection.tenant_id, group_id, people).await?;
        }
    }
    Ok(())
}

/// Deletes the group that a group has become. Whoever had roles by it loses them with the next token.
pub(super) async fn take_group_out(
    tx: &Write,
    connection: &scim_connection::Model,
    row: &scim_group::Model,
) -> DomainResult<()> {
    match row.group_id.as_deref() {
        Some(id) => groups::delete(tx, Caller::Environment, &connection.tenant_id, id).await,
        None => Ok(()),
    }
}

/// Brings in all that was kept with the connection only.
pub(super) async fn bring_all(tx: &Write, connection: &scim_connection::Model) -> Answer<()> {
    for row in users_of(tx, connection).await? {
        let person = Person::of(&Users::record(row.clone()).attributes()?)?;
        bring_user(tx, connection, row, &person).await?;
    }
    for row in groups_of_connection(tx, connection).await? {
        bring_group(tx, connection, row).await?;
    }
    Ok(())
}

/// What becomes of what a connection has brought, when it goes.
pub(super) async fn release(tx: &Write, connection: &scim_connection::Model, remainder: Remainder) -> DomainResult<()> {
    match remainder {
        Remainder::Stays => hand_over(tx, connection).await,
        Remainder::Goes => {
            for row in groups_of_connection(tx, connection).await? {
                take_group_out(tx, connection, &row).await?;
            }
            for row in users_of(tx, connection).await? {
                take_user_out(tx, connection, &row).await?;
            }
            Ok(())
        }
    }
}

/// People and groups that no identity provider keeps up to date any more.
async fn hand_over(tx: &Write, connection: &scim_connection::Model) -> DomainResult<()> {
    let people = |of: SimpleExpr| {
        Query::select()
            .column(scim_user::Column::UserId)
            .from(scim_user::Entity)
            .and_where(of)
            .and_where(scim_user::Column::UserId.is_not_null())
            .to_owned()
    };
    user::Entity::update_many()
        .col_expr(user::Column::ManagedBy, Expr::value(ManagedBy::Frontegg.name()))
        .col_expr(user::Column::UpdatedAt, query::touched(user::Column::CreatedAt, tx))
        .filter(user::Column::ManagedBy.eq(ManagedBy::Scim2.name()))
        .filter(user::Column::Id.in_subquery(people(scim_user::Column::ConnectionId.eq(connection.id.as_str()))))
        .filter(user::Column::Id.not_in_subquery(people(scim_user::Column::ConnectionId.ne(connection.id.as_str()))))
        .exec(tx)
        .await?;
    let brought = |of: SimpleExpr| {
        Query::select()
            .column(scim_group::Column::GroupId)
            .from(scim_group::Entity)
            .and_where(of)
            .and_where(scim_group::Column::GroupId.is_not_null())
            .to_owned()
    };
    group::Entity::update_many()
        .col_expr(group::Column::ManagedBy, Expr::value(ManagedBy::Frontegg.name()))
        .col_expr(group::Column::UpdatedAt, query::touched(group::Column::CreatedAt, tx))
        .filter(group::Column::ManagedBy.eq(ManagedBy::Scim2.name()))
        .filter(group::Column::Id.in_subquery(brought(scim_group::Column::ConnectionId.eq(connection.id.as_str()))))
        .filter(group::Column::Id.not_in_subquery(brought(scim_group::Column::ConnectionId.ne(connection.id.as_str()))))
        .exec(tx)
        .await?;
    Ok(())
}

async fn users_of(tx: &Read, connection: &scim_connection::Model) -> DomainResult<Vec<scim_user::Model>> {
    Ok(scim_user::Entity::find()
        .filter(scim_user::Column::ConnectionId.eq(connection.id.as_str()))
        .order_by_asc(scim_user::Column::CreatedAt)
        .order_by_asc(scim_user::Column::Id)
        .fetch_all(tx)
        .await?)
}

async fn groups_of_connection(tx: &Read, connection: &scim_connection::Model) -> DomainResult<Vec<scim_group::Model>> {
    Ok(scim_group::Entity::find()
        .filter(scim_group::Column::ConnectionId.eq(connection.id.as_str()))
        .order_by_asc(scim_group::Column::CreatedAt)
        .order_by_asc(scim_group::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// The groups of the tenant that a user's groups have become.
async fn groups_of(tx: &Read, scim_user_id: &str) -> DomainResult<Vec<group::Model>> {
    let theirs = Query::select()
        .column(scim_group_member::Column::ScimGroupId)
        .from(scim_group_member::Entity)
        .and_where(scim_group_member::Column::ScimUserId.eq(scim_user_id))
        .to_owned();
    let become_groups = Query::select()
        .column(scim_group::Column::GroupId)
        .from(scim_group::Entity)
        .and_where(scim_group::Column::Id.in_subquery(theirs))
        .and_where(scim_group::Column::GroupId.is_not_null())
        .to_owned();
    Ok(group::Entity::find().filter(group::Column::Id.in_subquery(become_groups)).fetch_all(tx).await?)
}
