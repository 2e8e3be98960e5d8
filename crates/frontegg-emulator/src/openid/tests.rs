//! What a client takes of a provider, and what it does not.

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    },
};
use serde_json::{Value, json};

use super::{
    key_set::{Algorithm, KeySet},
    *,
};
use crate::clock::Clock;

const ISSUER: &str = "https://idp.test";
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

/// Keys of three kinds, each with its signatures.
struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Keys {
    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    fn set(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let rsa = self.rsa.public_key();
        let point = self.ec.public_key().as_ref();
        json!({ "keys": [
            {"kty": "RSA", "kid": "rsa", "use": "sig",
             "n": encode(rsa.modulus().big_endian_without_leading_zero()),
             "e": encode(rsa.exponent().big_endian_without_leading_zero())},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "alg": "ES256", "x": encode(&point[1..33]), "y": encode(&point[33..])},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(self.ed.public_key().as_ref())},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
            {"kid": "of no kind"},
        ]})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let bytes = message.as_bytes();
        let random = SystemRandom::new();
        let mut rsa = vec![0; self.rsa.public_modulus_len()];
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => self.rsa.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut rsa).map(|()| rsa).unwrap(),
            "PS256" => self.rsa.sign(&RSA_PSS_SHA256, &random, bytes, &mut rsa).map(|()| rsa).unwrap(),
            "ES256" => self.ec.sign(&random, bytes).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(bytes).as_ref().to_vec(),
            "HS256" => {
                // With the public key as the secret.
                let der = self.rsa.public_key().as_der().unwrap();
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, der.as_ref());
                aws_lc_rs::hmac::sign(&key, bytes).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Good claims, with some in place of others; null takes one out.
fn claims(now: i64, changes: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": "client", "sub": "ada", "exp": now + 60, "iat": now, "nonce": "n",
        "email": "ada@acme.test", "email_verified": true,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn judged(set: &KeySet, token: &str, now: Timestamp) -> Result<Person, IdTokenError> {
    let expected = Expected { issuer: ISSUER, client_id: "client", nonce: "n", access_token: ACCESS_TOKEN, now };
    id_token::check(token, set, &expected)
}

#[test]
fn id_tokens_are_of_the_provider_the_client_and_the_moment() {
    let keys = Keys::generate();
    let set = KeySet::from_json(&keys.set().to_string());
    let moment = Clock::default().timestamp();
    let now = moment.seconds();
    let rs256 = json!({"alg": "RS256", "kid": "rsa"});
    for changes in [
        json!({}),
        json!({"aud": ["client"]}),
        json!({"aud": ["other", "client"], "azp": "client"}),
        json!({"exp": now - 59, "iat": now - 659}),
        json!({"iat": now + 60, "nbf": now + 60}),
        json!({"exp": 4_000_000_000.5_f64}),
        // OpenID Connect Core, appendix A.3.
        json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}),
    ] {
        let person = judged(&set, &keys.sign(&rs256, &claims(now, &changes)), moment);
        assert_eq!(person.map(|person| person.subject).as_deref(), Ok("ada"), "{changes}");
    }
    for (changes, error) in [
        (json!({"iss": "https://idp.test/"}), IdTokenError::Issuer),
        (json!({"aud": "other"}), IdTokenError::Audience),
        (json!({"aud": []}), IdTokenError::Audience),
        (json!({"aud": ["client", "other"]}), IdTokenError::Audience),
        (json!({"azp": "other"}), IdTokenError::Audience),
        (json!({"exp": now - 60}), IdTokenError::Time),
        (json!({"iat": now - 661}), IdTokenError::Time),
        (json!({"iat": now + 61}), IdTokenError::Time),
        (json!({"nbf": now + 61}), IdTokenError::Time),
        (json!({"exp": null}), IdTokenError::Form),
        (json!({"nonce": null}), IdTokenError::Nonce),
        (json!({"nonce": "m"}), IdTokenError::Nonce),
        (json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RR"}), IdTokenError::AccessToken),
        (json!({"sub": null}), IdTokenError::Subject),
        (json!({"sub": ""}), IdTokenError::Subject),
        (json!({"sub": "x".repeat(256)}), IdTokenError::Subject),
    ] {
        let person = judged(&set, &keys.sign(&rs256, &claims(now, &changes)), moment);
        assert_eq!(person.map(|person| person.subject), Err(error), "{changes}");
    }
}

#[test]
fn only_keys_of_the_provider_sign() {
    let keys = Keys::generate();
    let set = KeySet::from_json(&keys.set().to_string());
    let moment = Clock::default().timestamp();
    let claims = claims(moment.seconds(), &json!({}));
    for header in [
        json!({"alg": "RS256", "kid": "rsa"}),
        json!({"alg": "PS256", "kid": "rsa"}),
        json!({"alg": "ES256", "kid": "ec"}),
        json!({"alg": "EdDSA", "kid": "ed"}),
        // The only key of that type.
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "kid": "rsa", "jku": "https://other.test", "jwk": {}, "x5u": "file:///"}),
    ] {
        assert!(judged(&set, &keys.sign(&header, &claims), moment).is_ok(), "{header}");
    }
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "none", "kid": "rsa"}),
        json!({"alg": "HS256", "kid": "rsa"}),
        json!({"alg": "HS256", "kid": "shared"}),
        json!({"alg": "RS256", "kid": "ec"}),
        json!({"alg": "RS256", "kid": "unknown"}),
        json!({"alg": "rs256", "kid": "rsa"}),
        json!({"alg": "RS256", "kid": "rsa", "crit": ["exp"]}),
    ] {
        let error = judged(&set, &keys.sign(&header, &claims), moment).map(|person| person.subject);
        let is_taken = |name: &Value| name.as_str().is_some_and(|name| Algorithm::named(name).is_some());
        let expected = if is_taken(&header["alg"]) { IdTokenError::Signature } else { IdTokenError::Algorithm };
        assert_eq!(error, Err(expected), "{header}");
    }
    let foreign = Keys::generate().sign(&json!({"alg": "RS256", "kid": "rsa"}), &claims);
    assert_eq!(judged(&set, &foreign, moment).map(|person| person.subject), Err(IdTokenError::Signature));
    // Two keys of one type, and a token that names neither.
    let mut two = keys.set();
    let mut again = two["keys"][0].clone();
    again["kid"] = "other".into();
    two["keys"].as_array_mut().unwrap().push(again);
    let two = KeySet::from_json(&two.to_string());
    let unnamed = keys.sign(&json!({"alg": "RS256"}), &claims);
    assert!(judged(&two, &unnamed, moment).is_err());
    let mut encrypting = keys.set();
    encrypting["keys"][0]["use"] = "enc".into();
    let encrypting = KeySet::from_json(&encrypting.to_string());
    assert!(judged(&encrypting, &unnamed, moment).is_err());
}

fn person(claims: &Value) -> Option<Person> {
    Person::from_user_info(claims.as_object().cloned().unwrap_or_default())
}

#[test]
fn user_info_tells_of_a_person() {
    let ada = person(&json!({"sub": "1", "email": "ada@acme.test", "given_name": "Ada", "family_name": "Byron"}));
    let ada = ada.expect("a person");
    assert_eq!((ada.name.as_deref(), ada.email_verified), (Some("Ada Byron"), None));
    for (said, meant) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!("false"), Some(false)),
        (json!("yes"), None),
        (json!(1), None),
        (json!(null), None),
    ] {
        let person = person(&json!({"sub": "1", "email_verified": said})).expect("a person");
        assert_eq!(person.email_verified, meant, "{said}");
    }
    assert_eq!(person(&json!({"id": 17})).expect("a person").subject, "17");
    assert_eq!(person(&json!({"id": "x"})).expect("a person").subject, "x");
    for nobody in
        [json!({}), json!({"sub": ""}), json!({"sub": 17}), json!({"id": [1]}), json!({"sub": "x".repeat(256)})]
    {
        assert!(person(&nobody).is_none(), "{nobody}");
    }
}

#[test]
fn what_is_said_of_an_address_goes_with_it() {
    let of = |email: Option<&str>, verified: Option<bool>| {
        person(&json!({"sub": "1", "email": email, "email_verified": verified})).expect("a person")
    };
    for (own, other, known) in [
        ((Some("a@x.test"), None), (Some("a@x.test"), Some(true)), (Some("a@x.test"), Some(true))),
        ((Some("a@x.test"), None), (Some("b@x.test"), Some(true)), (Some("a@x.test"), None)),
        ((Some("a@x.test"), Some(false)), (Some("a@x.test"), Some(true)), (Some("a@x.test"), Some(false))),
        ((None, Some(true)), (Some("b@x.test"), None), (Some("b@x.test"), None)),
        ((None, None), (Some("b@x.test"), Some(true)), (Some("b@x.test"), Some(true))),
    ] {
        let whole = of(own.0, own.1).completed_by(of(other.0, other.1));
        assert_eq!((whole.email.as_deref(), whole.email_verified), known);
    }
}

#[test]
fn a_browser_is_sent_with_every_parameter_once() {
    let request = AuthorizationRequest {
        endpoint: "https://idp.test/authorize?tenant=a%26b&state=theirs#x",
        client_id: "a b",
        redirect_uri: "https://app.test/account/social/success?x=1",
        scope: "openid email",
        state: "s",
        nonce: Some("n"),
        // RFC 7636, appendix B.
        code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        login_hint: None,
    };
    assert_eq!(
        request.url().as_deref(),
        Some(
            "https://idp.test/authorize?tenant=a%26b&response_type=code&client_id=a+b\
             &redirect_uri=https%3A%2F%2Fapp.test%2Faccount%2Fsocial%2Fsuccess%3Fx%3D1&scope=openid+email&state=s\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&nonce=n"
        )
    );
    for endpoint in ["javascript:alert(1)", "/authorize", "", "data:text/html,x"] {
        assert_eq!(AuthorizationRequest { endpoint, ..request }.url(), None, "{endpoint}");
    }
    assert!(asks_for_id_token("email openid") && !asks_for_id_token("openid2 email"));
}

#[test]
fn a_document_says_how_to_authenticate() {
    let document = |methods: Value| {
        let mut document = json!({
            "issuer": ISSUER, "authorization_endpoint": "https://idp.test/a", "token_endpoint": "https://idp.test/t",
            "jwks_uri": "https://idp.test/k",
        });
        document["token_endpoint_auth_methods_supported"] = methods;
        serde_json::from_value::<Discovery>(document).expect("a document").authentication()
    };
    assert_eq!(document(json!(null)), ClientAuthentication::Basic);
    assert_eq!(document(json!(["client_secret_post", "client_secret_basic"])), ClientAuthentication::Basic);
    assert_eq!(document(json!(["private_key_jwt", "client_secret_post"])), ClientAuthentication::Post);
    assert_eq!(well_known("https://idp.test/a/"), "https://idp.test/a/.well-known/openid-configuration");
}
