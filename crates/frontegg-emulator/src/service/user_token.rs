//! A user's tokens without a sign-in, for tests that are about something else.

use crate::{
    domain::{
        DomainError, DomainResult,
        memberships::MemberKey,
        mfa,
        sessions::{self, ClientInfo},
        settings::configuration,
        tenants, users,
    },
    service::Service,
    store::Write,
    wire::{TokenRequest, UserTokens},
};

impl Service {
    /// Begins a session of the person in the tenant and gives its tokens, as a sign-in with a password would. Whether
    /// they could sign in is not asked. Without a tenant it is the one that they work in.
    pub(crate) async fn user_tokens(&self, wanted: &TokenRequest) -> DomainResult<UserTokens> {
        // No request began with it.
        self.follow().await;
        let begin = async |tx: &Write| -> DomainResult<_> {
            let user = users::meant(tx, &wanted.user).await?;
            let homeless = || DomainError::bad_request("tenant must be given: the user works in none");
            let tenant_id = wanted.tenant.as_ref().or(user.active_tenant_id.as_ref()).ok_or_else(homeless)?;
            tenants::require(tx, tenant_id).await?;
            let configuration = configuration::get(tx).await?;
            let member = MemberKey { user_id: &user.id, tenant_id };
            let opened = sessions::start(tx, &configuration, member, &["pwd"], &ClientInfo::default()).await?;
            let claims = sessions::claims(tx, &configuration, &user, &opened.session, tenant_id).await?;
            let payload = sessions::payload(tx, &configuration, &opened.session, claims).await?;
            Ok((opened, payload, configuration.token_lifetime()))
        };
        let (opened, payload, lifetime) = self.store().write(begin).await?;
        Ok(UserTokens {
            access_token: self.sign(&payload).await?,
            refresh_token: opened.refresh_token,
            expires_in: lifetime.as_secs(),
            user_id: opened.session.user_id,
            tenant_id: opened.session.tenant_id,
            session_id: opened.session.id,
        })
    }

    /// A code that an authenticator app of somebody shows: one that a sign-in takes now.
    pub(crate) async fn totp(&self, user: &str) -> DomainResult<String> {
        self.follow().await;
        let tx = self.store().read().await?;
        let user = users::meant(&tx, user).await?;
        mfa::authenticators::right_code(&tx, &user.id).await
    }
}
