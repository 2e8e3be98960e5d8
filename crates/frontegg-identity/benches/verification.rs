//! What the verifier costs beyond the cryptography that it cannot do without.
//!
//! `cargo bench -p frontegg-identity --features verify --bench verification`

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{PublicEncryptingKey, PublicKeyComponents},
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg,
    types::{CreateTenantRequest, CreateUserDto},
    verify::Verifier,
};
use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::Value;

/// A user's token as a sign-in gives it, its issuer and audience, and the key set.
struct Subject {
    token: String,
    issuer: String,
    audience: String,
    keys: Value,
    verifier: Verifier,
}

async fn subject() -> Subject {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Frontegg::builder().base_url(emulator.url());
    let frontegg = client.credentials(emulator.client_id(), emulator.api_key()).build().expect("a client");
    let acme = CreateTenantRequest::new().tenant_id("acme").name("acme");
    frontegg.tenants().create_tenant(&acme).await.expect("a tenant");
    let ada = CreateUserDto::new().email("ada@acme.test").skip_invite_email(true);
    let ada = frontegg.tenant("acme").user_management().create_user_v2(&ada).await.expect("a user");
    let token = emulator.user_token(&ada.id, "acme").await.expect("a token");
    let verifier = Verifier::builder(emulator.url()).audience(emulator.client_id()).build().expect("a verifier");
    // From here on the keys are known.
    verifier.verify(&token).await.expect("a good token");
    let keys = reqwest::get(format!("{}/.well-known/jwks.json", emulator.url())).await.expect("an answer");
    Subject {
        token,
        issuer: emulator.url().to_owned(),
        audience: emulator.client_id().to_owned(),
        keys: keys.json().await.expect("JSON"),
        verifier,
    }
}

fn verification(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Subject { token, issuer, audience, keys, verifier } = runtime.block_on(subject());
    let mut group = criterion.benchmark_group("verification");

    // The signature alone, with a key that is ready.
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let number = |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().expect("a text")).expect("base64");
    let key: PublicEncryptingKey = PublicKeyComponents { n: number("n"), e: number("e") }.try_into().expect("a key");
    let key: PublicKeyX509Der = key.as_der().expect("its DER form");
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()).expect("a key");
    group.bench_function("signature", |bencher| {
        bencher.iter(|| key.verify_sig(message.as_bytes(), &signature).expect("it holds"));
    });

    group.bench_function("verifier", |bencher| {
        bencher.iter(|| verifier.verify(&token).now_or_never().expect("the key is known").expect("a good token"));
    });

    let set: JwkSet = serde_json::from_value(keys).expect("a key set");
    let key = DecodingKey::from_jwk(&set.keys[0]).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    group.bench_function("jsonwebtoken", |bencher| {
        bencher.iter(|| jsonwebtoken::decode::<Value>(&token, &key, &validation).expect("a good token"));
    });
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
