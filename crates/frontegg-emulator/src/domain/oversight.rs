//! What whoever runs the emulator sees of people and does to them without asking them: their sessions,
//! and what failed sign-ins have led to.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Select,
    sea_query::{Expr, ExprTrait},
};

use super::{DomainError, DomainResult, identifiers::emails, users};
use crate::store::{
    Tx,
    entity::{Purpose, one_time_token, session, user},
};

/// Sessions that are neither ended nor over, the oldest first; of one person, in one tenant.
pub(crate) async fn sessions(
    tx: &Tx,
    user_id: Option<&str>,
    tenant_id: Option<&str>,
) -> DomainResult<Vec<session::Model>> {
    let mut select = session::Entity::find().filter(live(tx));
    if let Some(user_id) = user_id {
        select = select.filter(session::Column::UserId.eq(user_id));
    }
    if let Some(tenant_id) = tenant_id {
        select = select.filter(session::Column::TenantId.eq(tenant_id));
    }
    Ok(select.order_by_asc(session::Column::CreatedAt).order_by_asc(session::Column::Id).all(tx).await?)
}

/// Ends a session, or 404.
pub(crate) async fn end_session(tx: &Tx, id: &str) -> DomainResult<()> {
    match end(tx, live(tx).add(session::Column::Id.eq(id))).await? {
        0 => Err(DomainError::not_found("No such session")),
        _ => Ok(()),
    }
}

/// Ends all sessions.
pub(crate) async fn end_sessions(tx: &Tx) -> DomainResult<()> {
    end(tx, live(tx)).await.map(drop)
}

fn live(tx: &Tx) -> Condition {
    Condition::all().add(session::Column::EndedAt.is_null()).add(session::Column::ExpiresAt.gt(tx.now()))
}

async fn end(tx: &Tx, which: Condition) -> DomainResult<u64> {
    let update = session::Entity::update_many().col_expr(session::Column::EndedAt, Expr::value(Some(tx.now())));
    Ok(update.filter(which).exec(tx).await?.rows_affected)
}

/// A person who is locked out, or on the way there.
#[derive(Clone, Debug)]
pub(crate) struct Lockout {
    pub(crate) user: user::Model,
    pub(crate) email: Option<String>,
}

/// People who are locked or have failed to sign in since they last did, the oldest first.
pub(crate) async fn lockouts(tx: &Tx) -> DomainResult<Vec<Lockout>> {
    let people = locked_out().order_by_asc(user::Column::CreatedAt).order_by_asc(user::Column::Id).all(tx).await?;
    let ids: Vec<String> = people.iter().map(|user| user.id.clone()).collect();
    let mut addresses = emails::primary_of(tx, &ids).await?;
    let lockout = |user: user::Model| Lockout { email: addresses.remove(&user.id).map(|row| row.email), user };
    Ok(people.into_iter().map(lockout).collect())
}

/// Lets a person in again, or 404.
pub(crate) async fn clear_lockout(tx: &Tx, user_id: &str) -> DomainResult<()> {
    users::unlock(tx, user_id).await
}

/// Lets everybody in again.
pub(crate) async fn clear_lockouts(tx: &Tx) -> DomainResult<()> {
    user::Entity::update_many()
        .col_expr(user::Column::IsLocked, Expr::value(false))
        .col_expr(user::Column::FailedLogins, Expr::value(0))
        .filter(is_locked_out())
        .exec(tx)
        .await?;
    let unlock = one_time_token::Column::Kind.eq(Purpose::Unlock);
    one_time_token::Entity::delete_many().filter(unlock).exec(tx).await?;
    Ok(())
}

fn locked_out() -> Select<user::Entity> {
    user::Entity::find().filter(is_locked_out())
}

fn is_locked_out() -> Condition {
    Condition::any()
        .add(Expr::col((user::Entity, user::Column::IsLocked)).eq(true))
        .add(Expr::col((user::Entity, user::Column::FailedLogins)).gt(0))
}
