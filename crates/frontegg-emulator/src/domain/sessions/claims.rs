//! What a user's token says of its holder.

use crate::{
    domain::{
        DomainResult, applications, environment, identifiers::emails, jwt_templates, roles,
        settings::configuration::IdentityConfiguration,
    },
    store::{
        Read,
        entity::{session, user},
    },
    tokens::{self, Claims, Payload, UserClaims},
};

/// Says that a second factor was asked for and given.
const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// The claims of a token of that session, for that tenant, as things are now; all but those about
/// the token itself.
pub(crate) async fn claims(
    tx: &Read,
    configuration: &IdentityConfiguration,
    user: &user::Model,
    session: &session::Model,
    tenant_id: &str,
) -> DomainResult<UserClaims> {
    let email = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?.remove(&user.id);
    let tenant_ids = tx.tenants_of(&user.id).await?;
    let held = roles::keys_in(tx, &user.id, tenant_id).await?;
    let amr: Vec<String> = session.amr.split_whitespace().map(str::to_owned).collect();
    Ok(UserClaims {
        sub: user.id.clone(),
        sid: session.id.clone(),
        tenant_id: tenant_id.to_owned(),
        tenant_ids: tokens::carried_tenants(&tenant_ids, tenant_id),
        name: user.name.clone(),
        email_verified: email.as_ref().is_some_and(|email| email.verified),
        email: email.map(|email| email.email),
        profile_picture_url: user.profile_picture_url.clone(),
        metadata: tokens::carried_metadata(&user.metadata),
        roles: configuration.add_roles_to_jwt.then_some(held.roles),
        permissions: configuration.add_permissions_to_jwt.then_some(held.permissions),
        acr: is_multi_factor(session).then(|| MULTI_FACTOR.to_owned()),
        amr,
        auth_time: Some(session.proven_at.seconds()),
        super_user: user.super_user,
        invisible: user.invisible,
        ..UserClaims::default()
    })
}

/// What a token says that is issued now with these claims, or with those that a template makes of them.
pub(crate) async fn payload(
    tx: &Read,
    configuration: &IdentityConfiguration,
    session: &session::Model,
    claims: UserClaims,
) -> DomainResult<Payload> {
    let application = applications::known_or_default(tx, session.application_id.as_deref()).await?;
    let identity = environment::identity(tx).await?;
    let audience = applications::audience(&identity.client_id, &application);
    let claims = claims.issued(tx.origin(), audience, tx.now(), configuration.token_lifetime());
    jwt_templates::shape(tx, Claims::UserToken(Box::new(claims))).await
}

/// Whether a session was raised by a second factor.
pub(crate) fn is_multi_factor(session: &session::Model) -> bool {
    session.amr.split_whitespace().any(|proof| proof == "mfa")
}
