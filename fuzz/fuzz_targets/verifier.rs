//! Tokens at a service that verifies them with the SDK: one is taken only if a key of the set has signed
//! it, for this service, by that issuer and at this time, as a plain reading of its claims finds.
//!
//! Input: the header and the claims, a line each, which are signed; or one line, a token as it is.

#![no_main]

use std::{sync::LazyLock, time::Duration};

use chrono::DateTime;
use frontegg_fuzz::{
    memory::Limit,
    signing::{KEY, parts, token},
};
use frontegg_identity::{
    fuzzing::verifier,
    verify::{TokenKind, Verifier},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

const ISSUER: &str = "http://localhost:8100";
const AUDIENCE: &str = "client";
/// The present, in seconds since 1970, and how far clocks may differ.
const NOW: i64 = 1_000_000_000;
const LEEWAY: u64 = 10;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let now = DateTime::from_timestamp(NOW, 0).expect("a moment");
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).clock(move || now);
    let builder = builder.leeway(Duration::from_secs(LEEWAY));
    verifier(builder, KEY.key_set().to_string().as_bytes()).expect("a verifier")
});

/// Whether the claims name this service, alone or among others.
fn is_for_us(audience: &Value) -> bool {
    audience == AUDIENCE || audience.as_array().is_some_and(|several| several.iter().any(|one| one == AUDIENCE))
}

fuzz_target!(|input: &[u8]| {
    let verifier = &*VERIFIER;
    let Some(token) = token(input) else { return };
    let limit = Limit { any: 64 * 1024, byte: 512 };
    let verified = limit.hold(token.len(), || RUNTIME.block_on(verifier.verify(&token)));
    let claims = match verified {
        Ok(claims) => claims,
        Err(error) => return assert!(error.is_rejection(), "{error}"),
    };
    assert!(KEY.has_signed(&token));
    let Some((header, read)) = parts(&token) else { return };
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["kid"], KEY.kid());
    assert!(header["crit"].is_null());
    assert_eq!(read["iss"], ISSUER);
    assert!(is_for_us(&read["aud"]), "{}", read["aud"]);
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let (now, leeway) = (NOW as f64, LEEWAY as f64);
    assert!(read["exp"].as_f64().is_some_and(|end| now < end + leeway), "{}", read["exp"]);
    assert!(read["nbf"].as_f64().is_none_or(|start| start <= now + leeway), "{}", read["nbf"]);
    assert_eq!(read["sub"], claims.subject());
    assert_eq!(read["tenantId"], claims.tenant_id());
    let kind = match claims.kind() {
        TokenKind::UserToken => "userToken",
        TokenKind::UserApiToken => "userApiToken",
        TokenKind::TenantApiToken => "tenantApiToken",
        other => panic!("{other:?} is no bearer token"),
    };
    assert_eq!(read["type"], kind);
});
