//! Single sign-on by SAML 2.0: to the provider of a connection, and back.
//!
//! What comes back is checked in the order of [`Check`]. Whoever is refused learns that alone; which check it was is kept
//! for the control plane.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{
    arrival::{Arrival, Told},
    attempts::{Attempt, Protocol, Refused},
    choice::{self, Applicant},
    conclusion::{conclude, refuse},
    connections,
    environment::{self, ServiceProvider},
    key,
};
use crate::{
    clock::Timestamp,
    domain::{
        DomainError, DomainResult, Tried,
        login::{ClientInfo, Outcome},
        provider_sign_ins::{self, NewSignIn},
    },
    ids,
    saml::{
        answer::{self, Accepted, Answer, Check, Expected, InResponseTo},
        certificates::Certificate,
        request::{self, AuthnRequest},
    },
    store::{
        Fetch, Read, Store, Write,
        entity::{sso_connection, sso_replay},
    },
};

/// A browser that has come back.
#[derive(Clone, Copy)]
pub(crate) struct Return<'a> {
    /// The field `SAMLResponse`.
    pub(crate) response: &'a str,
    /// The field `RelayState`, by which the sign-in is known.
    pub(crate) relay_state: Option<&'a str>,
    /// The tenant that somebody who began at the provider wants to enter, where they say.
    pub(crate) tenant_id: Option<&'a str>,
    /// What the browser knows, one of which it must have left with.
    pub(crate) browsers: &'a [&'a str],
}

/// What an answer can be to.
struct Begun {
    connection: sso_connection::Model,
    /// The ID of the request; none where somebody began at the provider.
    request: Option<String>,
    own: ServiceProvider,
}

/// Where somebody's browser is to go for a connection. Begin no transaction before: the key may have to be made.
pub(super) async fn begin(
    store: &Store,
    connection: &sso_connection::Model,
    applicant: Applicant<'_>,
    browser: &str,
) -> DomainResult<String> {
    let key = if connection.sign_request { Some(key::ensure(store).await?) } else { None };
    store
        .write(async |tx| {
            // It may have been changed meanwhile.
            let chosen = choice::choose(tx, applicant).await?.filter(|chosen| chosen == connection);
            let connection = chosen.ok_or_else(choice::not_configured)?;
            let own = environment::service_provider(tx, Some(&connection)).await?;
            let (id, state) = (request::new_id(), ids::new_secret());
            let asked = AuthnRequest {
                id: &id,
                issued_at: tx.now(),
                destination: &connection.sso_endpoint,
                issuer: &own.sp_entity_id,
                acs_url: &own.acs_url,
                relay_state: &state,
            };
            let url = asked.url(key.as_ref()).map_err(DomainError::internal)?;
            let new = NewSignIn {
                provider_id: &connection.id,
                state: &state,
                browser,
                code_verifier: "",
                nonce: &id,
                redirect_uri: &own.acs_url,
            };
            provider_sign_ins::keep(tx, new).await?;
            Ok(url)
        })
        .await
}

/// Signs in whoever the provider says that came back.
pub(crate) async fn finish(store: &Store, returned: Return<'_>, client: &ClientInfo) -> DomainResult<Outcome> {
    let read = Answer::read(returned.response);
    let answer = match read {
        Ok(answer) => answer,
        Err(refused) => return refuse(store, attempt(None), &own(&refused)).await,
    };
    let issuer = if answer.claims_request() { None } else { answer.claimed_issuer() };
    let begun = store.write(async |tx| match begun(tx, returned).await? {
        None => unsolicited(tx, issuer.as_deref(), returned).await,
        begun => Ok(begun),
    });
    let Some(begun) = begun.await? else {
        let refused = Check::SignIn.refuses("no sign-in of this browser is under way");
        return refuse(store, attempt(None), &own(&refused)).await;
    };
    let now = store.read().await?.now();
    let accepted = match verify(&answer, &begun, now)? {
        Ok(accepted) => accepted,
        Err(refused) => return refuse(store, attempt(Some(&begun.connection)), &own(&refused)).await,
    };
    // Boxed, as it is a long way.
    store.attempt(async |tx| Box::pin(enter(tx, &begun.connection, &accepted, client)).await).await
}

/// What was begun with the state, which is spent by this, and the connection that it went to.
async fn begun(tx: &Write, returned: Return<'_>) -> DomainResult<Option<Begun>> {
    let Some(state) = returned.relay_state else { return Ok(None) };
    let Some(sign_in) = provider_sign_ins::find(tx, state, returned.browsers).await? else { return Ok(None) };
    let Some(connection) = connections::find(tx, &sign_in.provider_id).await? else { return Ok(None) };
    if connection.kind.is_openid() {
        return Ok(None);
    }
    provider_sign_ins::close(tx, &sign_in).await?;
    if !choice::takes_part(tx, &connection).await? {
        return Ok(None);
    }
    let own = environment::service_provider(tx, Some(&connection)).await?;
    // The address that the request has named.
    let own = ServiceProvider { acs_url: sign_in.redirect_uri, ..own };
    Ok(Some(Begun { connection, request: Some(sign_in.nonce), own }))
}

/// Where the environment lets people begin at their provider (Profiles 4.1.5), the connection is known by the issuer. An
/// answer that names a request is never of this kind, and one that several tenants could mean is none's.
async fn unsolicited(tx: &Read, issuer: Option<&str>, returned: Return<'_>) -> DomainResult<Option<Begun>> {
    let Some(issuer) = issuer else { return Ok(None) };
    if !environment::lets_providers_begin(tx).await? {
        return Ok(None);
    }
    let mut candidates = Vec::new();
    for connection in connections::of_issuer(tx, issuer).await? {
        let is_meant = returned.tenant_id.is_none_or(|tenant_id| connection.tenant_id == tenant_id);
        if is_meant && !connection.kind.is_openid() && choice::takes_part(tx, &connection).await? {
            candidates.push(connection);
        }
    }
    let mut candidates = candidates.into_iter();
    let Some(connection) = candidates.next() else { return Ok(None) };
    if candidates.any(|other| other.tenant_id != connection.tenant_id) {
        return Ok(None);
    }
    let own = environment::service_provider(tx, Some(&connection)).await?;
    Ok(Some(Begun { connection, request: None, own }))
}

/// Checks all that the answer says by itself.
fn verify(answer: &Answer, begun: &Begun, now: Timestamp) -> DomainResult<Result<Accepted, answer::Refused>> {
    let stored = connections::certificates(&begun.connection)?;
    let certificates: Vec<Certificate> =
        stored.iter().map(|text| Certificate::read(text)).collect::<Result<_, _>>().map_err(DomainError::internal)?;
    for certificate in certificates.iter().filter(|certificate| certificate.expires_at() <= now) {
        tracing::warn!(
            connection = begun.connection.id,
            expired_at = %certificate.expires_at(),
            "the certificate of a provider has expired; its key is trusted all the same"
        );
    }
    let expected = Expected {
        acs_url: &begun.own.acs_url,
        sp_entity_id: &begun.own.sp_entity_id,
        certificates: &certificates,
        issuer: begun.connection.issuer.as_deref(),
        in_response_to: begun.request.as_deref().map_or(InResponseTo::Nothing, InResponseTo::Request),
        now,
    };
    Ok(answer.verify(&expected))
}

async fn enter(
    tx: &Write,
    connection: &sso_connection::Model,
    accepted: &Accepted,
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    // It may have been changed or removed meanwhile.
    let is_same = connections::find(tx, &connection.id).await?.is_some_and(|present| present == *connection);
    let told = told(accepted);
    let arrived = if !is_same {
        Err(own(&Check::SignIn.refuses("the connection has been changed")))
    } else if !is_new(tx, connection, accepted).await? {
        Err(own(&Check::Replay.refuses("it was accepted before")))
    } else {
        Arrival { connection, told: &told, check: Check::Person.number() }.enter(tx).await?
    };
    if arrived.is_ok() {
        learn_issuer(tx, connection, &accepted.issuer).await?;
    }
    let attempt =
        Attempt { protocol: Protocol::Saml, connection: is_same.then_some(connection), issuer: Some(&accepted.issuer) };
    conclude(tx, attempt, connection, arrived, accepted.session_ends_at.map(Timestamp::micros), client).await
}

/// Whether neither response nor assertion was accepted before; from now on they were.
async fn is_new(tx: &Write, connection: &sso_connection::Model, accepted: &Accepted) -> DomainResult<bool> {
    // Dead ones go, or they would fill the store.
    sso_replay::Entity::delete_many().filter(sso_replay::Column::ExpiresAt.lte(tx.now())).exec(tx).await?;
    for id in &accepted.ids {
        let key = (connection.id.clone(), id.clone());
        if sso_replay::Entity::find_by_id(key).fetch_one(tx).await?.is_some() {
            return Ok(false);
        }
        let row = sso_replay::ActiveModel {
            connection_id: Set(connection.id.clone()),
            id: Set(id.clone()),
            expires_at: Set(accepted.remembered_until),
        };
        sso_replay::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(true)
}

/// A provider whose entity id nobody has told keeps the first one that it was accepted by.
async fn learn_issuer(tx: &Write, connection: &sso_connection::Model, issuer: &str) -> DomainResult<()> {
    if connection.issuer.is_some() {
        return Ok(());
    }
    let mut row = connection.clone().into_active_model();
    row.issuer = Set(Some(issuer.to_owned()));
    row.update(tx).await?;
    Ok(())
}

fn told(accepted: &Accepted) -> Told {
    let names: Vec<&str> =
        [&accepted.given_name, &accepted.surname].into_iter().flatten().map(String::as_str).collect();
    Told {
        issuer: accepted.issuer.clone(),
        subject: accepted.name_id.to_subject(),
        email: accepted.email.clone(),
        name: (!names.is_empty()).then(|| names.join(" ")),
        picture: None,
        groups: accepted.groups.clone(),
    }
}

fn own(refused: &answer::Refused) -> Refused {
    Refused::by(refused.check.number(), refused.reason.clone())
}

/// What is known of a sign-in whose answer is not accepted.
fn attempt(connection: Option<&sso_connection::Model>) -> Attempt<'_> {
    let issuer = connection.and_then(|connection| connection.issuer.as_deref());
    Attempt { protocol: Protocol::Saml, connection, issuer }
}
