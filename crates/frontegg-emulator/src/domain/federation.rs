//! Signing in by a federation pool: a provider of OpenID Connect or OAuth 2.0 says who came, and whoever is unknown here
//! is made a person as the pool says.

use std::borrow::Cow;

use frontegg_model::types::FederationUserSourceConfig;
use serde_json::{Map, Value};

use super::{
    DomainError, DomainResult,
    identifiers::emails,
    input,
    login::{self, ClientInfo, FirstFactor, Outcome},
    provider_sign_ins::{self, Authorization, Departure, Return},
    user_pools::{
        self, Configuration,
        accounts::UserPoolPerson,
        arrival::Arrival,
        configuration::{self, Rules},
        people::{self, PoolKey},
    },
    users,
};
use crate::{
    openid::{self, ClientAuthentication, Discovery, IdTokens, Person, Provider},
    outgoing::Outgoing,
    store::{
        Read, Store, Write,
        entity::{user, user_email},
    },
};

/// What a provider that tells of itself is asked for, and one of OAuth alone where no scopes are told.
const OPENID_SCOPE: &str = "openid email profile";
const OAUTH_SCOPE: &str = "email profile";

/// Claims that say something of the token or stand elsewhere in a profile; the others are attributes of the person.
const NO_ATTRIBUTES: [&str; 18] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "email",
    "email_verified",
    "exp",
    "iat",
    "iss",
    "jti",
    "name",
    "nbf",
    "nonce",
    "picture",
    "sub",
];

/// A pool with what it is told of its provider.
struct Federation {
    pool_id: String,
    configuration: FederationUserSourceConfig,
    rules: Rules,
}

/// Where the provider is, and how it is spoken to.
struct Endpoints<'a> {
    authorization: Cow<'a, str>,
    token: Cow<'a, str>,
    user_info: Option<Cow<'a, str>>,
    scope: Cow<'a, str>,
    authentication: ClientAuthentication,
    discovery: Option<Discovery>,
}

/// Whether the pool with that id is one of these, and serves the application.
pub(crate) async fn is_pool(store: &Store, id: &str, client: &ClientInfo) -> DomainResult<bool> {
    let tx = store.read().await?;
    Ok(find(&tx, id, client).await?.is_some())
}

/// Where the browser is to go. Begin no transaction before: the provider may be asked where that is.
pub(crate) async fn begin(
    store: &Store,
    outgoing: &Outgoing,
    departure: Departure<'_>,
    client: &ClientInfo,
) -> DomainResult<String> {
    let tx = store.read().await?;
    let federation = require(&tx, departure.provider_id, client).await?;
    drop(tx);
    let redirect_uri = departure.redirect_uri.filter(|address| input::is_redirect(address));
    let redirect_uri =
        redirect_uri.ok_or_else(|| DomainError::bad_request("redirectUri must be a URL of http, https or an app"))?;
    let endpoints = federation.endpoints(outgoing).await?;
    outgoing.require(&endpoints.token)?;
    let asked = Authorization {
        endpoint: &endpoints.authorization,
        client_id: &federation.configuration.client_id,
        scope: &endpoints.scope,
        redirect_uri,
    };
    store
        .write(async |tx| {
            require(tx, departure.provider_id, client).await?;
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
    let (federation, begun, now) = store
        .write(async |tx| {
            let federation = require(tx, returned.provider_id, client).await?;
            DomainResult::Ok((federation, provider_sign_ins::spend(tx, returned).await?, tx.now()))
        })
        .await?;
    let endpoints = federation.endpoints(outgoing).await?;
    let id_tokens = match &endpoints.discovery {
        Some(discovery) => IdTokens::Of { discovery, nonce: &begun.nonce },
        None if openid::asks_for_id_token(&endpoints.scope) => IdTokens::Discovered { nonce: &begun.nonce },
        None => IdTokens::None,
    };
    let provider = Provider {
        client_id: &federation.configuration.client_id,
        client_secret: federation.configuration.secret.expose(),
        token_endpoint: &endpoints.token,
        user_info_endpoint: endpoints.user_info.as_deref(),
        authentication: endpoints.authentication,
        id_tokens,
    };
    let person = provider.redeem(outgoing, provider_sign_ins::redemption(&begun, returned), now).await?;
    // Boxed, as it is a long way.
    store.write(async |tx| Box::pin(sign_in(tx, &federation.pool_id, person, client)).await).await
}

async fn sign_in(tx: &Write, pool_id: &str, person: Person, client: &ClientInfo) -> DomainResult<Outcome> {
    // It may have been changed or removed meanwhile.
    let federation = require(tx, pool_id, client).await?;
    let subject = person.subject.clone();
    let told = told(person)?;
    let key = PoolKey { pool_id, account_key: &subject };
    let arrival = Arrival { pool: key, rules: &federation.rules, person: &told, password_hash: None };
    let user = match people::user_id(tx, key).await? {
        Some(user_id) => arrival.again(tx, &user_id).await?,
        None => match emails::find(tx, &told.email).await? {
            Some(holder) => known(tx, &holder, &told).await?,
            None => arrival.first(tx).await?,
        },
    };
    login::first_factor_done(tx, user, FirstFactor::Social, client).await
}

/// Whoever holds the address here. It says who somebody is only where the provider says that it is theirs, which proves
/// it here as well.
async fn known(tx: &Write, holder: &user_email::Model, told: &UserPoolPerson) -> DomainResult<user::Model> {
    if !told.email_verified {
        return Err(provider_sign_ins::refused());
    }
    if holder.is_primary {
        users::prove(tx, &holder.user_id).await?;
    }
    users::require(tx, &holder.user_id).await
}

/// What the provider tells, as a pool tells of its people.
fn told(person: Person) -> DomainResult<UserPoolPerson> {
    let nameless = || DomainError::forbidden("The provider tells no email address, by which people are known");
    let mut told = UserPoolPerson::new(person.email.ok_or_else(nameless)?);
    told.email_verified = person.email_verified == Some(true);
    told.name = person.name;
    told.profile_picture_url = person.picture;
    told.metadata = attributes(person.claims);
    Ok(told)
}

fn attributes(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, _| !NO_ATTRIBUTES.contains(&name.as_str()));
    claims
}

/// The pool, or 404: also where it does not serve the application.
async fn require(tx: &Read, id: &str, client: &ClientInfo) -> DomainResult<Federation> {
    find(tx, id, client).await?.ok_or_else(user_pools::unknown)
}

async fn find(tx: &Read, id: &str, client: &ClientInfo) -> DomainResult<Option<Federation>> {
    let catalog = tx.catalog().await?;
    let pools = user_pools::serving(&catalog, client.application_id.as_deref());
    let Some(pool) = pools.into_iter().find(|pool| pool.row.id == id) else { return Ok(None) };
    let found = configuration::of(&pool.row)?;
    let rules = found.rules();
    let Configuration::Federation(configuration) = found else { return Ok(None) };
    Ok(Some(Federation { pool_id: pool.row.id.clone(), configuration, rules }))
}

impl Federation {
    /// As the provider tells of itself, or else as the pool was told.
    async fn endpoints(&self, outgoing: &Outgoing) -> DomainResult<Endpoints<'_>> {
        if let Some(address) = &self.configuration.wellknown_url {
            let discovery = openid::discover(outgoing, address, None).await?;
            return Ok(Endpoints {
                authorization: Cow::Owned(discovery.authorization_endpoint.clone()),
                token: Cow::Owned(discovery.token_endpoint.clone()),
                user_info: discovery.userinfo_endpoint.clone().map(Cow::Owned),
                scope: Cow::Borrowed(OPENID_SCOPE),
                authentication: discovery.authentication(),
                discovery: Some(discovery),
            });
        }
        // A pool has one or the other.
        let oauth2 = self.configuration.oauth2_config.as_ref();
        let oauth2 =
            oauth2.ok_or_else(|| DomainError::internal(anyhow::anyhow!("a federation pool without provider")))?;
        let scopes = oauth2.scopes.as_ref().filter(|scopes| !scopes.is_empty());
        Ok(Endpoints {
            authorization: Cow::Borrowed(&oauth2.authorization_url),
            token: Cow::Borrowed(&oauth2.token_url),
            user_info: Some(Cow::Borrowed(&oauth2.user_info_url)),
            scope: scopes.map_or(Cow::Borrowed(OAUTH_SCOPE), |scopes| Cow::Owned(scopes.join(" "))),
            // What a provider of OAuth takes is told by no document.
            authentication: ClientAuthentication::Either,
            discovery: None,
        })
    }
}
