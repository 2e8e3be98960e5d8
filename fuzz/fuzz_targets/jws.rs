//! Tokens at the emulator: one is taken only if it was signed with the key, or with the secret where the
//! environment is set to that, in the one form that it issues; and its claims, signed again, are the same.
//!
//! Input: the header and the claims, a line each, which are signed; or one line, a token as it is.

#![no_main]

use std::sync::LazyLock;

use frontegg_emulator::fuzzing::{Signer, Signers};
use frontegg_fuzz::{
    memory::Limit,
    signing::{KEY, SECRET, is_authenticated, parts, token},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::Builder;

/// Most bytes of a token.
const LONGEST: usize = 16 * 1024;

static SIGNERS: LazyLock<Signers> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Signers::of(KEY.documents(), SECRET)).expect("keys")
});

/// The header of a token that was taken, if it can be held.
fn taken(signer: &Signer, token: &str) -> Option<Value> {
    let limit = Limit { any: 64 * 1024, byte: 512 };
    let claims = limit.hold(token.len(), || signer.claims(token))?;
    assert!(token.len() <= LONGEST);
    let again = signer.sign(claims.clone()).expect("a token");
    if again.len() <= LONGEST {
        assert_eq!(signer.claims(&again), Some(claims));
    }
    let (header, _) = parts(token)?;
    assert!(header["crit"].is_null());
    Some(header)
}

fuzz_target!(|input: &[u8]| {
    let signers = &*SIGNERS;
    let Some(token) = token(input) else { return };
    if let Some(header) = taken(&signers.by_pair, &token) {
        assert!(KEY.has_signed(&token));
        assert_eq!(header["alg"], "RS256");
        assert_eq!(header["kid"], KEY.kid());
    }
    if let Some(header) = taken(&signers.by_secret, &token) {
        assert!(is_authenticated(&token));
        assert_eq!(header["alg"], "HS256");
    }
});
