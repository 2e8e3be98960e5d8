//! Signing in, or up, by a provider of social sign-in.

use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{providers, redirects};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        identifiers::emails,
        joining::sign_up::{self, Admitted, Newcomer},
        login::{self, ClientInfo, FirstFactor, Outcome},
        provider_sign_ins::{self, Authorization, Departure, Return},
        users::{self, NewUser},
    },
    openid::{self, ClientAuthentication, IdTokens, Person, Provider},
    outgoing::Outgoing,
    store::{
        Fetch, Store, Write,
        entity::{social_link, social_provider, user},
    },
};

/// Where the browser is to go. Where the emulator may not ask the provider afterwards, it stays.
pub(crate) async fn begin(tx: &Write, outgoing: &Outgoing, departure: Departure<'_>) -> DomainResult<String> {
    let provider = providers::require_active(tx, departure.provider_id).await?;
    outgoing.require(&provider.token_url)?;
    outgoing.require(&provider.user_info_url)?;
    let redirect_uri = departure.redirect_uri.unwrap_or(&provider.redirect_url);
    if !redirects::admits(&provider, redirect_uri) {
        return Err(DomainError::bad_request("redirectUri is none of the provider's"));
    }
    let asked = Authorization {
        endpoint: &provider.authorization_url,
        client_id: &provider.client_id,
        scope: &provider.scopes,
        redirect_uri,
    };
    let url = provider_sign_ins::begin(tx, departure, asked).await?;
    url.ok_or_else(|| DomainError::bad_request("authorizationUrl is not a URL"))
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
            let begun = provider_sign_ins::spend(tx, returned).await?;
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
    let person = asked.redeem(outgoing, provider_sign_ins::redemption(&begun, returned), now).await?;
    // Boxed, as it is a long way.
    store.attempt(async |tx| Box::pin(sign_in(tx, &provider, person, returned, client)).await).await
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
            return Err(provider_sign_ins::refused());
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
