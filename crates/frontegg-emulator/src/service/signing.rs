//! Signing tokens and judging their signatures, with the keys and by the algorithm of that moment.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult, settings::configuration},
    service::Service,
    tokens::{AccessClaims, Algorithm, Claims, Payload, Signer, TokenError, jws, keys::Ring},
};

impl Service {
    /// The keys to show to others: they may have been rotated by another process just now.
    pub(crate) async fn shown_keys(&self) -> DomainResult<Arc<Ring>> {
        self.keys().newest(self.store()).await
    }

    /// The algorithm that the environment is set to, as it was when the present request began, or later.
    pub(crate) async fn algorithm(&self) -> DomainResult<Algorithm> {
        let document = self.store().configuration().await?;
        let mut read = self.read_algorithm.lock();
        if let Some((of, algorithm)) = &*read
            && Arc::ptr_eq(of, &document)
        {
            return Ok(*algorithm);
        }
        let algorithm = configuration::algorithm(&document)?;
        *read = Some((document, algorithm));
        Ok(algorithm)
    }

    /// Signs claims with the key in use.
    pub(crate) async fn sign(&self, payload: &Payload) -> DomainResult<String> {
        let algorithm = match payload.algorithm() {
            Some(algorithm) => algorithm,
            None => self.algorithm().await?,
        };
        let signer = self.signer_until(algorithm, Some(payload.registered().exp)).await?;
        payload.sign(&signer).map_err(DomainError::internal)
    }

    /// Signs the claims of an access token with the key in use.
    pub(crate) async fn sign_access(&self, claims: &AccessClaims) -> DomainResult<String> {
        let signer = self.signer_until(self.algorithm().await?, claims.exp).await?;
        claims.sign(&signer).map_err(DomainError::internal)
    }

    /// Signs claims as they stand there, whatever they are.
    pub(crate) async fn sign_text(&self, claims: &str) -> DomainResult<String> {
        // No request began with it.
        self.follow().await;
        // What is no number is no end either.
        let end = serde_json::from_str::<Value>(claims).ok().and_then(|claims| claims["exp"].as_i64());
        let signer = self.signer_until(self.algorithm().await?, end).await?;
        jws::sign_text(&signer, claims).map_err(DomainError::internal)
    }

    /// Makes a new key sign from now on; gives its name.
    pub(crate) async fn rotate_keys(&self) -> DomainResult<String> {
        let ring = self.keys().rotate(self.store(), self.clock().timestamp()).await?;
        Ok(ring.active().kid().to_owned())
    }

    /// The claims of a token that we have signed, by the algorithm of now or of its template, and that is valid now.
    pub(crate) async fn verified(&self, token: &str) -> DomainResult<Result<Arc<Claims>, TokenError>> {
        let verify = |signer: &Signer| self.verified_tokens.verify(token, signer, self.clock().timestamp());
        let signer = self.signer(self.algorithm().await?).await?;
        match verify(&signer) {
            // Another process may have replaced what signs, and have signed with that.
            Err(TokenError::Jws(error)) if error.may_be_outdated() => {
                let newest = self.keys().read_again(self.store()).await?;
                Ok(verify(&Signer::new(newest, signer.algorithm())))
            }
            outcome => Ok(outcome),
        }
    }

    async fn signer(&self, algorithm: Algorithm) -> DomainResult<Signer> {
        Ok(Signer::new(self.keys().ring(self.store()).await?, algorithm))
    }

    /// What to sign a token with by that algorithm which is valid until `end`, in seconds, or for ever.
    async fn signer_until(&self, algorithm: Algorithm, end: Option<i64>) -> DomainResult<Signer> {
        let signer = self.signer(algorithm).await?;
        if let Some(ring) = signer.key_pairs() {
            let end = end.map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000)));
            self.keys().note(self.store(), ring, end).await?;
        }
        // A signature takes as long as many transactions. Whoever was let into the store by the end of
        // ours may be waiting for this thread: they go first.
        tokio::task::yield_now().await;
        Ok(signer)
    }
}
