//! A user's token without a sign-in, for tests that are about something else.

use sea_orm::EntityTrait;

use crate::{
    domain::{
        DomainError, DomainResult,
        memberships::MemberKey,
        sessions::{self, ClientInfo},
        settings::configuration,
        tenants,
    },
    service::Service,
    store::{Fetch, Write, entity::user},
    tokens::Payload,
};

impl Service {
    /// Begins a session of the person in the tenant and gives a token for it, as a sign-in with a
    /// password would. Whether they could sign in is not asked.
    pub(crate) async fn user_token(&self, user_id: &str, tenant_id: &str) -> DomainResult<String> {
        // No request began with it.
        self.follow().await;
        let begin = async |tx: &Write| -> DomainResult<Payload> {
            let unknown = || DomainError::not_found("User not found");
            let user = user::Entity::find_by_id(user_id).fetch_one(tx).await?.ok_or_else(unknown)?;
            tenants::require(tx, tenant_id).await?;
            let configuration = configuration::get(tx).await?;
            let opened =
                sessions::start(tx, &configuration, MemberKey { user_id, tenant_id }, &["pwd"], &ClientInfo::default())
                    .await?;
            let claims = sessions::claims(tx, &configuration, &user, &opened.session, tenant_id).await?;
            sessions::payload(tx, &configuration, &opened.session, claims).await
        };
        let payload = self.store().write(begin).await?;
        self.sign(&payload).await
    }
}
