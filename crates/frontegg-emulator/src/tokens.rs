//! The tokens that the emulator issues and takes: what they claim, and when they are valid.

mod access;
pub(crate) mod jws;
pub(crate) mod keys;
mod templated;
mod verified;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use access::{AccessClaims, AccessKind};
pub(crate) use jws::{Algorithm, Signer};
use jws::{JwsError, Verified};
pub(crate) use templated::{BearerKind, Payload, TemplatedClaims, TemplatedPayload};
pub(crate) use verified::VerifiedTokens;

use crate::clock::Timestamp;

/// How far ahead of ours the clock of another process may be, in seconds.
const LEEWAY: i64 = 5;

/// Most bytes, as JSON, of each part of a token that people may make as large as they like. A token goes
/// along with every request, and what is in a header has to have an end; `me` tells the whole.
const PART_LIMIT: usize = 4 * 1024;

/// Metadata as a token carries it: none where it is too large, or no object.
pub(crate) fn carried_metadata(text: &str) -> Map<String, Value> {
    let metadata: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let fits = |text: String| text.len() <= PART_LIMIT;
    if text.len() <= PART_LIMIT || serde_json::to_string(&metadata).is_ok_and(fits) { metadata } else { Map::new() }
}

/// The tenants of a person as a token carries them: its own alone where they are too many.
pub(crate) fn carried_tenants(tenant_ids: &[String], own: &str) -> Vec<String> {
    let size: usize = tenant_ids.iter().map(|id| id.len() + r#""","#.len()).sum();
    if size <= PART_LIMIT { tenant_ids.to_vec() } else { vec![own.to_owned()] }
}

/// A token's claims; `type` says which kind it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum Claims {
    /// The token of a back end, for the whole environment.
    #[serde(rename = "vendor")]
    Environment(EnvironmentClaims),
    /// The token of a person who signed in.
    UserToken(Box<UserClaims>),
    /// The token made from a tenant's client credentials.
    TenantApiToken(Box<ApiClaims>),
    /// The token made from a person's client credentials.
    UserApiToken(Box<ApiClaims>),
    /// Of either of those but the first, with claims that a template has shaped: what we read of them.
    #[serde(skip)]
    Templated(Box<TemplatedClaims>),
}

/// Claims about the token itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RegisteredClaims {
    pub(crate) iss: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) aud: Option<String>,
    /// Seconds since 1970.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
}

impl RegisteredClaims {
    /// A life that begins now.
    pub(crate) fn new(iss: &str, aud: Option<&str>, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            iss: iss.to_owned(),
            aud: aud.map(str::to_owned),
            iat: now.seconds(),
            exp: now.after(lifetime).seconds(),
            nbf: None,
        }
    }

    /// How long the token is valid from its issue on.
    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.exp.saturating_sub(self.iat)).unwrap_or_default())
    }

    fn check(&self, now: Timestamp) -> Result<(), TokenError> {
        let now = now.seconds();
        if now >= self.exp {
            return Err(TokenError::Expired);
        }
        if self.iat.max(self.nbf.unwrap_or(self.iat)) > now.saturating_add(LEEWAY) {
            return Err(TokenError::Early);
        }
        Ok(())
    }
}

/// Claims of an environment token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnvironmentClaims {
    pub(crate) vendor_id: String,
    pub(crate) scopes: Vec<String>,
    /// Of the emulator only: how often it had been reset. See
    /// [`Identity::epoch`](crate::store::Identity).
    pub(crate) epoch: i64,
    #[serde(flatten)]
    pub(crate) registered: RegisteredClaims,
}

/// For whom a token is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience<'a> {
    /// Who is to take it (`aud`).
    pub(crate) aud: &'a str,
    /// The application it is for (`applicationId`).
    pub(crate) application_id: &'a str,
}

/// Claims of a user's token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserClaims {
    /// The user.
    pub(crate) sub: String,
    /// The session.
    pub(crate) sid: String,
    pub(crate) tenant_id: String,
    #[serde(default)]
    pub(crate) tenant_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(default, rename = "email_verified")]
    pub(crate) email_verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile_picture_url: Option<String>,
    #[serde(default)]
    pub(crate) metadata: Map<String, Value>,
    /// Keys, not ids; left out when the environment says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) application_id: Option<String>,
    /// How the person authenticated who they are, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    #[serde(default, rename = "auth_time", skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) super_user: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) invisible: bool,
    /// Who acts, while a person is impersonated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom_claims: Option<Map<String, Value>>,
    #[serde(flatten)]
    pub(crate) registered: RegisteredClaims,
}

impl UserClaims {
    /// The same, made for that audience by that issuer, with a life that begins now.
    pub(crate) fn issued(self, iss: &str, audience: Audience<'_>, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            application_id: Some(audience.application_id.to_owned()),
            registered: RegisteredClaims::new(iss, Some(audience.aud), now, lifetime),
            ..self
        }
    }
}

/// Claims of a token made from client credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiClaims {
    /// The client id of the credentials.
    pub(crate) sub: String,
    pub(crate) tenant_id: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    /// Given with the credentials.
    #[serde(default)]
    pub(crate) metadata: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_by_user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) application_id: Option<String>,
    /// Of the user kind only, as the two below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_metadata: Option<Map<String, Value>>,
    #[serde(flatten)]
    pub(crate) registered: RegisteredClaims,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Claims {
    /// Claims about the token itself.
    pub(crate) fn registered(&self) -> &RegisteredClaims {
        match self {
            Self::Environment(claims) => &claims.registered,
            Self::UserToken(claims) => &claims.registered,
            Self::TenantApiToken(claims) | Self::UserApiToken(claims) => &claims.registered,
            Self::Templated(claims) => &claims.registered,
        }
    }

    /// Whether it is meant for those for whom an environment of that client id issues tokens: itself,
    /// or the application that was signed in to.
    pub(crate) fn is_meant_for(&self, client_id: &str) -> bool {
        let application = match self {
            Self::Environment(claims) => return claims.registered.aud.is_none(),
            Self::UserToken(claims) => claims.application_id.as_deref(),
            Self::TenantApiToken(claims) | Self::UserApiToken(claims) => claims.application_id.as_deref(),
            Self::Templated(claims) => Some(claims.application_id.as_str()),
        };
        let audience = self.registered().aud.as_deref();
        audience == Some(client_id) || (audience.is_some() && audience == application)
    }

    /// What a token claims that we have signed.
    pub(crate) fn of(token: &Verified) -> Result<Self, JwsError> {
        if token.is_templated() { Ok(Self::Templated(Box::new(token.claims()?))) } else { token.claims() }
    }

    /// The token: these claims, signed.
    pub(crate) fn sign(&self, signer: &Signer) -> anyhow::Result<String> {
        jws::sign(signer, self)
    }
}

/// Why a token is refused; for the log, callers see 401 and no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Jws(#[from] JwsError),
    #[error("the token has expired")]
    Expired,
    #[error("the token is not good yet")]
    Early,
}

#[cfg(test)]
mod tests;
