//! Tokens whose signature was found to hold. Most requests bring one that an earlier one brought: what it claims is
//! known then, and that it is ours.
//!
//! Only that. When it is valid, whether its key still signs for the environment, and whether what it names still
//! exists is asked every time.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use hashlink::LruCache;
use parking_lot::Mutex;

use super::{
    Claims, TokenError,
    jws::{self, SignedBy, Signer},
};
use crate::clock::Timestamp;

/// How many tokens are remembered, those that were seen last.
const MOST: usize = 1024;

/// What is known of a token.
#[derive(Clone, Debug)]
struct Known {
    claims: Arc<Claims>,
    by: SignedBy,
}

/// The tokens that were verified last, by their digests: nobody who sees them has a token in hand.
pub(crate) struct VerifiedTokens(Mutex<LruCache<[u8; 32], Known>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl std::fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedTokens").field("count", &self.0.lock().len()).finish()
    }
}

impl VerifiedTokens {
    /// The claims of a token that is ours and good at that moment. Who issued it, and whether what it names still
    /// exists, the caller has to ask.
    pub(crate) fn verify(&self, token: &str, signer: &Signer, now: Timestamp) -> Result<Arc<Claims>, TokenError> {
        let name = name(token);
        let known = self.0.lock().get(&name).filter(|known| signer.trusts(&known.by)).cloned();
        let known = if let Some(known) = known {
            known
        } else {
            let verified = jws::verify(signer, token)?;
            let known = Known { claims: Arc::new(Claims::of(&verified)?), by: verified.by() };
            self.0.lock().insert(name, known.clone());
            known
        };
        known.claims.registered().check(now)?;
        Ok(known.claims)
    }
}

fn name(token: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    name
}
