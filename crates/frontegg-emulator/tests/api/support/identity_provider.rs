//! An OpenID provider in this process, with keys of its own, that can be told to misbehave.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use frontegg_emulator::Clock;
use parking_lot::Mutex;
use reqwest::{
    StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, LOCATION},
    redirect::Policy,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it knows its one client by.
pub(crate) const CLIENT_ID: &str = "emulator";
pub(crate) const CLIENT_SECRET: &str = "a secret: of/the client";

/// What it does otherwise than it should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Defect {
    #[default]
    None,
    /// Clients send their secret in the form; that is right, too.
    TakesForms,
    RefusesCodes,
    NoIdToken,
    Unsigned,
    ForeignKey,
    OtherIssuer,
    OtherAudience,
    OtherNonce,
    Expired,
    OtherSubject,
    /// Its document speaks of another token endpoint.
    ForeignDocument,
    RedirectsTokens,
    TooLarge,
    NoUserInfo,
    /// An HMAC by its public key, which everybody has.
    SharedSecret,
    /// Its tokens are of another access token.
    OtherAccessToken,
    /// It says that it names itself whenever it sends somebody back, and does not.
    AnnouncesIssuer,
}

/// A code that it gave out.
struct Granted {
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

struct Inner {
    clock: Clock,
    key: KeyPair,
    foreign: KeyPair,
    url: String,
    defect: Mutex<Defect>,
    person: Mutex<Value>,
    codes: Mutex<HashMap<String, Granted>>,
    visits: AtomicUsize,
    asked: Mutex<Vec<&'static str>>,
}

/// The provider. It signs in the one person that it is told of.
#[derive(Clone)]
pub(crate) struct IdentityProvider(Arc<Inner>);

/// What a browser comes back with.
#[derive(Debug, Clone)]
pub(crate) struct Returned {
    pub(crate) code: String,
    pub(crate) state: String,
    /// Without the query.
    pub(crate) page: String,
}

impl IdentityProvider {
    /// One whose tokens are of the moment that a clock tells.
    pub(crate) async fn start(clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let key = || KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let inner = Arc::new(Inner {
            clock,
            key: key(),
            foreign: key(),
            url,
            defect: Mutex::default(),
            person: Mutex::new(json!({})),
            codes: Mutex::default(),
            visits: AtomicUsize::default(),
            asked: Mutex::default(),
        });
        let router = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .route("/keys", get(keys))
            .route("/.well-known/openid-configuration", get(document))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(inner)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.url)
    }

    /// Who is signed in there from now on, by the claims of user info.
    pub(crate) fn tells_of(&self, person: Value) {
        *self.0.person.lock() = person;
    }

    pub(crate) fn misbehaves(&self, defect: Defect) {
        *self.0.defect.lock() = defect;
    }

    /// Which of its endpoints a server has asked since it was asked for that last.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.asked.lock())
    }

    /// Goes to the provider as a browser does, and comes back.
    pub(crate) async fn visit(&self, url: &str) -> Returned {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).redirect(Policy::none());
        let answer = http.build().expect("a client").get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{url}");
        let location = answer.headers()[LOCATION].to_str().expect("text");
        let mut page: Url = location.parse().expect("an address");
        let query: HashMap<String, String> = page.query_pairs().into_owned().collect();
        page.set_query(None);
        Returned { code: query["code"].clone(), state: query["state"].clone(), page: page.into() }
    }
}

impl Inner {
    fn is(&self, defect: Defect) -> bool {
        *self.defect.lock() == defect
    }

    fn id_token(&self, nonce: Option<&str>) -> String {
        let now = self.clock.now().timestamp();
        let mut claims = self.person.lock().clone();
        let told = claims["sub"].clone();
        claims["sub"] = if self.is(Defect::OtherSubject) { json!("somebody else") } else { told };
        claims["iss"] = if self.is(Defect::OtherIssuer) { json!("https://other.test") } else { json!(self.url) };
        claims["aud"] = if self.is(Defect::OtherAudience) { json!("other") } else { json!(CLIENT_ID) };
        claims["nonce"] = if self.is(Defect::OtherNonce) { json!("other") } else { json!(nonce) };
        claims["iat"] = json!(now);
        claims["exp"] = if self.is(Defect::Expired) { json!(now - 61) } else { json!(now + 60) };
        if self.is(Defect::OtherAccessToken) {
            claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        }
        let alg = match *self.defect.lock() {
            Defect::Unsigned => "none",
            Defect::SharedSecret => "HS256",
            _ => "RS256",
        };
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&json!({"alg": alg, "kid": "1"})), encode(&claims));
        let key = if self.is(Defect::ForeignKey) { &self.foreign } else { &self.key };
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("a signature");
        if alg == "none" {
            signature.clear();
        }
        if alg == "HS256" {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
            signature = hmac::sign(&secret, message.as_bytes()).as_ref().to_vec();
        }
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether it is the client, by the way that is wanted.
    fn is_client(&self, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
        if self.is(Defect::TakesForms) {
            return form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
        }
        let basic = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
        let pair = format!("{CLIENT_ID}:a+secret%3A+of%2Fthe+client");
        basic.is_some_and(|basic| basic == STANDARD.encode(pair)) && !form.contains_key("client_secret")
    }
}

async fn authorize(State(inner): State<Arc<Inner>>, Query(query): Query<HashMap<String, String>>) -> Response {
    assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", CLIENT_ID));
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query.contains_key("nonce"), query["scope"].split(' ').any(|scope| scope == "openid"));
    let code = format!("code-{}", inner.visits.fetch_add(1, Ordering::Relaxed));
    let granted = Granted {
        redirect_uri: query["redirect_uri"].clone(),
        challenge: query["code_challenge"].clone(),
        nonce: query.get("nonce").cloned(),
    };
    let mut back: Url = granted.redirect_uri.parse().expect("an address");
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
    inner.codes.lock().insert(code, granted);
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(inner): State<Arc<Inner>>, headers: HeaderMap, form: String) -> Response {
    let form: HashMap<String, String> = serde_urlencoded::from_str(&form).expect("a form");
    inner.asked.lock().push("token");
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if inner.is(Defect::RedirectsTokens) {
        return Redirect::to("/elsewhere").into_response();
    }
    if inner.is(Defect::TooLarge) {
        return vec![b' '; 1024 * 1024 + 1].into_response();
    }
    if !inner.is_client(&headers, &form) {
        return refused("invalid_client");
    }
    // A code is good once.
    let Some(granted) = inner.codes.lock().remove(&form["code"]).filter(|_| !inner.is(Defect::RefusesCodes)) else {
        return refused("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    if granted.challenge != challenge || granted.redirect_uri != form["redirect_uri"] {
        return refused("invalid_grant");
    }
    let mut tokens = json!({ "access_token": "AT", "token_type": "Bearer" });
    if granted.nonce.is_some() && !inner.is(Defect::NoIdToken) {
        tokens["id_token"] = inner.id_token(granted.nonce.as_deref()).into();
    }
    Json(tokens).into_response()
}

async fn user_info(State(inner): State<Arc<Inner>>, headers: HeaderMap) -> Response {
    inner.asked.lock().push("userinfo");
    if inner.is(Defect::NoUserInfo) || headers[AUTHORIZATION] != "Bearer AT" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(inner.person.lock().clone()).into_response()
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.asked.lock().push("keys");
    let key = inner.key.public_key();
    let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    Json(json!({ "keys": [{
        "kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256",
        "n": encode(key.modulus().big_endian_without_leading_zero()),
        "e": encode(key.exponent().big_endian_without_leading_zero()),
    }] }))
}

async fn document(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.asked.lock().push("document");
    let at = |path: &str| format!("{}{path}", inner.url);
    let token = if inner.is(Defect::ForeignDocument) { "/other" } else { "/token" };
    Json(json!({
        "authorization_response_iss_parameter_supported": inner.is(Defect::AnnouncesIssuer),
        "issuer": inner.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at(token),
        "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/keys"),
    }))
}
