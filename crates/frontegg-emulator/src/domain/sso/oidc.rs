//! Single sign-on by OpenID Connect: to the provider of a connection, and back.
//!
//! What comes back is checked in the order of [`Check`]. Whoever is refused learns that alone; which check it was is kept
//! for the control plane.

use serde_json::Value;

use super::{
    arrival::{Arrival, Told},
    attempts::{Attempt, Protocol, Refused},
    choice::{self, Applicant},
    conclusion::{conclude, refuse},
    connections, environment,
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        login::{ClientInfo, Outcome},
        provider_sign_ins::{self, Authorization, Departure},
    },
    openid::{self, Discovery, IdTokenError, IdTokens, OpenIdError, Person, Provider, Redemption},
    outgoing::Outgoing,
    store::{
        Store, Write,
        entity::{provider_sign_in, sso_connection},
    },
};

/// What providers are asked for.
const SCOPE: &str = "openid email profile";
/// Of those that know it; also the claim in which they name the groups.
const GROUPS: &str = "groups";

/// What is checked of somebody who comes back, by the numbers that the control plane tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Check {
    /// The state is of a sign-in that this browser has begun, and its connection is as it was.
    State = 1,
    /// The provider tells of no error (RFC 6749 §4.1.2.1).
    Error = 2,
    /// The answer is of this provider, as far as it says so (RFC 9207 §2.4).
    Issuer = 3,
    /// The provider takes the code.
    Code = 4,
    /// The browser has come back where it was to come.
    RedirectUri = 5,
    /// The ID token is signed by an algorithm with a public half (RFC 8725 §3.1).
    Algorithm = 6,
    Signature = 7,
    TokenIssuer = 8,
    Audience = 9,
    Time = 10,
    Nonce = 11,
    AccessToken = 12,
    Subject = 13,
    /// The provider knows the address, and does not call it unproven.
    Email = 14,
    /// The address is one that the connection may speak for.
    Person = 15,
}

impl Check {
    fn failed(self, reason: impl Into<String>) -> Refused {
        Refused::by(self as u8, reason)
    }
}

/// A browser that has come back.
#[derive(Clone, Copy)]
pub(crate) struct Return<'a> {
    pub(crate) state: &'a str,
    pub(crate) code: Option<&'a str>,
    /// What the provider says went wrong.
    pub(crate) error: Option<&'a str>,
    /// Who the provider says that it is.
    pub(crate) issuer: Option<&'a str>,
    /// Where it came back; not looked at when absent.
    pub(crate) redirect_uri: Option<&'a str>,
    /// What the browser knows, one of which it must have left with.
    pub(crate) browsers: &'a [&'a str],
}

/// Where somebody's browser is to go for a connection. Begin no transaction before: the provider is asked where that is.
pub(super) async fn begin(
    store: &Store,
    outgoing: &Outgoing,
    connection: &sso_connection::Model,
    applicant: Applicant<'_>,
    browser: &str,
) -> DomainResult<String> {
    let discovery = discover(outgoing, connection).await?;
    outgoing.require(&discovery.token_endpoint)?;
    let scope = if discovery.knows_scope(GROUPS) { format!("{SCOPE} {GROUPS}") } else { SCOPE.to_owned() };
    store
        .write(async |tx| {
            // It may have been changed meanwhile.
            let chosen = choice::choose(tx, applicant).await?.filter(|chosen| chosen == connection);
            let connection = chosen.ok_or_else(choice::not_configured)?;
            let asked = Authorization {
                endpoint: &discovery.authorization_endpoint,
                client_id: &connection.oidc_client_id,
                scope: &scope,
                redirect_uri: &environment::oidc(tx).await?.redirect_uri,
            };
            let departure = Departure {
                provider_id: &connection.id,
                redirect_uri: None,
                login_hint: Some(applicant.address),
                browser,
            };
            let url = provider_sign_ins::begin(tx, departure, asked).await?;
            url.ok_or_else(|| DomainError::bad_gateway("The provider's authorization endpoint is no URL"))
        })
        .await
}

/// Signs in whoever the provider says that came back. Begin no transaction before: the provider is asked meanwhile.
pub(crate) async fn finish(
    store: &Store,
    outgoing: &Outgoing,
    returned: Return<'_>,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    let Some((begun, connection)) = store.write(async |tx| begun(tx, returned).await).await? else {
        let refused = Check::State.failed("the state is not of a sign-in of this browser");
        return refuse(store, attempt(None), &refused).await;
    };
    let person = match redeem(store, outgoing, &begun, &connection, returned).await? {
        Ok(person) => person,
        Err(refused) => return refuse(store, attempt(Some(&connection)), &refused).await,
    };
    // Boxed, as it is a long way.
    store.attempt(async |tx| Box::pin(enter(tx, &connection, &person, client)).await).await
}

/// What was begun with the state, which is spent by this, and the connection that it went to.
async fn begun(
    tx: &Write,
    returned: Return<'_>,
) -> DomainResult<Option<(provider_sign_in::Model, sso_connection::Model)>> {
    let Some(begun) = provider_sign_ins::find(tx, returned.state, returned.browsers).await? else { return Ok(None) };
    let Some(connection) = connections::find(tx, &begun.provider_id).await? else { return Ok(None) };
    if !connection.kind.is_openid() {
        return Ok(None);
    }
    provider_sign_ins::close(tx, &begun).await?;
    let takes_part = choice::takes_part(tx, &connection).await?;
    Ok(takes_part.then_some((begun, connection)))
}

/// Checks all that the provider says; an error is one of the provider's, which is not the browser's.
async fn redeem(
    store: &Store,
    outgoing: &Outgoing,
    begun: &provider_sign_in::Model,
    connection: &sso_connection::Model,
    returned: Return<'_>,
) -> DomainResult<Result<Person, Refused>> {
    if let Some(error) = returned.error {
        return Ok(Err(Check::Error.failed(error)));
    }
    let discovery = discover(outgoing, connection).await?;
    match returned.issuer {
        Some(issuer) if issuer != discovery.issuer => {
            return Ok(Err(Check::Issuer.failed("the answer is of another provider")));
        }
        None if discovery.announces_issuer() => {
            return Ok(Err(Check::Issuer.failed("the answer does not say of which provider it is")));
        }
        _ => {}
    }
    let Some(code) = returned.code else { return Ok(Err(Check::Code.failed("there is no code"))) };
    if returned.redirect_uri.is_some_and(|address| address != begun.redirect_uri) {
        return Ok(Err(Check::RedirectUri.failed("the browser has come back elsewhere")));
    }
    let provider = Provider {
        client_id: &connection.oidc_client_id,
        client_secret: &connection.oidc_secret,
        token_endpoint: &discovery.token_endpoint,
        user_info_endpoint: discovery.userinfo_endpoint.as_deref(),
        authentication: discovery.authentication(),
        id_tokens: IdTokens::Of { discovery: &discovery, nonce: &begun.nonce },
    };
    let redemption = Redemption { code, redirect_uri: &begun.redirect_uri, code_verifier: &begun.code_verifier };
    let now = store.read().await?.now();
    match provider.redeem(outgoing, redemption, now).await {
        Ok(person) => Ok(Ok(person)),
        Err(error) => match check_of(&error) {
            Some(check) => Ok(Err(check.failed(error.to_string()))),
            None => Err(error.into()),
        },
    }
}

/// The check that somebody has failed; none where it is the provider that cannot be used.
fn check_of(error: &OpenIdError) -> Option<Check> {
    Some(match error {
        OpenIdError::Outgoing(_) | OpenIdError::Unusable(_) => return None,
        OpenIdError::Code(_) => Check::Code,
        OpenIdError::UserInfo | OpenIdError::Subject => Check::Subject,
        OpenIdError::IdToken(error) => match error {
            IdTokenError::Missing | IdTokenError::Form | IdTokenError::Algorithm => Check::Algorithm,
            IdTokenError::Signature => Check::Signature,
            IdTokenError::Issuer => Check::TokenIssuer,
            IdTokenError::Audience => Check::Audience,
            IdTokenError::Time => Check::Time,
            IdTokenError::Nonce => Check::Nonce,
            IdTokenError::AccessToken => Check::AccessToken,
            IdTokenError::Subject => Check::Subject,
        },
    })
}

async fn enter(
    tx: &Write,
    connection: &sso_connection::Model,
    person: &Person,
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    // It may have been changed or removed meanwhile.
    let is_same = connections::find(tx, &connection.id).await?.is_some_and(|present| present == *connection);
    let arrived = match told(connection, person) {
        _ if !is_same => Err(Check::State.failed("the connection has been changed")),
        Ok(told) => Arrival { connection, told: &told, check: Check::Person as u8 }.enter(tx).await?,
        Err(refused) => Err(refused),
    };
    let attempt = Attempt { connection: is_same.then_some(connection), ..attempt(Some(connection)) };
    conclude(tx, attempt, connection, arrived, None, client).await
}

/// What is known of a sign-in that goes to a connection.
fn attempt(connection: Option<&sso_connection::Model>) -> Attempt<'_> {
    let issuer = connection.map(|connection| connection.sso_endpoint.as_str());
    Attempt { protocol: Protocol::OpenIdConnect, connection, issuer }
}

/// What the provider says, as far as it says enough.
fn told(connection: &sso_connection::Model, person: &Person) -> Result<Told, Refused> {
    let Some(email) = &person.email else { return Err(Check::Email.failed("the provider tells no address")) };
    if person.email_verified == Some(false) {
        return Err(Check::Email.failed("the provider calls the address unproven"));
    }
    let groups = match person.claims.get(GROUPS) {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Told {
        issuer: connection.sso_endpoint.clone(),
        subject: person.subject.clone(),
        email: email.clone(),
        name: person.name.clone(),
        picture: person.picture.clone(),
        groups,
    })
}

/// The provider's document, which must be that of the issuer (OpenID Connect Discovery 4.3).
async fn discover(outgoing: &Outgoing, connection: &sso_connection::Model) -> DomainResult<Discovery> {
    let issuer = connection.sso_endpoint.as_str();
    Ok(openid::discover(outgoing, &openid::well_known(issuer), Some(issuer)).await?)
}
