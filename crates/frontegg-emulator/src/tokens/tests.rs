//! What a token must be to be taken; security cases 37 to 40.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::{
    clock::Clock,
    store::{Store, StoreTarget},
    tokens::keys::{Keys, Ring},
};

async fn ring() -> Arc<Ring> {
    let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
    Keys::of(&store).await.expect("keys").ring(&store).await.expect("a ring")
}

/// By key pairs, as an environment begins.
fn signer(ring: &Arc<Ring>) -> Signer {
    Signer::new(Arc::clone(ring), Algorithm::Rs256)
}

/// Judged when nothing is known of it, and again when it is: nothing may come of that but the same.
fn judge(token: &str, signer: &Signer, now: Timestamp) -> Result<Claims, TokenError> {
    let tokens = VerifiedTokens::default();
    let [first, again] = [(); 2].map(|()| tokens.verify(token, signer, now));
    assert_eq!(first, again);
    first.map(|claims| Claims::clone(&claims))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn environment() -> Claims {
    Claims::Environment(EnvironmentClaims {
        vendor_id: "vendor".to_owned(),
        registered: RegisteredClaims::new("http://issuer", None, at(1000), Duration::from_mins(1)),
        ..EnvironmentClaims::default()
    })
}

/// A token with any header and claims, properly signed.
fn forge(ring: &Ring, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = ring.active().sign(message.as_bytes()).expect("a signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header(ring: &Ring) -> String {
    json!({"alg": "RS256", "kid": ring.active().kid()}).to_string()
}

#[tokio::test]
async fn claims_come_back_as_they_went() {
    let ring = ring().await;
    let user = Claims::UserToken(Box::new(UserClaims {
        sub: "ada".to_owned(),
        sid: "session".to_owned(),
        tenant_id: "acme".to_owned(),
        tenant_ids: vec!["acme".to_owned()],
        roles: Some(vec!["Admin".to_owned()]),
        super_user: true,
        registered: RegisteredClaims::new("http://issuer", Some("client"), at(1000), Duration::from_mins(1)),
        ..UserClaims::default()
    }));
    for claims in [environment(), user] {
        let token = claims.sign(&signer(&ring)).expect("a token");
        assert_eq!(judge(&token, &signer(&ring), at(1000)), Ok(claims));
    }
}

#[tokio::test]
async fn the_claims_have_the_names_that_clients_know() {
    let Value::Object(claims) = serde_json::to_value(environment()).expect("JSON") else {
        panic!("no object");
    };
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["epoch", "exp", "iat", "iss", "scopes", "type", "vendorId"]);
    assert_eq!(claims["type"], "vendor");

    let claims = UserClaims { email: Some("a@b.test".to_owned()), auth_time: Some(1), ..UserClaims::default() };
    let claims = serde_json::to_value(Claims::UserToken(Box::new(claims))).expect("JSON");
    assert_eq!(claims["type"], "userToken");
    for name in ["email_verified", "tenantIds", "auth_time", "sid", "metadata"] {
        assert!(!claims[name].is_null(), "{name}");
    }
    for name in ["superUser", "roles", "act", "nbf"] {
        assert!(claims[name].is_null(), "{name}");
    }
    for (claims, kind) in [
        (Claims::TenantApiToken(Box::default()), "tenantApiToken"),
        (Claims::UserApiToken(Box::default()), "userApiToken"),
    ] {
        assert_eq!(serde_json::to_value(claims).expect("JSON")["type"], kind);
    }
}

#[tokio::test]
async fn a_token_lives_from_iat_to_exp() {
    let ring = ring().await;
    let token = environment().sign(&signer(&ring)).expect("a token");
    let verify = |seconds| judge(&token, &signer(&ring), at(seconds)).map(drop);
    assert_eq!(verify(1000 - LEEWAY - 1), Err(TokenError::Early));
    assert_eq!(verify(1000 - LEEWAY), Ok(()));
    assert_eq!(verify(1059), Ok(()));
    assert_eq!(verify(1060), Err(TokenError::Expired));
}

#[tokio::test]
async fn only_rs256_with_a_key_of_ours() {
    let ring = ring().await;
    let claims = serde_json::to_string(&environment()).expect("JSON");
    let kid = ring.active().kid();
    let refused = |header: Value| {
        let token = forge(&ring, header.to_string(), &claims);
        judge(&token, &signer(&ring), at(1000)).expect_err("a refusal")
    };
    for algorithm in ["none", "None", "nOnE", "HS256", "RS384", "PS256", "rs256", ""] {
        let error = refused(json!({"alg": algorithm, "kid": kid}));
        assert_eq!(error, JwsError::Algorithm.into(), "{algorithm}");
    }
    for other in [json!("other"), json!("../../x"), json!("' OR 1=1 --"), Value::Null] {
        let error = refused(json!({"alg": "RS256", "kid": other}));
        assert_eq!(error, JwsError::Key.into(), "{other}");
    }
    assert_eq!(refused(json!({"alg": "RS256"})), JwsError::Key.into());
    assert_eq!(refused(json!({"kid": kid})), JwsError::Form.into());
    assert_eq!(refused(json!({"alg": "RS256", "kid": kid, "crit": ["exp"]})), JwsError::Algorithm.into());
    // Where keys could be had is never looked at.
    let header = json!({"alg": "RS256", "kid": kid, "jku": "http://127.0.0.1:1/", "jwk": {}});
    let token = forge(&ring, header.to_string(), &claims);
    assert!(judge(&token, &signer(&ring), at(1000)).is_ok());
}

/// Security case 38: the algorithm is the environment's, whatever a token says.
#[tokio::test]
async fn only_hs256_with_our_secret_where_the_environment_is_set_to_it() {
    let ring = ring().await;
    let by = |algorithm| Signer::new(Arc::clone(&ring), algorithm);
    let (pairs, shared) = (by(Algorithm::Rs256), by(Algorithm::Hs256));
    let claims = environment();
    let tokens = [&pairs, &shared].map(|signer| claims.sign(signer).expect("a token"));
    let [by_pair, by_secret] = &tokens;
    let verify = |token: &str, signer: &Signer| judge(token, signer, at(1000));
    assert_eq!(verify(by_pair, &pairs), Ok(claims.clone()));
    assert_eq!(verify(by_secret, &shared), Ok(claims.clone()));
    assert_eq!(verify(by_secret, &pairs), Err(JwsError::Algorithm.into()));
    assert_eq!(verify(by_pair, &shared), Err(JwsError::Algorithm.into()));
    let head = URL_SAFE_NO_PAD.decode(by_secret.split('.').next().expect("a header")).expect("base64url");
    assert_eq!(head, br#"{"alg":"HS256","typ":"JWT"}"#);

    // A signature of one kind under the name of the other.
    let text = serde_json::to_string(&claims).expect("JSON");
    let kid = ring.active().kid();
    let mac = |header: Value, secret: &[u8]| {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(&text));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
    };
    let secret = ring.secret().expose().as_bytes();
    let pair_as_secret = forge(&ring, json!({"alg": "HS256", "kid": kid}).to_string(), &text);
    assert_eq!(verify(&pair_as_secret, &shared), Err(JwsError::Secret.into()));
    assert_eq!(verify(&mac(json!({"alg": "RS256", "kid": kid}), secret), &pairs), Err(JwsError::Signature.into()));
    assert_eq!(verify(&mac(json!({"alg": "RS256", "kid": kid}), secret), &shared), Err(JwsError::Algorithm.into()));
    let hs256 = json!({"alg": "HS256", "kid": kid});
    assert!(verify(&mac(hs256.clone(), secret), &shared).is_ok());
    for other in [ring.active().pem().as_bytes(), b"", &secret[..secret.len() - 1]] {
        assert_eq!(verify(&mac(hs256.clone(), other), &shared), Err(JwsError::Secret.into()));
    }
    for algorithm in ["none", "HS384", "HS512", "hs256", ""] {
        let refused = verify(&mac(json!({"alg": algorithm}), secret), &shared);
        assert_eq!(refused, Err(JwsError::Algorithm.into()), "{algorithm}");
    }
    let critical = verify(&mac(json!({"alg": "HS256", "crit": ["exp"]}), secret), &shared);
    assert_eq!(critical, Err(JwsError::Algorithm.into()));
    assert!(!format!("{shared:?}").contains(ring.secret().expose()));
}

#[tokio::test]
async fn anything_else_is_refused() {
    let ring = ring().await;
    let good = environment().sign(&signer(&ring)).expect("a token");
    let parts: Vec<_> = good.split('.').collect();
    // One bit of the signature, or the claims of another token.
    let mut changed = good.clone().into_bytes();
    let middle = parts[0].len() + parts[1].len() + 100;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("text");
    let mut long = good.clone();
    long.push_str(&"A".repeat(LONGEST_PLUS));
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}.{}", parts[2]),
        format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[2], parts[2]),
        format!("{}.{}.{}=", parts[0], parts[1], parts[2]),
        changed,
        format!(" {good}"),
        long,
    ] {
        assert!(judge(&token, &signer(&ring), at(1000)).is_err(), "{token}");
    }
}

/// Long enough to be refused by its length alone.
const LONGEST_PLUS: usize = 16 * 1024;

#[tokio::test]
async fn claims_of_the_wrong_type_are_refused() {
    let ring = ring().await;
    let good = json!({
        "type": "vendor", "vendorId": "v", "scopes": [], "epoch": 0,
        "iss": "i", "iat": 1000, "exp": 1060,
    });
    let verify = |claims: &str| judge(&forge(&ring, header(&ring), claims), &signer(&ring), at(1000));
    assert!(verify(&good.to_string()).is_ok());
    for (name, value) in [
        ("type", json!("superToken")),
        ("type", Value::Null),
        ("exp", json!("1060")),
        ("exp", json!(1060.5)),
        ("exp", Value::Null),
        ("iat", json!([1000])),
        ("nbf", json!("soon")),
        ("iss", json!(["i"])),
        ("aud", json!(1)),
        ("vendorId", json!(1)),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        assert!(verify(&claims.to_string()).is_err(), "{claims}");
    }
    let mut claims = good.clone();
    claims["nbf"] = json!(1030);
    assert_eq!(verify(&claims.to_string()), Err(TokenError::Early));
    // Twice the same member: one reader would see the first, another the last.
    for twice in [r#""exp":9,"#, r#""type":"userToken","#, r#""vendorId":"w","#, r#""iss":"j","#] {
        let claims = good.to_string().replacen('{', &format!("{{{twice}"), 1);
        assert!(verify(&claims).is_err(), "{claims}");
    }
    for claims in ["", "[]", "null", "{}", "\"vendor\""] {
        assert!(verify(claims).is_err(), "{claims}");
    }
}

/// RFC 7515, 5.2, and RFC 7519, 7.2: all of it is UTF-8, also what nobody looks at.
#[tokio::test]
async fn a_header_and_claims_that_are_no_text_are_refused() {
    let ring = ring().await;
    let claims = serde_json::to_string(&environment()).expect("JSON");
    let with = |json: &str, text: &[u8]| {
        let (beginning, rest) = json.split_at(1);
        [beginning.as_bytes(), br#""typ":""#, text, br#"","#, rest.as_bytes()].concat()
    };
    for (text, is_good) in [("ü".as_bytes(), true), (&b"\xb3\xab"[..], false)] {
        let headed = forge(&ring, with(&header(&ring), text), &claims);
        assert_eq!(judge(&headed, &signer(&ring), at(1000)).is_ok(), is_good);
        let claimed = forge(&ring, header(&ring), with(&claims, text));
        assert_eq!(judge(&claimed, &signer(&ring), at(1000)).is_ok(), is_good);
    }
}

/// A token that is known is good only as long as what signed it.
#[tokio::test]
async fn what_was_verified_is_judged_by_the_keys_and_the_algorithm_of_now() {
    let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
    let keys = Keys::of(&store).await.expect("keys");
    let before = keys.ring(&store).await.expect("a ring");
    let other = ring().await;
    let by = |ring: &Arc<Ring>, algorithm| Signer::new(Arc::clone(ring), algorithm);
    let (pairs, shared) = (by(&before, Algorithm::Rs256), by(&before, Algorithm::Hs256));
    let [by_pair, by_secret] = [&pairs, &shared].map(|signer| environment().sign(signer).expect("a token"));

    let tokens = VerifiedTokens::default();
    let verify = |token: &str, signer: &Signer, now| tokens.verify(token, signer, now).map(drop);
    assert_eq!(verify(&by_pair, &pairs, at(1000)), Ok(()));
    assert_eq!(verify(&by_pair, &pairs, at(1060)), Err(TokenError::Expired));
    assert_eq!(verify(&by_pair, &shared, at(1000)), Err(JwsError::Algorithm.into()));
    assert_eq!(verify(&by_secret, &shared, at(1000)), Ok(()));
    assert_eq!(verify(&by_secret, &by(&other, Algorithm::Hs256), at(1000)), Err(JwsError::Secret.into()));
    // Nothing was noted as signed by it, so the first key is forgotten.
    let rotated = keys.rotate(&store, at(1000)).await.expect("a ring");
    assert_eq!(verify(&by_pair, &by(&rotated, Algorithm::Rs256), at(1000)), Err(JwsError::Key.into()));
    assert_eq!(verify(&by_secret, &by(&rotated, Algorithm::Hs256), at(1000)), Ok(()), "the secret stays");
    assert_eq!(verify(&by_pair, &pairs, at(1000)), Ok(()));
}
