//! A user's token without a sign-in, for tests that are about something else.

use sea_orm::EntityTrait;

use crate::{
    domain::{
        DomainError, DomainResult,
        sessions::{self, Visit},
        settings::configuration,
        tenants,
    },
    service::Service,
    store::entity::user,
    tokens::{Claims, Life},
};

impl Service {
    /// Begins a session of the person in the tenant and gives a token for it, as a sign-in with a
    /// password would. Whether they could sign in is not asked.
    pub(crate) async fn user_token(&self, user_id: &str, tenant_id: &str) -> DomainResult<String> {
        let tx = self.store().write().await?;
        let unknown = || DomainError::not_found("User not found");
        let user = user::Entity::find_by_id(user_id).one(&tx).await?.ok_or_else(unknown)?;
        tenants::require(&tx, tenant_id).await?;
        let configuration = configuration::get(&tx).await?;
        let opened = sessions::start(&tx, &configuration, (user_id, tenant_id), &["pwd"], &Visit::default()).await?;
        let mut claims = sessions::claims(&tx, &configuration, &user, &opened.session, tenant_id).await?;
        claims.life = Life::new(self.base_url(), Some(self.client_id()), tx.now(), configuration.token_lifetime());
        tx.commit().await?;
        self.sign(&Claims::UserToken(Box::new(claims))).await
    }
}
