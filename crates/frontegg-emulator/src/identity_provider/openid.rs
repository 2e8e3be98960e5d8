//! The provider for tests by OpenID Connect Core 1.0: the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636),
//! with ID tokens that are right or wrong.

use std::{collections::HashMap, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Defect, IdentityProvider, Person};
use crate::{clock::Timestamp, ids, refusal::DomainError, saml::key::SigningKey};

/// How long a code can be redeemed.
const CODE_LIFETIME: Duration = Duration::from_mins(1);
/// How long ID tokens and access tokens are valid.
const TOKEN_LIFETIME: Duration = Duration::from_mins(5);

/// RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core 3.1.2.1. What else a client sends is passed over.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) response_type: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) code_challenge_method: Option<String>,
}

impl AuthorizationRequest {
    /// Whether a request can be answered at all.
    pub(crate) fn check(&self) -> Result<(), DomainError> {
        let refuse = |reason: &str| Err(DomainError::bad_request(reason));
        if self.response_type != "code" {
            return refuse("response_type must be code");
        }
        if !["https://", "http://"].iter().any(|scheme| self.redirect_uri.starts_with(scheme)) {
            return refuse("redirect_uri is no address of the web");
        }
        if self.code_challenge.is_some() && self.code_challenge_method.as_deref() != Some("S256") {
            return refuse("code_challenge_method must be S256");
        }
        Ok(())
    }
}

/// RFC 6749 §4.1.3, RFC 7636 §4.5. The client may stand here or in a header.
#[derive(Clone, Deserialize)]
pub(crate) struct TokenRequest {
    pub(crate) grant_type: String,
    pub(crate) code: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) code_verifier: Option<String>,
    pub(crate) client_id: Option<String>,
}

/// RFC 6749 §5.1, OpenID Connect Core 3.1.3.3.
#[derive(Serialize)]
pub(crate) struct Redeemed {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    id_token: String,
}

/// RFC 6749 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum TokenError {
    InvalidGrant,
    InvalidRequest,
    UnsupportedGrantType,
}

/// What was given out and is not over.
#[derive(Default)]
pub(super) struct Grants {
    codes: HashMap<String, Grant>,
    /// Whom an access token is of.
    tokens: HashMap<String, Granted>,
}

struct Grant {
    person: Person,
    client_id: String,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: Option<String>,
    authenticated_at: Timestamp,
}

struct Granted {
    person: Person,
    ends_at: Timestamp,
}

impl Grants {
    fn forget(&mut self, now: Timestamp) {
        self.codes.retain(|_, grant| now < grant.authenticated_at.after(CODE_LIFETIME));
        self.tokens.retain(|_, granted| now < granted.ends_at);
    }
}

impl IdentityProvider {
    /// OpenID Connect Discovery 1.0, 3.
    pub(crate) fn discovery(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "groups"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// RFC 7517 §5.
    pub(crate) async fn key_set(&self) -> Result<Value, DomainError> {
        let key = self.key().await?;
        let mut jwk = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(key) });
        for (name, value) in key.jwk_parameters() {
            jwk[name] = value.into();
        }
        Ok(json!({ "keys": [jwk] }))
    }

    /// Where the browser goes with a code for that person (RFC 6749 §4.1.2, RFC 9207).
    pub(crate) fn authorize(&self, request: &AuthorizationRequest, email: &str) -> Result<String, DomainError> {
        request.check()?;
        let person = self.person(email)?;
        let (code, now) = (ids::new_secret(), self.0.clock.timestamp());
        let grant = Grant {
            person,
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            nonce: request.nonce.clone(),
            challenge: request.code_challenge.clone(),
            authenticated_at: now,
        };
        let mut grants = self.0.grants.lock();
        grants.forget(now);
        grants.codes.insert(code.clone(), grant);
        let mut parameters = vec![("code", code.as_str()), ("iss", self.issuer())];
        parameters.extend(request.state.as_deref().map(|state| ("state", state)));
        let query = serde_urlencoded::to_string(parameters).map_err(DomainError::internal)?;
        let separator = if request.redirect_uri.contains('?') { '&' } else { '?' };
        Ok(format!("{}{separator}{query}", request.redirect_uri))
    }

    /// Exchanges a code, once. `client_id` is the one of the header.
    pub(crate) async fn redeem(
        &self,
        request: &TokenRequest,
        client_id: Option<&str>,
    ) -> Result<Result<Redeemed, TokenError>, DomainError> {
        if request.grant_type != "authorization_code" {
            return Ok(Err(TokenError::UnsupportedGrantType));
        }
        let (Some(code), Some(client_id)) = (&request.code, client_id.or(request.client_id.as_deref())) else {
            return Ok(Err(TokenError::InvalidRequest));
        };
        let now = self.0.clock.timestamp();
        let access_token = ids::new_secret();
        let grant = {
            let mut grants = self.0.grants.lock();
            grants.forget(now);
            let grant = grants.codes.remove(code).filter(|grant| grant.fits(client_id, request));
            let Some(grant) = grant else { return Ok(Err(TokenError::InvalidGrant)) };
            let granted = Granted { person: grant.person.clone(), ends_at: now.after(TOKEN_LIFETIME) };
            grants.tokens.insert(access_token.clone(), granted);
            grant
        };
        let id_token = self.id_token(&grant, &access_token).await?;
        let expires_in = TOKEN_LIFETIME.as_secs();
        Ok(Ok(Redeemed { access_token, token_type: "Bearer", expires_in, id_token }))
    }

    /// What the provider says of whom an access token is of (OpenID Connect Core 5.3).
    pub(crate) fn user_info(&self, access_token: &str) -> Option<Value> {
        let mut grants = self.0.grants.lock();
        grants.forget(self.0.clock.timestamp());
        grants.tokens.get(access_token).map(|granted| claims_of(&granted.person).into())
    }

    async fn id_token(&self, grant: &Grant, access_token: &str) -> Result<String, DomainError> {
        let defect = self.defect();
        if let Some(defect) = defect.filter(|defect| !defect.is_of_openid()) {
            return Err(DomainError::bad_request(format!("the defect {defect:?} is none of OpenID Connect")));
        }
        let had = |wanted| defect == Some(wanted);
        let elsewhere = "https://elsewhere.test";
        let now = self.0.clock.timestamp();
        let issued_at = if had(Defect::Expired) { now.before(Duration::from_hours(1)) } else { now };
        let mut claims = claims_of(&grant.person);
        let set = |claims: &mut Map<String, Value>, name: &str, value: Value| claims.insert(name.to_owned(), value);
        set(&mut claims, "iss", if had(Defect::WrongIssuer) { elsewhere } else { self.issuer() }.into());
        set(&mut claims, "aud", if had(Defect::WrongAudience) { elsewhere } else { &grant.client_id }.into());
        set(&mut claims, "iat", issued_at.seconds().into());
        set(&mut claims, "exp", issued_at.after(TOKEN_LIFETIME).seconds().into());
        set(&mut claims, "auth_time", grant.authenticated_at.seconds().into());
        let hash = digest(&SHA256, access_token.as_bytes());
        set(&mut claims, "at_hash", URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]).into());
        if let Some(nonce) = &grant.nonce {
            set(&mut claims, "nonce", if had(Defect::WrongNonce) { ids::new_secret() } else { nonce.clone() }.into());
        }
        let key = self.key().await?;
        let signer = match defect {
            Some(Defect::Unsigned) => TokenSigner::None,
            Some(Defect::PublicKeyAsSecret) => TokenSigner::Hs256(key.public_key_pem().map_err(DomainError::internal)?),
            Some(Defect::ForeignKey) => TokenSigner::Rs256(self.foreign_key().await?),
            _ => TokenSigner::Rs256(key),
        };
        signer.sign(&key_id(key), &Value::from(claims))
    }
}

impl Grant {
    fn fits(&self, client_id: &str, request: &TokenRequest) -> bool {
        let verifier = request.code_verifier.as_deref();
        let challenge = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
        self.client_id == client_id
            && request.redirect_uri.as_ref() == Some(&self.redirect_uri)
            && challenge == self.challenge
    }
}

/// What a token is signed with (RFC 7515, RFC 7518).
enum TokenSigner<'a> {
    None,
    Rs256(&'a SigningKey),
    /// By a secret.
    Hs256(String),
}

impl TokenSigner<'_> {
    fn sign(&self, kid: &str, claims: &Value) -> Result<String, DomainError> {
        let algorithm = match self {
            Self::None => "none",
            Self::Rs256(_) => "RS256",
            Self::Hs256(_) => "HS256",
        };
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": kid });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = match self {
            Self::None => Vec::new(),
            Self::Rs256(key) => key.sign(message.as_bytes()).map_err(DomainError::internal)?,
            Self::Hs256(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn key_id(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, key.certificate().der()))
}

/// OpenID Connect Core 5.1, and `groups`. One value of a further attribute is a text, several are a list.
fn claims_of(person: &Person) -> Map<String, Value> {
    let mut claims = Map::new();
    for (name, values) in &person.attributes {
        let value = if let [value] = &values[..] { json!(value) } else { json!(values) };
        claims.insert(name.clone(), value);
    }
    claims.insert("sub".to_owned(), ids::fixed_id(&format!("identity provider:{}", person.email)).into());
    claims.insert("email".to_owned(), person.email.clone().into());
    claims.insert("email_verified".to_owned(), true.into());
    for (name, value) in [("given_name", &person.given_name), ("family_name", &person.surname)] {
        claims.extend(value.clone().map(|value| (name.to_owned(), value.into())));
    }
    let names: Vec<&str> = [&person.given_name, &person.surname].into_iter().flatten().map(String::as_str).collect();
    if !names.is_empty() {
        claims.insert("name".to_owned(), names.join(" ").into());
    }
    if !person.groups.is_empty() {
        claims.insert("groups".to_owned(), json!(person.groups));
    }
    claims
}
