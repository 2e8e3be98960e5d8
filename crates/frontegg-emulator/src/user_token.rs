//! A user's token without a sign-in, for tests that are about something else.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::{DomainError, DomainResult, roles, tenants},
    ids,
    service::Service,
    store::{
        Tx,
        entity::{membership, session, user, user_email},
    },
    tokens::{Claims, Life, UserClaims},
};

/// How long such a token is good: as the tokens of a sign-in are by default.
const LIFETIME: Duration = Duration::from_secs(86_400);

impl Service {
    /// Begins a session of the person in the tenant and gives a token for it, with the roles and
    /// permissions that they hold there. Whether they could sign in is not asked.
    pub(crate) async fn user_token(&self, user_id: &str, tenant_id: &str) -> DomainResult<String> {
        let tx = self.store().write().await?;
        let mut claims = claims(&tx, user_id, tenant_id).await?;
        claims.life = Life::new(self.base_url(), Some(self.client_id()), tx.now(), LIFETIME);
        tx.commit().await?;
        self.sign(&Claims::UserToken(Box::new(claims))).await
    }
}

async fn claims(tx: &Tx, user_id: &str, tenant_id: &str) -> DomainResult<UserClaims> {
    let unknown = || DomainError::not_found("User not found");
    let user = user::Entity::find_by_id(user_id).one(tx).await?.ok_or_else(unknown)?;
    tenants::require(tx, tenant_id).await?;
    let session = session::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user.id.clone()),
        tenant_id: Set(tenant_id.to_owned()),
        application_id: Set(None),
        user_agent: Set(None),
        ip_address: Set(None),
        created_at: Set(tx.stamp()),
        last_used_at: Set(tx.now()),
        ended_at: Set(None),
    };
    let session = session.insert(tx).await?;
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(tx)
        .await?;
    let tenant_ids = membership::Entity::find()
        .select_only()
        .column(membership::Column::TenantId)
        .filter(membership::Column::UserId.eq(user_id))
        .order_by_asc(membership::Column::CreatedAt)
        .into_tuple()
        .all(tx)
        .await?;
    let held = roles::effective_in(tx, user_id, tenant_id).await?;
    Ok(UserClaims {
        sub: user.id,
        sid: session.id,
        tenant_id: tenant_id.to_owned(),
        tenant_ids,
        name: user.name,
        email_verified: email.as_ref().is_some_and(|email| email.verified),
        email: email.map(|email| email.email),
        profile_picture_url: user.profile_picture_url,
        metadata: serde_json::from_str(&user.metadata).unwrap_or_default(),
        roles: Some(held.role_keys()),
        permissions: Some(held.permission_keys()),
        auth_time: Some(tx.now().seconds()),
        super_user: user.super_user,
        invisible: user.invisible,
        ..UserClaims::default()
    })
}
