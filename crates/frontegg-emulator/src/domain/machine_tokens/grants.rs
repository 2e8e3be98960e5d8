//! What tokens of tenants may do: they have roles or, instead, permissions.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Query, SelectStatement},
};

use super::Token;
use crate::{
    domain::{DomainResult, caller::Caller, permissions, roles},
    store::{
        Fetch, Read, Write,
        entity::{
            machine_token, machine_token_permission, machine_token_role, membership, permission, role, role_permission,
        },
        query::{self, OneColumn},
    },
};

/// What a token is to have, by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenGrant {
    Roles(Vec<String>),
    Permissions(Vec<String>),
}

impl TokenGrant {
    /// What a request asks for: its roles win over its permissions.
    pub(crate) fn of(role_ids: Option<Vec<String>>, permission_ids: Option<Vec<String>>) -> Option<Self> {
        role_ids.map(Self::Roles).or_else(|| permission_ids.map(Self::Permissions))
    }
}

/// Refuses a caller who is weaker than a token: whom one of its roles is above, or who lacks a permission
/// that it was given. A person's token was given nothing.
pub(super) async fn may_manage(tx: &Read, caller: Caller<'_>, token: &Token) -> DomainResult<()> {
    let held = roles::visible(tx, Some(&token.row.tenant_id), token.role_ids.clone()).await?;
    roles::may_grant(tx, caller, &held).await?;
    for permission in permissions::find(tx, token.permission_ids.clone()).await? {
        caller.require(&permission.key)?;
    }
    Ok(())
}

/// Gives a token this and takes from it what it had before. With a user's token roles are given and
/// taken only up to one's own level, and permissions given only if one has them oneself.
pub(super) async fn replace(
    tx: &Write,
    caller: Caller<'_>,
    mut token: Token,
    grant: TokenGrant,
) -> DomainResult<Token> {
    let tenant = Some(token.row.tenant_id.as_str());
    let (given_roles, given_permissions) = match grant {
        TokenGrant::Roles(ids) => (roles::visible(tx, tenant, ids).await?, Vec::new()),
        TokenGrant::Permissions(ids) => (Vec::new(), permissions::find(tx, ids).await?),
    };
    let after: BTreeSet<&str> = given_roles.iter().map(|role| role.id.as_str()).collect();
    let lost = token.role_ids.iter().filter(|id| !after.contains(id.as_str())).cloned().collect();
    let mut moving = roles::visible(tx, tenant, lost).await?;
    moving.extend(given_roles.iter().filter(|role| !token.role_ids.contains(&role.id)).cloned());
    roles::may_grant(tx, caller, &moving).await?;
    for permission in given_permissions.iter().filter(|permission| !token.permission_ids.contains(&permission.id)) {
        caller.require(&permission.key)?;
    }
    token.role_ids = after.into_iter().map(str::to_owned).collect();
    token.permission_ids = given_permissions.into_iter().map(|permission| permission.id).collect();
    token.permission_ids.sort();
    write(tx, &token).await?;
    Ok(token)
}

async fn write(tx: &Write, token: &Token) -> DomainResult<()> {
    let id = &token.row.id;
    machine_token_role::Entity::delete_many()
        .filter(machine_token_role::Column::MachineTokenId.eq(id))
        .exec(tx)
        .await?;
    machine_token_permission::Entity::delete_many()
        .filter(machine_token_permission::Column::MachineTokenId.eq(id))
        .exec(tx)
        .await?;
    let role = |role_id: &String| machine_token_role::Model { machine_token_id: id.clone(), role_id: role_id.clone() };
    let roles = token.role_ids.iter().map(|role_id| role(role_id).into_active_model());
    query::insert_all(roles.collect(), tx).await?;
    let permission = |permission_id: &String| machine_token_permission::Model {
        machine_token_id: id.clone(),
        permission_id: permission_id.clone(),
    };
    let permissions = token.permission_ids.iter().map(|id| permission(id).into_active_model());
    Ok(query::insert_all(permissions.collect(), tx).await?)
}

/// Adds to these tokens, which are those that the condition selects, what they have.
pub(super) async fn with_them(
    tx: &Read,
    which: Condition,
    rows: Vec<machine_token::Model>,
) -> DomainResult<Vec<Token>> {
    let ids = || -> SelectStatement {
        let ids = machine_token::Entity::find().select_only().column(machine_token::Column::Id);
        ids.filter(which.clone()).into_query()
    };
    let mut roles = BTreeMap::<String, Vec<String>>::new();
    let held = machine_token_role::Entity::find()
        .filter(machine_token_role::Column::MachineTokenId.in_subquery(ids()))
        .order_by_asc(machine_token_role::Column::RoleId)
        .fetch_all(tx)
        .await?;
    for held in held {
        roles.entry(held.machine_token_id).or_default().push(held.role_id);
    }
    let mut permissions = BTreeMap::<String, Vec<String>>::new();
    let held = machine_token_permission::Entity::find()
        .filter(machine_token_permission::Column::MachineTokenId.in_subquery(ids()))
        .order_by_asc(machine_token_permission::Column::PermissionId)
        .fetch_all(tx)
        .await?;
    for held in held {
        permissions.entry(held.machine_token_id).or_default().push(held.permission_id);
    }
    let token = |row: machine_token::Model| Token {
        role_ids: roles.remove(&row.id).unwrap_or_default(),
        permission_ids: permissions.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(token).collect())
}

/// What holds for a token now: for a person's what the person has in the tenant, for a tenant's what
/// it was given.
pub(super) async fn keys(
    tx: &Read,
    row: &machine_token::Model,
    member: Option<&membership::Model>,
) -> DomainResult<roles::Keys> {
    if let Some(member) = member {
        return roles::keys_in(tx, &member.user_id, &member.tenant_id).await;
    }
    let of_token = || {
        Query::select()
            .column(machine_token_role::Column::RoleId)
            .from(machine_token_role::Entity)
            .and_where(machine_token_role::Column::MachineTokenId.eq(&row.id))
            .to_owned()
    };
    let roles = role::Entity::find()
        .select_only()
        .column(role::Column::Key)
        .filter(role::Column::Id.in_subquery(of_token()))
        .order_by_asc(role::Column::Level)
        .order_by_asc(role::Column::Key)
        .one_column()
        .fetch_all(tx)
        .await?;
    let direct = Query::select()
        .column(machine_token_permission::Column::PermissionId)
        .from(machine_token_permission::Entity)
        .and_where(machine_token_permission::Column::MachineTokenId.eq(&row.id))
        .to_owned();
    let by_role = Query::select()
        .column(role_permission::Column::PermissionId)
        .from(role_permission::Entity)
        .and_where(role_permission::Column::RoleId.in_subquery(of_token()))
        .to_owned();
    let either = Condition::any()
        .add(permission::Column::Id.in_subquery(direct))
        .add(permission::Column::Id.in_subquery(by_role));
    let permissions = permission::Entity::find()
        .select_only()
        .column(permission::Column::Key)
        .filter(either)
        .order_by_asc(permission::Column::Key)
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(roles::Keys { roles, permissions })
}
