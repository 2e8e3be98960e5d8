//! Tokens whose claims a JWT template has shaped, and what the emulator itself reads of them.
//!
//! Whatever a template says, its tokens carry what tells the emulator whose they are. Roles, permissions and the
//! subject are the template's to choose, so nothing of those is believed: they are asked of the store.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Algorithm, Claims, RegisteredClaims, Signer, jws};

/// Which kind of bearer token it is, as its claim `type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BearerKind {
    #[serde(rename = "userToken")]
    User,
    #[serde(rename = "tenantApiToken")]
    TenantApi,
    #[serde(rename = "userApiToken")]
    UserApi,
}

impl BearerKind {
    /// The value of the claim.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "userToken",
            Self::TenantApi => "tenantApiToken",
            Self::UserApi => "userApiToken",
        }
    }
}

/// What the service puts into such a token itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplatedClaims {
    #[serde(rename = "type")]
    pub(crate) kind: BearerKind,
    /// What it lives by: the session of a person, the client id of credentials.
    pub(crate) sid: String,
    pub(crate) tenant_id: String,
    pub(crate) application_id: String,
    #[serde(flatten)]
    pub(crate) registered: RegisteredClaims,
}

/// Claims to be signed.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// By the environment's algorithm.
    Default(Claims),
    Templated(Box<TemplatedPayload>),
}

/// Claims that a template has shaped, to be signed by its algorithm.
#[derive(Clone, Debug)]
pub(crate) struct TemplatedPayload {
    /// The key of the template.
    pub(crate) template: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) registered: RegisteredClaims,
    /// All of them, those above among them.
    pub(crate) claims: Map<String, Value>,
}

impl Payload {
    /// Claims about the token itself.
    pub(crate) fn registered(&self) -> &RegisteredClaims {
        match self {
            Self::Default(claims) => claims.registered(),
            Self::Templated(templated) => &templated.registered,
        }
    }

    /// The algorithm, where it is not the environment's to say.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Default(_) => None,
            Self::Templated(templated) => Some(templated.algorithm),
        }
    }

    /// The token.
    pub(crate) fn sign(&self, signer: &Signer) -> anyhow::Result<String> {
        match self {
            Self::Default(claims) => claims.sign(signer),
            Self::Templated(templated) => jws::sign_templated(signer, &templated.template, &templated.claims),
        }
    }
}
