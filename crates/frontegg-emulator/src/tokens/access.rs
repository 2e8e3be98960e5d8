//! Access tokens: JWTs that are handed out ready-made, with neither roles nor permissions in them.
//!
//! They are no bearer tokens and therefore no [`Claims`](super::Claims): nothing of the emulator
//! takes one. Who is shown one looks its `sub` up.

use serde::Serialize;

use crate::tokens::jws::{self, Signer};

/// Whose an access token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AccessKind {
    #[serde(rename = "tenantAccessToken")]
    Tenant,
    #[serde(rename = "userAccessToken")]
    User,
}

/// Claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessClaims {
    #[serde(rename = "type")]
    pub(crate) kind: AccessKind,
    /// The token's id.
    pub(crate) sub: String,
    pub(crate) tenant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    /// A client in the field takes no token without it.
    pub(crate) application_id: String,
    pub(crate) iss: String,
    pub(crate) aud: String,
    /// Seconds since 1970.
    pub(crate) iat: i64,
    /// Left out of tokens without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<i64>,
}

impl AccessClaims {
    /// The token: these claims, signed.
    pub(crate) fn sign(&self, signer: &Signer) -> anyhow::Result<String> {
        jws::sign(signer, self)
    }
}
