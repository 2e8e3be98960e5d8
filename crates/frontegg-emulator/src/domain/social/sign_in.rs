//! Signing in by a provider: the browser goes there with a state, and comes back with it and a code.
//!
//! A state is good once, for ten minutes, and in the browser that asked, which has a cookie: else somebody could sign
//! others in as themselves (RFC 6749 §10.12). Code verifier and nonce stay here, so a stolen code is of no use (RFC 7636).

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{providers, redirects};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        identifiers::emails,
        joining::sign_up::{self, Admitted, Newcomer},
        login::{self, ClientInfo, FirstFactor, Outcome},
        users::{self, NewUser},
    },
    ids,
    openid::{self, AuthorizationRequest, ClientAuthentication, IdTokens, Person, Provider, Redemption},
    outgoing::Outgoing,
    store::{
        Fetch, Store, Write,
        entity::{social_link, social_provider, social_sign_in, user},
    },
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

/// Where the browser is to go. Where the emulator may not ask the provider afterwards, it stays.
pub(crate) async fn begin(tx: &Write, outgoing: &Outgoing, departure: Departure<'_>) -> DomainResult<String> {
    let provider = providers::require_active(tx, departure.provider_id).await?;
    outgoing.require(&provider.token_url)?;
    outgoing.require(&provider.user_info_url)?;
    let redirect_uri = departure.redirect_uri.unwrap_or(&provider.redirect_url);
    if !redirects::admits(&provider, redirect_uri) {
        return Err(DomainError::bad_request("redirectUri is none of the provider's"));
    }
    let (state, nonce, code_verifier) = (ids::new_secret(), ids::new_secret(), ids::new_secret());
    let request = AuthorizationRequest {
        endpoint: &provider.authorization_url,
        client_id: &provider.client_id,
        redirect_uri,
        scope: &provider.scopes,
        state: &state,
        nonce: Some(nonce.as_str()).filter(|_| openid::asks_for_id_token(&provider.scopes)),
        code_verifier: &code_verifier,
        login_hint: departure.login_hint,
    };
    let url = request.url().ok_or_else(|| DomainError::bad_request("authorizationUrl is not a URL"))?;
    // Dead ones go, or somebody could fill the store.
    let dead = social_sign_in::Column::ExpiresAt.lte(tx.now());
    social_sign_in::Entity::delete_many().filter(dead).exec(tx).await?;
    let row = social_sign_in::ActiveModel {
        fingerprint: Set(ids::fingerprint(&state)),
        browser: Set(ids::fingerprint(departure.browser)),
        redirect_uri: Set(redirect_uri.to_owned()),
        provider_id: Set(provider.id),
        code_verifier: Set(code_verifier),
        nonce: Set(nonce),
        expires_at: Set(tx.now().after(LIFETIME)),
    };
    social_sign_in::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(url)
}

/// Signs in whoever the provider says that came back. Begin no transaction before: the provider is asked meanwhile.
pub(crate) async fn finish(
    store: &Store,
    outgoing: &Outgoing,
    returned: Return<'_>,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    let (provider, begun, now) = store
        .write(async |tx| {
            let provider = providers::require_active(tx, returned.provider_id).await?;
            let begun = spend(tx, returned).await?;
            DomainResult::Ok((provider, begun, tx.now()))
        })
        .await?;
    let asked = Provider {
        client_id: &provider.client_id,
        client_secret: &provider.secret,
        token_endpoint: &provider.token_url,
        user_info_endpoint: Some(&provider.user_info_url),
        // What a provider of OAuth takes is told by no document.
        authentication: ClientAuthentication::Either,
        id_tokens: if openid::asks_for_id_token(&provider.scopes) {
            IdTokens::Discovered { nonce: &begun.nonce }
        } else {
            IdTokens::None
        },
    };
    let redemption =
        Redemption { code: returned.code, redirect_uri: &begun.redirect_uri, code_verifier: &begun.code_verifier };
    let person = asked.redeem(outgoing, redemption, now).await?;
    // Boxed, as it is a long way.
    store.attempt(async |tx| Box::pin(sign_in(tx, &provider, person, returned, client)).await).await
}

/// What was begun with the state, which is spent by this. A state that somebody else brings stays as it is.
async fn spend(tx: &Write, returned: Return<'_>) -> DomainResult<social_sign_in::Model> {
    let browsers: Vec<String> = returned.browsers.iter().map(|secret| ids::fingerprint(secret)).collect();
    let begun = social_sign_in::Entity::find_by_id(ids::fingerprint(returned.state))
        .filter(social_sign_in::Column::ProviderId.eq(returned.provider_id))
        .filter(social_sign_in::Column::Browser.is_in(browsers))
        .filter(social_sign_in::Column::ExpiresAt.gt(tx.now()))
        .fetch_one(tx)
        .await?
        .filter(|begun| returned.redirect_uri.is_none_or(|address| address == begun.redirect_uri))
        .ok_or_else(refused)?;
    social_sign_in::Entity::delete_by_id(begun.fingerprint.as_str()).exec(tx).await?;
    Ok(begun)
}

/// One text for whatever is wrong, so that nobody probes with it.
pub(crate) fn refused() -> DomainError {
    DomainError::unauthorized("The social sign-in is not valid or has expired")
}

async fn sign_in(
    tx: &Write,
    provider: &social_provider::Model,
    person: Person,
    returned: Return<'_>,
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    // It may have been removed or switched off meanwhile.
    providers::require_active(tx, &provider.id).await?;
    if let Some(user) = known(tx, provider, &person).await? {
        return login::first_factor_done(tx, user, FirstFactor::Social, client).await.map(Tried::Done);
    }
    let subject = person.subject.clone();
    let Admitted { user, waits, .. } = sign_up::by_provider(tx, newcomer(person, returned)?, client).await?;
    link(tx, provider, &subject, &user.id).await?;
    if waits {
        return Ok(Tried::Refused(DomainError::forbidden("User is not verified")));
    }
    let client = sign_up::arrived(client);
    login::first_factor_done(tx, user, FirstFactor::Social, &client).await.map(Tried::Done)
}

/// Who that is, if anybody: whoever the provider knows by that subject, else the holder of the address. An address says
/// who somebody is only where the provider says that it is theirs.
async fn known(tx: &Write, provider: &social_provider::Model, person: &Person) -> DomainResult<Option<user::Model>> {
    let proven = person.email_verified == Some(true);
    let key = (provider.id.clone(), person.subject.clone());
    let linked = social_link::Entity::find_by_id(key).fetch_one(tx).await?;
    let holder = match &person.email {
        Some(email) => emails::find(tx, email).await?,
        None => None,
    };
    let user_id = match (linked, &holder) {
        (Some(link), _) => link.user_id,
        (None, Some(holder)) if proven => holder.user_id.clone(),
        (None, Some(_)) => {
            tracing::debug!(provider = provider.id, "an address that is not proven is somebody's");
            return Err(refused());
        }
        (None, None) => return Ok(None),
    };
    if proven && holder.is_some_and(|row| row.user_id == user_id && row.is_primary) {
        users::prove(tx, &user_id).await?;
    }
    link(tx, provider, &person.subject, &user_id).await?;
    users::require(tx, &user_id).await.map(Some)
}

/// Who comes by the provider with that subject is that person from now on.
async fn link(tx: &Write, provider: &social_provider::Model, subject: &str, user_id: &str) -> DomainResult<()> {
    let row = social_link::ActiveModel {
        provider_id: Set(provider.id.clone()),
        subject: Set(subject.to_owned()),
        user_id: Set(user_id.to_owned()),
        created_at: Set(tx.stamp()),
    };
    social_link::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    Ok(())
}

/// Somebody who signs up by coming. Their tenant, if they get one of their own, has their name.
fn newcomer(person: Person, returned: Return<'_>) -> DomainResult<Newcomer> {
    let nameless = || DomainError::forbidden("The provider tells no email address, by which people are known");
    let email = person.email.ok_or_else(nameless)?;
    let company_name = person.name.clone().unwrap_or_else(|| email.clone());
    Ok(Newcomer {
        person: NewUser {
            email: Some(email),
            name: person.name,
            profile_picture_url: person.picture,
            metadata: returned.metadata.map(str::to_owned),
            verified: person.email_verified == Some(true),
            ..NewUser::default()
        },
        company_name,
        ..Newcomer::default()
    })
}
