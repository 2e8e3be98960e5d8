//! A client of identity providers: the authorization code flow of OAuth 2.0 with PKCE (RFC 6749 §4.1, RFC 7636), and
//! OpenID Connect Core 1.0 where the provider speaks it.
//!
//! It knows nothing of what the emulator keeps: a sign-in begins with an [`AuthorizationRequest`], whose address the
//! browser is sent to, and with the code that comes back [`Provider::redeem`] tells who came. Discovery documents and keys
//! are asked for by each sign-in: a test may have changed them.

mod discovery;
mod id_token;
mod key_set;
mod person;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::Deserialize;

pub(crate) use discovery::{Discovery, discover, well_known};
use id_token::Expected;
pub(crate) use id_token::IdTokenError;
use key_set::KeySet;
pub(crate) use person::Person;

use crate::{
    clock::Timestamp,
    outgoing::{Answer, Credentials, Outgoing, OutgoingError},
    refusal::DomainError,
};

/// What makes a provider tell who somebody is in a signed token (OpenID Connect Core 3.1.2.1).
const OPENID: &str = "openid";

/// Why a sign-in by a provider came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenIdError {
    /// The provider was not asked, or did not answer.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The provider answers with what no provider may.
    #[error("The identity provider's {0} cannot be used")]
    Unusable(&'static str),
    /// The provider does not take the code.
    #[error("the provider refuses the code: {0}")]
    Code(String),
    /// The provider does not tell who the access token is of.
    #[error("the provider tells nothing of the person")]
    UserInfo,
    #[error("ID token: {0}")]
    IdToken(#[from] IdTokenError),
    /// User info is of somebody else than the ID token.
    #[error("ID token and user info are of two people")]
    Subject,
}

/// What is wrong with somebody's sign-in is told to the log alone, so that nobody probes with it.
impl From<OpenIdError> for DomainError {
    fn from(error: OpenIdError) -> Self {
        match error {
            OpenIdError::Outgoing(error) => error.into(),
            OpenIdError::Unusable(_) => Self::bad_gateway(error.to_string()),
            OpenIdError::Code(_) | OpenIdError::UserInfo | OpenIdError::IdToken(_) | OpenIdError::Subject => {
                tracing::debug!("a sign-in by an identity provider was refused: {error}");
                Self::unauthorized("The sign-in by the identity provider was refused")
            }
        }
    }
}

/// Whether scopes, with blanks between, ask for an ID token.
pub(crate) fn asks_for_id_token(scope: &str) -> bool {
    scope.split_whitespace().any(|scope| scope == OPENID)
}

/// A question to the provider who somebody is, to be put by their browser.
#[derive(Clone, Copy)]
pub(crate) struct AuthorizationRequest<'a> {
    /// The provider's authorization endpoint, with whatever query it has.
    pub(crate) endpoint: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    /// With blanks between.
    pub(crate) scope: &'a str,
    pub(crate) state: &'a str,
    /// Where an ID token is asked for.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) code_verifier: &'a str,
    pub(crate) login_hint: Option<&'a str>,
}

impl AuthorizationRequest<'_> {
    /// Where the browser is to go (RFC 6749 §4.1.1, RFC 7636 §4.3); none where the endpoint is no address of the web.
    pub(crate) fn url(&self) -> Option<String> {
        let mut url = Url::parse(self.endpoint).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
        let challenge = code_challenge(self.code_verifier);
        let mut own = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", self.scope),
            ("state", self.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        own.extend(self.nonce.map(|nonce| ("nonce", nonce)));
        own.extend(self.login_hint.map(|hint| ("login_hint", hint)));
        let kept: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        // None may be there twice (RFC 6749 §3.1).
        let kept = kept.iter().filter(|(name, _)| !own.iter().any(|(taken, _)| name == taken));
        let kept: Vec<_> = kept.cloned().collect();
        url.set_fragment(None);
        url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(own);
        Some(url.into())
    }
}

/// RFC 7636 §4.2, by the method S256.
fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// How a client authenticates at a provider's token endpoint (OpenID Connect Core 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// `client_secret_basic`, which every provider has to take (RFC 6749 §2.3.1).
    Basic,
    /// `client_secret_post`.
    Post,
    /// The former, and the latter where the provider does not know the client by that.
    Either,
}

/// Against what ID tokens of a sign-in are checked.
#[derive(Clone, Copy)]
pub(crate) enum IdTokens<'a> {
    /// None was asked for, and none is looked at: user info says who it is.
    None,
    /// The issuer that a discovery document has told of.
    Of { discovery: &'a Discovery, nonce: &'a str },
    /// Whichever issuer the token names, if its discovery document says that the provider's token endpoint is its own.
    Discovered { nonce: &'a str },
}

/// A provider, as it is known to whoever signs in by it.
#[derive(Clone, Copy)]
pub(crate) struct Provider<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) token_endpoint: &'a str,
    pub(crate) user_info_endpoint: Option<&'a str>,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) id_tokens: IdTokens<'a>,
}

/// A code that came back, with what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Redemption<'a> {
    pub(crate) code: &'a str,
    /// The same as in the request.
    pub(crate) redirect_uri: &'a str,
    pub(crate) code_verifier: &'a str,
}

impl<'a> Redemption<'a> {
    /// What is sent for it (RFC 6749 §4.1.3, RFC 7636 §4.5).
    fn fields(&self) -> [(&'static str, &'a str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", self.code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", self.code_verifier),
        ]
    }
}

/// RFC 6749 §5.1, OpenID Connect Core 3.1.3.3.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    token_type: Option<String>,
    id_token: Option<String>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl Provider<'_> {
    /// Exchanges the code and tells who came; what the provider gave for it is not kept. `now` is what the times in an ID
    /// token are held against.
    pub(crate) async fn redeem(
        &self,
        outgoing: &Outgoing,
        redemption: Redemption<'_>,
        now: Timestamp,
    ) -> Result<Person, OpenIdError> {
        let tokens = self.exchange(outgoing, redemption).await?;
        let proven = self.proven(outgoing, &tokens, now).await?;
        let told = match self.user_info_endpoint {
            Some(endpoint) => Some(user_info(outgoing, endpoint, &tokens.access_token).await?),
            None => None,
        };
        match (proven, told) {
            (Some(proven), Some(told)) if proven.subject != told.subject => Err(OpenIdError::Subject),
            (Some(proven), Some(told)) => Ok(proven.completed_by(told)),
            (Some(person), None) | (None, Some(person)) => Ok(person),
            (None, None) => Err(OpenIdError::UserInfo),
        }
    }

    async fn exchange(&self, outgoing: &Outgoing, redemption: Redemption<'_>) -> Result<Tokens, OpenIdError> {
        let answer = match self.authentication {
            ClientAuthentication::Basic => self.ask_with_basic(outgoing, redemption).await?,
            ClientAuthentication::Post => self.ask_with_form(outgoing, redemption).await?,
            ClientAuthentication::Either => {
                let answer = self.ask_with_basic(outgoing, redemption).await?;
                let is_unknown = answer.json().is_some_and(|TokenError { error }| error == "invalid_client");
                if is_unknown { self.ask_with_form(outgoing, redemption).await? } else { answer }
            }
        };
        // Some providers tell of errors with a status of success.
        if let Some(TokenError { error }) = answer.json() {
            return Err(OpenIdError::Code(error));
        }
        let tokens: Tokens = successful(&answer).ok_or(OpenIdError::Unusable("answer to a code"))?;
        let is_bearer = tokens.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if is_bearer { Ok(tokens) } else { Err(OpenIdError::Unusable("type of access token")) }
    }

    async fn ask_with_basic(&self, outgoing: &Outgoing, redemption: Redemption<'_>) -> Result<Answer, OutgoingError> {
        let credentials = Credentials::Basic { client_id: self.client_id, client_secret: self.client_secret };
        outgoing.post_form(self.token_endpoint, credentials, &redemption.fields()).await
    }

    async fn ask_with_form(&self, outgoing: &Outgoing, redemption: Redemption<'_>) -> Result<Answer, OutgoingError> {
        let mut fields = redemption.fields().to_vec();
        fields.extend([("client_id", self.client_id), ("client_secret", self.client_secret)]);
        outgoing.post_form(self.token_endpoint, Credentials::None, &fields).await
    }

    /// Who the ID token is about, where one was asked for.
    async fn proven(
        &self,
        outgoing: &Outgoing,
        tokens: &Tokens,
        now: Timestamp,
    ) -> Result<Option<Person>, OpenIdError> {
        let (known, nonce) = match self.id_tokens {
            IdTokens::None => return Ok(None),
            IdTokens::Of { discovery, nonce } => (Some(discovery), nonce),
            IdTokens::Discovered { nonce } => (None, nonce),
        };
        let id_token = tokens.id_token.as_deref().ok_or(IdTokenError::Missing)?;
        let found;
        let discovery = if let Some(known) = known {
            known
        } else {
            found = self.discovered(outgoing, &id_token::issuer(id_token)?).await?;
            &found
        };
        let keys = KeySet::fetch(outgoing, &discovery.jwks_uri).await?;
        let expected = Expected {
            issuer: &discovery.issuer,
            client_id: self.client_id,
            nonce,
            access_token: &tokens.access_token,
            now,
        };
        Ok(Some(id_token::check(id_token, &keys, &expected)?))
    }

    /// The document of an issuer that an ID token names. A token of any other provider would name one as well, so the
    /// document must be of the one that was asked.
    async fn discovered(&self, outgoing: &Outgoing, issuer: &str) -> Result<Discovery, OpenIdError> {
        let discovery = discover(outgoing, &well_known(issuer), Some(issuer)).await?;
        if discovery.token_endpoint == self.token_endpoint { Ok(discovery) } else { Err(IdTokenError::Issuer.into()) }
    }
}

/// Asks whose access token it is (OpenID Connect Core 5.3).
async fn user_info(outgoing: &Outgoing, endpoint: &str, access_token: &str) -> Result<Person, OpenIdError> {
    let answer = outgoing.get(endpoint, Credentials::Bearer(access_token)).await?;
    let claims = successful(&answer).ok_or(OpenIdError::UserInfo)?;
    Person::from_user_info(claims).ok_or(OpenIdError::UserInfo)
}

/// What an answer says that is none of an error.
fn successful<T: serde::de::DeserializeOwned>(answer: &Answer) -> Option<T> {
    if answer.status.is_success() { answer.json() } else { None }
}
