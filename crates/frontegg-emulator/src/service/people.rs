//! Sessions and lockouts as tests and operators see them, in one transaction each.

use crate::{
    domain::{DomainResult, passwords::lockout, sessions::administration},
    service::Service,
    store::entity::session,
    wire::{LockoutState, SessionQuery, SessionState},
};

impl Service {
    /// The sessions that are asked for.
    pub(crate) async fn sessions(&self, query: &SessionQuery) -> DomainResult<Vec<SessionState>> {
        let tx = self.store().read().await?;
        let found = administration::sessions(&tx, query.user.as_deref(), query.tenant.as_deref()).await?;
        Ok(found.into_iter().map(state).collect())
    }

    /// Ends a session, or 404.
    pub(crate) async fn end_session(&self, id: &str) -> DomainResult<()> {
        self.store().write(async |tx| administration::end_session(tx, id).await).await
    }

    /// Ends all sessions.
    pub(crate) async fn end_sessions(&self) -> DomainResult<()> {
        self.store().write(async |tx| administration::end_sessions(tx).await).await
    }

    /// Who is locked out, or on the way there.
    pub(crate) async fn lockouts(&self) -> DomainResult<Vec<LockoutState>> {
        let tx = self.store().read().await?;
        let found = lockout::lockouts(&tx).await?.into_iter();
        let state = |lockout::LockedOut { user, email }| LockoutState {
            user_id: user.id,
            email,
            failed_sign_ins: user.failed_logins,
            locked: user.is_locked,
        };
        Ok(found.map(state).collect())
    }

    /// Lets somebody in again, or 404.
    pub(crate) async fn clear_lockout(&self, user_id: &str) -> DomainResult<()> {
        self.store().write(async |tx| lockout::clear_lockout(tx, user_id).await).await
    }

    /// Lets everybody in again.
    pub(crate) async fn clear_lockouts(&self) -> DomainResult<()> {
        self.store().write(async |tx| lockout::clear_lockouts(tx).await).await
    }
}

fn state(row: session::Model) -> SessionState {
    SessionState {
        id: row.id,
        user_id: row.user_id,
        tenant_id: row.tenant_id,
        created_at: row.created_at.utc(),
        last_used_at: row.last_used_at.utc(),
        expires_at: row.expires_at.utc(),
    }
}
