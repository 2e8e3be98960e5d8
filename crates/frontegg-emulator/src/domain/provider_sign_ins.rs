//! Sign-ins that a browser has gone to an identity provider for, be it one of social sign-in, of a user pool or of a
//! connection of a tenant: it goes
//! with a state, and comes back with it and a code.
//!
//! A state is good once, for ten minutes, and in the browser that asked, which has a cookie: else somebody could sign
//! others in as themselves (RFC 6749 §10.12). Code verifier and nonce stay here, so a stolen code is of no use (RFC 7636).

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{DomainError, DomainResult};
use crate::{
    ids,
    openid::{self, AuthorizationRequest, Redemption},
    store::{Fetch, Read, Write, entity::provider_sign_in},
};

/// How long a browser may be away.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);

/// A browser that wants to go to a provider.
#[derive(Clone, Copy)]
pub(crate) struct Departure<'a> {
    pub(crate) provider_id: &'a str,
    /// Where it is to come back; the provider's own address when absent.
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) login_hint: Option<&'a str>,
    /// What only the browser knows.
    pub(crate) browser: &'a str,
}

/// A browser that has come back.
#[derive(Clone, Copy)]
pub(crate) struct Return<'a> {
    pub(crate) provider_id: &'a str,
    pub(crate) state: &'a str,
    pub(crate) code: &'a str,
    /// Where it came back; not looked at when absent.
    pub(crate) redirect_uri: Option<&'a str>,
    /// What the browser knows, one of which it must have left with.
    pub(crate) browsers: &'a [&'a str],
    /// Kept with a person who is new, JSON as text.
    pub(crate) metadata: Option<&'a str>,
}

/// What a provider is asked with for whoever sits there.
#[derive(Clone, Copy)]
pub(crate) struct Authorization<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) redirect_uri: &'a str,
}

/// Where the browser is to go; nowhere where the endpoint is no URL. What is kept of it is good for [`spend`] once.
pub(crate) async fn begin(
    tx: &Write,
    departure: Departure<'_>,
    asked: Authorization<'_>,
) -> DomainResult<Option<String>> {
    let (state, nonce, code_verifier) = (ids::new_secret(), ids::new_secret(), ids::new_secret());
    let request = AuthorizationRequest {
        endpoint: asked.endpoint,
        client_id: asked.client_id,
        redirect_uri: asked.redirect_uri,
        scope: asked.scope,
        state: &state,
        nonce: Some(nonce.as_str()).filter(|_| openid::asks_for_id_token(asked.scope)),
        code_verifier: &code_verifier,
        login_hint: departure.login_hint,
    };
    let Some(url) = request.url() else { return Ok(None) };
    let new = NewSignIn {
        provider_id: departure.provider_id,
        state: &state,
        browser: departure.browser,
        code_verifier: &code_verifier,
        nonce: &nonce,
        redirect_uri: asked.redirect_uri,
    };
    keep(tx, new).await?;
    Ok(Some(url))
}

/// A browser that goes to a provider, and how it will be known again.
#[derive(Clone, Copy)]
pub(crate) struct NewSignIn<'a> {
    pub(crate) provider_id: &'a str,
    /// What comes back with the browser.
    pub(crate) state: &'a str,
    /// What only the browser knows.
    pub(crate) browser: &'a str,
    pub(crate) code_verifier: &'a str,
    /// What the provider's answer has to name: the nonce, or by SAML the ID of the request.
    pub(crate) nonce: &'a str,
    /// Where it is to come back.
    pub(crate) redirect_uri: &'a str,
}

/// Keeps in mind that a browser went to a provider.
pub(crate) async fn keep(tx: &Write, new: NewSignIn<'_>) -> DomainResult<()> {
    // Dead ones go, or somebody could fill the store.
    let dead = provider_sign_in::Column::ExpiresAt.lte(tx.now());
    provider_sign_in::Entity::delete_many().filter(dead).exec(tx).await?;
    let row = provider_sign_in::ActiveModel {
        fingerprint: Set(ids::fingerprint(new.state)),
        provider_id: Set(new.provider_id.to_owned()),
        browser: Set(ids::fingerprint(new.browser)),
        code_verifier: Set(new.code_verifier.to_owned()),
        nonce: Set(new.nonce.to_owned()),
        redirect_uri: Set(new.redirect_uri.to_owned()),
        expires_at: Set(tx.now().after(LIFETIME)),
    };
    provider_sign_in::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// What was begun with the state, which is spent by this. A state that somebody else brings stays as it is.
pub(crate) async fn spend(tx: &Write, returned: Return<'_>) -> DomainResult<provider_sign_in::Model> {
    let begun = find(tx, returned.state, returned.browsers)
        .await?
        .filter(|begun| begun.provider_id == returned.provider_id)
        .filter(|begun| returned.redirect_uri.is_none_or(|address| address == begun.redirect_uri))
        .ok_or_else(refused)?;
    close(tx, &begun).await?;
    Ok(begun)
}

/// What was begun with the state, at whichever provider, by a browser that knows one of these.
pub(crate) async fn find(tx: &Read, state: &str, browsers: &[&str]) -> DomainResult<Option<provider_sign_in::Model>> {
    let browsers: Vec<String> = browsers.iter().map(|secret| ids::fingerprint(secret)).collect();
    Ok(provider_sign_in::Entity::find_by_id(ids::fingerprint(state))
        .filter(provider_sign_in::Column::Browser.is_in(browsers))
        .filter(provider_sign_in::Column::ExpiresAt.gt(tx.now()))
        .fetch_one(tx)
        .await?)
}

/// Nobody comes back by that any more.
pub(crate) async fn close(tx: &Write, begun: &provider_sign_in::Model) -> DomainResult<()> {
    provider_sign_in::Entity::delete_by_id(begun.fingerprint.as_str()).exec(tx).await?;
    Ok(())
}

/// Whoever is at that provider cannot come back from it.
pub(crate) async fn abandon(tx: &Write, provider_id: &str) -> DomainResult<()> {
    let theirs = provider_sign_in::Column::ProviderId.eq(provider_id);
    provider_sign_in::Entity::delete_many().filter(theirs).exec(tx).await?;
    Ok(())
}

/// What the code that came back with the state is redeemed with.
pub(crate) fn redemption<'a>(begun: &'a provider_sign_in::Model, returned: Return<'a>) -> Redemption<'a> {
    Redemption { code: returned.code, redirect_uri: &begun.redirect_uri, code_verifier: &begun.code_verifier }
}

/// One text for whatever is wrong, so that nobody probes with it.
pub(crate) fn refused() -> DomainError {
    DomainError::unauthorized("The social sign-in is not valid or has expired")
}
