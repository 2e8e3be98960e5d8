//! Sessions as whoever runs the emulator sees and ends them, without asking the people.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::live;
use crate::{
    domain::{DomainError, DomainResult, revocation},
    store::{Fetch, Read, Write, entity::session},
};

/// Sessions that are neither ended nor over, the oldest first; of one person, in one tenant.
pub(crate) async fn sessions(
    tx: &Read,
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
    Ok(select.order_by_asc(session::Column::CreatedAt).order_by_asc(session::Column::Id).fetch_all(tx).await?)
}

/// Ends a session, or 404.
pub(crate) async fn end_session(tx: &Write, id: &str) -> DomainResult<()> {
    match revocation::end_sessions(tx, live(tx).add(session::Column::Id.eq(id))).await? {
        0 => Err(DomainError::not_found("No such session")),
        _ => Ok(()),
    }
}

/// Ends all sessions.
pub(crate) async fn end_sessions(tx: &Write) -> DomainResult<()> {
    revocation::end_sessions(tx, live(tx)).await.map(drop)
}
