//! Every defect is one that the rules of SAML refuse, by the check that is meant for it.

use std::time::Duration;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::*;
use crate::{
    clock::Timestamp,
    refusal::Refusal,
    saml::{
        answer::{Accepted, Answer, Check, Expected, InResponseTo, Refused},
        request::AuthnRequest,
    },
};

const ACS: &str = "https://sp.test/auth/saml/callback";
const SP: &str = "https://sp.test";
const REQUEST: &str = "_request";

fn provider() -> IdentityProvider {
    let clock = Clock::default();
    clock.freeze();
    let provider = IdentityProvider::new("https://emulator.test", clock);
    let ada = Person::new("ada@acme.test").name("Ada", "Lovelace").groups(["eng", "ops"]);
    provider.set_people([ada.attribute("floor", ["3"]), Person::new("bob@acme.test")]);
    provider
}

fn now(provider: &IdentityProvider) -> Timestamp {
    provider.0.clock.timestamp()
}

fn address(provider: &IdentityProvider) -> String {
    let request = AuthnRequest {
        id: REQUEST,
        issued_at: now(provider),
        destination: &format!("{}/saml", provider.issuer()),
        issuer: SP,
        acs_url: ACS,
        relay_state: "state",
    };
    request.url(None).expect("an address")
}

async fn answer(provider: &IdentityProvider) -> String {
    let signed_in = provider.sign_in(&address(provider), "ada@acme.test").await.expect("signed in");
    let SignedIn::Saml { acs_url, saml_response, relay_state } = signed_in else { panic!("not by SAML") };
    assert_eq!((acs_url.as_str(), relay_state.as_deref()), (ACS, Some("state")));
    saml_response
}

async fn judge(provider: &IdentityProvider, message: &str) -> Result<Accepted, Refused> {
    let metadata = provider.saml_metadata().await.expect("metadata");
    let known = metadata::read(&metadata, now(provider)).expect("metadata that can be read");
    assert_eq!(known.sign_on_address, "https://emulator.test/_emulator/idp/saml");
    let expected = Expected {
        acs_url: ACS,
        sp_entity_id: SP,
        certificates: &known.certificates,
        issuer: Some(&known.entity_id),
        in_response_to: InResponseTo::Request(REQUEST),
        now: now(provider),
    };
    Answer::read(message)?.verify(&expected)
}

#[tokio::test]
async fn people_sign_in_by_saml() {
    let provider = provider();
    let accepted = judge(&provider, &answer(&provider).await).await.expect("accepted");
    assert_eq!(accepted.email, "ada@acme.test");
    assert_eq!(accepted.name_id.value, "ada@acme.test");
    assert_eq!(accepted.given_name.as_deref(), Some("Ada"));
    assert_eq!(accepted.surname.as_deref(), Some("Lovelace"));
    assert_eq!(accepted.groups, ["eng", "ops"]);
    assert_eq!(accepted.attributes["floor"], ["3"]);
    let again = judge(&provider, &answer(&provider).await).await.expect("accepted");
    assert_ne!(accepted.ids, again.ids);
}

#[tokio::test]
async fn every_defect_of_saml_is_refused_by_its_check() {
    let provider = provider();
    for (defect, check) in [
        (Defect::Wrapped, Check::Shape),
        (Defect::Unsigned, Check::Signature),
        (Defect::Sha1, Check::Algorithm),
        (Defect::ForeignKey, Check::Key),
        (Defect::WrongDestination, Check::Destination),
        (Defect::WrongIssuer, Check::Issuer),
        (Defect::WrongRequest, Check::Request),
        (Defect::WrongRecipient, Check::Confirmation),
        (Defect::Expired, Check::Confirmation),
        (Defect::WrongAudience, Check::Audience),
    ] {
        provider.set_defect(Some(defect));
        let judged = judge(&provider, &answer(&provider).await).await;
        assert_eq!(judged.map_err(|refused| refused.check), Err(check), "{defect:?}");
    }
    provider.set_defect(None);
    let before = judge(&provider, &answer(&provider).await).await.expect("accepted");
    provider.set_defect(Some(Defect::Replayed));
    let replayed = judge(&provider, &answer(&provider).await).await.expect("accepted by all checks but the last");
    assert_eq!(replayed.ids, before.ids);
}

#[tokio::test]
async fn people_may_begin_at_the_provider() {
    let provider = provider();
    let began = provider.unsolicited(ACS, SP, "bob@acme.test").await.expect("an answer");
    let SignedIn::Saml { acs_url, saml_response, relay_state: None } = began else { panic!("not by SAML") };
    assert_eq!(acs_url, ACS);
    let answer = Answer::read(&saml_response).expect("an answer");
    assert!(!answer.claims_request());
    let certificates = [provider.key().await.expect("a key").certificate().clone()];
    let issuer = provider.entity_id();
    let expected = Expected {
        acs_url: ACS,
        sp_entity_id: SP,
        certificates: &certificates,
        issuer: Some(&issuer),
        in_response_to: InResponseTo::Nothing,
        now: now(&provider),
    };
    assert_eq!(answer.verify(&expected).expect("accepted").email, "bob@acme.test");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let provider = provider();
    let refused =
        async |address: &str, email: &str| provider.signed_in(address, email).await.expect_err("refused").refusal();
    let address = address(&provider);
    assert_eq!(refused(&address, "eve@acme.test").await, Refusal::NotFound);
    for wrong in [
        "https://other.test/_emulator/idp/saml?SAMLRequest=a",
        "https://emulator.test/_emulator/idp/saml",
        "https://emulator.test/_emulator/idp/saml?RelayState=a",
        "https://emulator.test/_emulator/idp/saml?SAMLRequest=a",
        "https://emulator.test/_emulator/idp/other?SAMLRequest=a",
    ] {
        assert_eq!(refused(wrong, "ada@acme.test").await, Refusal::BadRequest, "{wrong}");
    }
    provider.set_defect(Some(Defect::WrongNonce));
    assert_eq!(refused(&address, "ada@acme.test").await, Refusal::BadRequest);
}

const REDIRECT: &str = "https://sp.test/oidc?kept=1";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of the verifier (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn code(provider: &IdentityProvider) -> String {
    let parameters = [
        ("response_type", "code"),
        ("client_id", "client"),
        ("redirect_uri", REDIRECT),
        ("state", "state"),
        ("nonce", "nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("login_hint", "ada@acme.test"),
    ];
    let query = serde_urlencoded::to_string(parameters).expect("a query");
    let address = format!("{}/authorize?{query}", provider.issuer());
    let signed_in = provider.sign_in(&address, "ada@acme.test").await.expect("signed in");
    let SignedIn::OpenId { location } = signed_in else { panic!("not by OpenID") };
    let query = location.strip_prefix("https://sp.test/oidc?kept=1&").expect("the redirect address");
    let parameters: BTreeMap<String, String> = serde_urlencoded::from_str(query).expect("parameters");
    assert_eq!(parameters["state"], "state");
    assert_eq!(parameters["iss"], provider.issuer());
    parameters["code"].clone()
}

fn redemption(code: &str) -> TokenRequest {
    TokenRequest {
        grant_type: "authorization_code".to_owned(),
        code: Some(code.to_owned()),
        redirect_uri: Some(REDIRECT.to_owned()),
        code_verifier: Some(VERIFIER.to_owned()),
        client_id: None,
    }
}

async fn redeemed(provider: &IdentityProvider, request: &TokenRequest) -> Result<Value, TokenError> {
    let redeemed = provider.redeem(request, Some("client")).await.expect("an answer");
    redeemed.map(|tokens| serde_json::to_value(tokens).expect("JSON"))
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

/// Whether the key that the provider tells of has signed it.
async fn is_verified(provider: &IdentityProvider, token: &str) -> bool {
    let keys = provider.key_set().await.expect("keys");
    let number =
        |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().expect("a number")).expect("base64");
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    assert_eq!(part(token, 0)["kid"], keys["keys"][0]["kid"]);
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn people_sign_in_by_openid() {
    let provider = provider();
    let request = redemption(&code(&provider).await);
    let tokens = redeemed(&provider, &request).await.expect("tokens");
    let id_token = tokens["id_token"].as_str().expect("an ID token");
    assert!(is_verified(&provider, id_token).await);
    let claims = part(id_token, 1);
    let seconds = now(&provider).seconds();
    for (name, value) in [
        ("iss", Value::from(provider.issuer())),
        ("aud", "client".into()),
        ("nonce", "nonce".into()),
        ("iat", seconds.into()),
        ("exp", (seconds + 300).into()),
        ("email", "ada@acme.test".into()),
        ("email_verified", true.into()),
        ("name", "Ada Lovelace".into()),
        ("floor", "3".into()),
        ("groups", vec!["eng", "ops"].into()),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let access_token = tokens["access_token"].as_str().expect("an access token");
    assert_eq!(provider.user_info(access_token).expect("user info")["sub"], claims["sub"]);
    assert_eq!(provider.user_info("other"), None);
    // A code is redeemed once.
    assert_eq!(redeemed(&provider, &request).await, Err(TokenError::InvalidGrant));
    provider.0.clock.advance(Duration::from_mins(5));
    assert_eq!(provider.user_info(access_token), None);
}

#[tokio::test]
async fn codes_are_bound() {
    let provider = provider();
    let other = || Some("other".to_owned());
    let changes: [fn(&mut TokenRequest); 2] =
        [|request| request.redirect_uri = None, |request| request.code_verifier = None];
    for change in changes {
        let mut request = redemption(&code(&provider).await);
        change(&mut request);
        assert_eq!(redeemed(&provider, &request).await, Err(TokenError::InvalidGrant));
    }
    let request = TokenRequest { code_verifier: other(), ..redemption(&code(&provider).await) };
    assert_eq!(redeemed(&provider, &request).await, Err(TokenError::InvalidGrant));
    let request = redemption(&code(&provider).await);
    let by_other = provider.redeem(&request, Some("other")).await.expect("an answer");
    assert_eq!(by_other.err(), Some(TokenError::InvalidGrant));
    let request = redemption(&code(&provider).await);
    provider.0.clock.advance(Duration::from_mins(1));
    assert_eq!(redeemed(&provider, &request).await, Err(TokenError::InvalidGrant));
    let request = TokenRequest { grant_type: "password".to_owned(), ..request };
    assert_eq!(redeemed(&provider, &request).await, Err(TokenError::UnsupportedGrantType));
}

#[tokio::test]
async fn every_defect_of_openid_shows() {
    let provider = provider();
    let token = async |defect| {
        provider.set_defect(Some(defect));
        let tokens = redeemed(&provider, &redemption(&code(&provider).await)).await.expect("tokens");
        tokens["id_token"].as_str().expect("an ID token").to_owned()
    };
    let unsigned = token(Defect::Unsigned).await;
    assert_eq!(part(&unsigned, 0)["alg"], "none");
    assert!(unsigned.ends_with('.'));
    assert!(!is_verified(&provider, &token(Defect::ForeignKey).await).await);
    assert_eq!(part(&token(Defect::PublicKeyAsSecret).await, 0)["alg"], "HS256");
    assert_ne!(part(&token(Defect::WrongAudience).await, 1)["aud"], "client");
    assert_ne!(part(&token(Defect::WrongIssuer).await, 1)["iss"], provider.issuer());
    assert_ne!(part(&token(Defect::WrongNonce).await, 1)["nonce"], "nonce");
    let expired = part(&token(Defect::Expired).await, 1)["exp"].as_i64().expect("a number");
    assert!(expired < now(&provider).seconds());
    provider.set_defect(Some(Defect::Wrapped));
    let request = redemption(&code(&provider).await);
    assert!(provider.redeem(&request, Some("client")).await.is_err());
}
