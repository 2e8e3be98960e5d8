//! Signing tokens and judging their signatures, with the keys as they are at that moment.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    service::Service,
    tokens::{
        AccessClaims, Claims, TokenError,
        jws::{self, JwsError},
        keys::Ring,
    },
};

impl Service {
    /// The keys to show to others: they may have been rotated by another process just now.
    pub(crate) async fn shown_keys(&self) -> DomainResult<Arc<Ring>> {
        self.keys().newest(self.store()).await
    }

    /// Signs claims with the key in use.
    pub(crate) async fn sign(&self, claims: &Claims) -> DomainResult<String> {
        let ring = self.signing_keys(Some(claims.registered().exp)).await?;
        claims.sign(&ring).map_err(DomainError::internal)
    }

    /// Signs the claims of an access token with the key in use.
    pub(crate) async fn sign_access(&self, claims: &AccessClaims) -> DomainResult<String> {
        let ring = self.signing_keys(claims.exp).await?;
        claims.sign(&ring).map_err(DomainError::internal)
    }

    /// Signs claims as they stand there, whatever they are.
    pub(crate) async fn sign_text(&self, claims: &str) -> DomainResult<String> {
        // What is no number is no end either.
        let end = serde_json::from_str::<Value>(claims).ok().and_then(|claims| claims["exp"].as_i64());
        let ring = self.signing_keys(end).await?;
        jws::sign_text(ring.active(), claims).map_err(DomainError::internal)
    }

    /// Makes a new key sign from now on; gives its name.
    pub(crate) async fn rotate_keys(&self) -> DomainResult<String> {
        let ring = self.keys().rotate(self.store(), self.clock().timestamp()).await?;
        Ok(ring.active().kid().to_owned())
    }

    /// The claims of a token that one of our keys has signed and that is valid now.
    pub(crate) async fn verified(&self, token: &str) -> DomainResult<Result<Claims, TokenError>> {
        let verify = |ring: &Ring| Claims::verify(token, ring, self.clock().timestamp());
        let ring = self.keys().ring(self.store()).await?;
        match verify(&ring) {
            // Another process may have rotated the keys and signed with the new one.
            Err(TokenError::Jws(JwsError::Key)) => Ok(verify(&*self.keys().read_again(self.store()).await?)),
            outcome => Ok(outcome),
        }
    }

    /// The keys to sign a token with that is valid until `end`, in seconds, or for ever.
    async fn signing_keys(&self, end: Option<i64>) -> DomainResult<Arc<Ring>> {
        let ring = self.keys().ring(self.store()).await?;
        let end = end.map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000)));
        self.keys().note(self.store(), &ring, end).await?;
        // A signature takes as long as many transactions. Whoever was let into the store by the end of
        // ours may be waiting for this thread: they go first.
        tokio::task::yield_now().await;
        Ok(ring)
    }
}
