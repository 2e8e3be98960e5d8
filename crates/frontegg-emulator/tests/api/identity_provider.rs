//! The identity provider for tests, as a browser, a service and a test reach it over HTTP.

use std::{collections::BTreeMap, io::Write};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::DeflateEncoder};
use frontegg_emulator::{
    Emulator,
    identity_provider::{Defect, Person, SignedIn},
};
use http::{StatusCode, header};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};

use crate::support::World;

const ACS: &str = "https://sp.test/auth/saml/callback";
const REDIRECT: &str = "https://sp.test/oidc";

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

async fn get(url: &str) -> Response {
    browser().get(url).send().await.expect("an answer")
}

async fn post(url: &str, form: &[(&str, &str)]) -> Response {
    let body = serde_urlencoded::to_string(form).expect("a form");
    let request = browser().post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(body).send().await.expect("an answer")
}

/// Where a service of that address for answers sends a browser.
fn address(sign_on: &str, acs_url: &str) -> String {
    let request = format!(
        r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
        xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" IssueInstant="2026-01-02T03:04:05Z"
        AssertionConsumerServiceURL="{acs_url}"><saml:Issuer>https://sp.test</saml:Issuer></samlp:AuthnRequest>"#
    );
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(request.as_bytes()).expect("deflated");
    let message = STANDARD.encode(encoder.finish().expect("deflated"));
    let query = serde_urlencoded::to_string([("SAMLRequest", &*message), ("RelayState", "\"state\"")]);
    format!("{sign_on}?{}", query.expect("a query"))
}

/// The fields of a form on a page.
fn fields(page: &str) -> BTreeMap<String, String> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let read = |input: &str| {
        let (name, rest) = input.split_once("\" value=\"").expect("a value");
        let (value, _) = rest.split_once("\">").expect("an end");
        (name.to_owned(), value.replace("&quot;", "\"").replace("&amp;", "&"))
    };
    inputs.map(read).collect()
}

#[tokio::test]
async fn people_sign_in_by_saml_on_plain_pages() {
    let emulator = Emulator::start().await.expect("an emulator");
    let provider = emulator.identity_provider();
    let sign_on = format!("{}/saml", provider.issuer());
    assert!(get(&address(&sign_on, ACS)).await.text().await.expect("a page").contains("Nobody is known here"));
    provider.set_people([Person::new("ada@acme.test").name("Ada", "<Lovelace>"), Person::new("bob@acme.test")]);

    let page = get(&address(&sign_on, ACS)).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
    let page = page.text().await.expect("a page");
    assert!(
        page.contains(">Ada &lt;Lovelace&gt; (ada@acme.test)</button>") && page.contains("value=\"bob@acme.test\"")
    );
    assert!(!page.contains("<script"));
    let asked = fields(&page);
    assert_eq!(asked["RelayState"], "\"state\"");

    let chosen = [("email", "ada@acme.test"), ("SAMLRequest", &*asked["SAMLRequest"]), ("RelayState", "\"state\"")];
    let page = post(&sign_on, &chosen).await.text().await.expect("a page");
    assert!(page.contains(&format!("<form method=\"post\" action=\"{ACS}\">")));
    let answer = fields(&page);
    assert_eq!(answer["RelayState"], "\"state\"");
    let response = STANDARD.decode(&answer["SAMLResponse"]).expect("base64");
    let response = String::from_utf8(response).expect("text");
    assert!(response.contains(">ada@acme.test</saml:NameID>") && response.contains("InResponseTo=\"_1\""));
    assert!(response.contains(">&lt;Lovelace&gt;</saml:AttributeValue>"));

    let chosen = [("email", "eve@acme.test"), ("SAMLRequest", &*asked["SAMLRequest"])];
    assert_eq!(post(&sign_on, &chosen).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn requests_that_cannot_be_answered_are_refused() {
    let emulator = Emulator::start().await.expect("an emulator");
    let provider = emulator.identity_provider();
    let sign_on = format!("{}/saml", provider.issuer());
    let authorize = format!("{}/authorize", provider.issuer());
    for url in [
        sign_on.clone(),
        format!("{sign_on}?SAMLRequest=x"),
        address(&sign_on, "javascript:alert(1)"),
        authorize.clone(),
        format!("{authorize}?response_type=token&client_id=a&redirect_uri={REDIRECT}"),
        format!("{authorize}?response_type=code&client_id=a&redirect_uri=javascript:a"),
        format!("{authorize}?response_type=code&client_id=a&redirect_uri={REDIRECT}&code_challenge=a"),
    ] {
        let answer = get(&url).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{url}");
        let body: Value = answer.json().await.expect("JSON");
        assert!(body["errors"][0].is_string(), "{url}");
    }
}

#[tokio::test]
async fn people_sign_in_by_openid_on_plain_pages() {
    let emulator = Emulator::start().await.expect("an emulator");
    let provider = emulator.identity_provider();
    provider.set_people([Person::new("ada@acme.test").groups(["eng"])]);
    let discovery = get(&format!("{}/.well-known/openid-configuration", provider.issuer())).await;
    let discovery: Value = discovery.json().await.expect("JSON");
    assert_eq!(discovery["issuer"], provider.issuer());
    let endpoint = |name: &str| discovery[name].as_str().expect("an address").to_owned();

    let asked = [
        ("response_type", "code"),
        ("client_id", "a client"),
        ("redirect_uri", REDIRECT),
        ("state", "state"),
        ("nonce", "nonce"),
        ("scope", "openid"),
    ];
    let query = serde_urlencoded::to_string(asked).expect("a query");
    let page = get(&format!("{}?{query}", endpoint("authorization_endpoint"))).await.text().await.expect("a page");
    let mut form: Vec<(String, String)> = fields(&page).into_iter().collect();
    form.push(("email".to_owned(), "ada@acme.test".to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = post(&endpoint("authorization_endpoint"), &form).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[header::LOCATION].to_str().expect("text");
    let query = location.strip_prefix("https://sp.test/oidc?").expect("the redirect address");
    let returned: BTreeMap<String, String> = serde_urlencoded::from_str(query).expect("parameters");
    assert_eq!(returned["state"], "state");

    let redemption = [("grant_type", "authorization_code"), ("code", &*returned["code"]), ("redirect_uri", REDIRECT)];
    let redeem = async || {
        let body = serde_urlencoded::to_string(redemption).expect("a form");
        let request = browser().post(endpoint("token_endpoint")).basic_auth("a+client", Some("any secret"));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(body).send().await.expect("an answer")
    };
    let answer = redeem().await;
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let tokens: Value = answer.json().await.expect("JSON");
    let claims = tokens["id_token"].as_str().and_then(|token| token.split('.').nth(1)).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    assert_eq!(claims["aud"], "a client");
    assert_eq!(claims["groups"], json!(["eng"]));
    let again = redeem().await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    assert_eq!(again.json::<Value>().await.expect("JSON"), json!({ "error": "invalid_grant" }));

    let ask = async |token: &str| {
        browser().get(endpoint("userinfo_endpoint")).bearer_auth(token).send().await.expect("an answer")
    };
    let told: Value = ask(tokens["access_token"].as_str().expect("a token")).await.json().await.expect("JSON");
    assert_eq!((&told["email"], &told["sub"]), (&json!("ada@acme.test"), &claims["sub"]));
    assert_eq!(ask("another").await.status(), StatusCode::UNAUTHORIZED);
    let keys: Value = get(&endpoint("jwks_uri")).await.json().await.expect("JSON");
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    assert!(keys["keys"][0]["d"].is_null());
}

#[tokio::test]
async fn only_the_admin_tells_it_what_to_do() {
    let emulator = Emulator::builder().admin_token("hush").start().await.expect("an emulator");
    let (control, provider) = (emulator.control(), emulator.identity_provider());
    let state = format!("{}/_emulator/idp", emulator.url());
    assert_eq!(get(&state).await.status(), StatusCode::UNAUTHORIZED);
    let ada = Person::new("ada@acme.test").attribute("floor", ["3"]);
    let told = control.set_identity_provider([ada.clone()], Some(Defect::Unsigned)).await.expect("told");
    assert_eq!((told.people, told.defect), (vec![ada.clone()], Some(Defect::Unsigned)));
    assert_eq!(control.identity_provider().await.expect("an answer").people, [ada]);
    assert_eq!(provider.defect(), Some(Defect::Unsigned));

    // The provider itself is for everybody whom a service sends.
    let sign_on = format!("{}/saml", provider.issuer());
    let metadata = get(&provider.entity_id()).await;
    assert_eq!(metadata.headers()[header::CONTENT_TYPE], "application/samlmetadata+xml");
    let metadata = metadata.text().await.expect("metadata");
    assert!(metadata.contains(&format!("Location=\"{sign_on}\"")));
    assert_eq!(metadata, provider.saml_metadata().await.expect("metadata"));
    assert_eq!(get(&address(&sign_on, ACS)).await.status(), StatusCode::OK);

    let address = address(&sign_on, ACS);
    let signed_in = control.sign_in_at_identity_provider(&address, "ada@acme.test").await.expect("signed in");
    let SignedIn::Saml { acs_url, saml_response, relay_state } = signed_in else { panic!("not by SAML") };
    assert_eq!((acs_url.as_str(), relay_state.as_deref()), (ACS, Some("\"state\"")));
    assert!(!String::from_utf8(STANDARD.decode(saml_response).expect("base64")).expect("text").contains("Signature"));
    let unknown = control.sign_in_at_identity_provider(&address, "eve@acme.test").await;
    assert!(unknown.expect_err("nobody").is_not_found());

    let began = control.unsolicited_sign_in(ACS, "https://sp.test", "ada@acme.test").await.expect("an answer");
    let SignedIn::Saml { acs_url, saml_response, relay_state } = began else { panic!("not by SAML") };
    assert_eq!((acs_url.as_str(), relay_state), (ACS, None));
    let response = String::from_utf8(STANDARD.decode(saml_response).expect("base64")).expect("text");
    assert!(response.contains("<saml:Audience>https://sp.test</saml:Audience>") && !response.contains("InResponseTo"));

    // What is told to it survives a reset, as faults do.
    emulator.reset().await.expect("reset");
    assert_eq!(provider.people().len(), 1);
}

/// Every defect of OpenID Connect is one that the emulator itself refuses.
#[tokio::test]
async fn the_emulator_signs_people_in_by_it_unless_it_is_wrong() {
    const PAGE: &str = "https://app.test/account/social/success";
    let world = World::of(Emulator::builder().allow_outgoing(["127.0.0.1", "localhost"])).await;
    world.configure(json!({ "allowSignups": true })).await;
    let provider = world.emulator.identity_provider();
    provider.set_people([Person::new("ada@acme.test").name("Ada", "Lovelace")]);
    let at = |path: &str| format!("{}{path}", provider.issuer());
    let raw = world.raw().await;
    let body = json!({
        "type": "custom", "clientId": "client", "secret": "secret", "redirectUrl": PAGE,
        "authorizationUrl": at("/authorize"), "tokenUrl": at("/token"), "userInfoUrl": at("/userinfo"),
        "scopes": "openid email profile", "displayName": "IdP", "active": true,
    });
    assert_eq!(raw.call("create_custom_social_login_provider", &[], body).await.status.as_u16(), 200);
    let listed = raw.call("list_custom_social_login_providers", &[], Value::Null).await.body;
    let id = listed["providers"][0]["id"].as_str().expect("an id");

    let sign_in = async || {
        let mut browser = world.browser();
        let left = browser.ask("begin_social_sign_in", &[id], &[], Value::Null).await;
        let address = left.location.expect("a way");
        let SignedIn::OpenId { location } = provider.sign_in(&address, "ada@acme.test").await.expect("signed in")
        else {
            panic!("not by OpenID")
        };
        let query = location.strip_prefix(PAGE).and_then(|rest| rest.strip_prefix('?')).expect("the page");
        let returned: BTreeMap<String, String> = serde_urlencoded::from_str(query).expect("parameters");
        let query = [("code", &*returned["code"]), ("state", &*returned["state"]), ("redirectUri", PAGE)];
        browser.ask("complete_social_sign_in", &[id], &query, Value::Null).await
    };
    assert_eq!(sign_in().await.claims()["name"], "Ada Lovelace");
    for (defect, status) in [
        (Defect::Unsigned, 401),
        (Defect::ForeignKey, 401),
        (Defect::PublicKeyAsSecret, 401),
        (Defect::WrongAudience, 401),
        (Defect::WrongNonce, 401),
        (Defect::Expired, 401),
        // Whoever is named is asked for a document, and elsewhere nobody may be.
        (Defect::WrongIssuer, 502),
    ] {
        provider.set_defect(Some(defect));
        assert_eq!(sign_in().await.status, status, "{defect:?}");
    }
    provider.set_defect(None);
    assert_eq!(sign_in().await.claims()["name"], "Ada Lovelace");
}
