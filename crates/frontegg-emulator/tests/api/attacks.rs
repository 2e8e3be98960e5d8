//! Tokens that nobody here has issued, or not so: what the emulator's routes and the SDK's verifier
//! answer to each. Numbers are those of the security cases.

mod algorithms;
mod templates;

use std::{net::TcpListener, time::Duration};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    types::CreateUserAccessTokenRequest,
    verify::{AccessTokens, Verifier, VerifyError},
};
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::Browser,
    claims,
    effort::{assert_alike, effort},
    header, http,
};

/// Ada's token, and who judges what is made of it.
struct Court {
    world: World,
    verifier: Verifier,
    token: String,
}

/// What the route answers, and what the verifier says.
type Verdict = (u16, String, String);

impl Court {
    async fn open() -> Self {
        let world = World::start().await;
        world.tenant("acme").await;
        let ada = world.user("acme", "ada@acme.test", &[]).await;
        let token = world.token(&ada, "acme").await;
        let court = Self { verifier: verifier(&world, Duration::ZERO), world, token };
        court.verifier.verify(&court.token).await.expect("the real one is good");
        assert_eq!(court.judge(&court.token).await.0, 200);
        court
    }

    async fn judge(&self, token: &str) -> Verdict {
        let url = format!("{}/identity/resources/users/sessions/v1/me", self.world.emulator.url());
        let answer = http().get(url).bearer_auth(token).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        let texts = body["errors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
        let word = match self.verifier.verify(token).await {
            Ok(_) => "good".to_owned(),
            Err(error) => {
                assert!(error.is_rejection(), "{error}: {error:?}");
                error.to_string()
            }
        };
        (status, texts.join("; "), word)
    }

    /// Each forgery with what the verifier must say; the route tells no reason.
    async fn condemn(&self, forgeries: impl IntoIterator<Item = (String, String, &str)>) {
        for (name, token, expected) in forgeries {
            let verdict = self.judge(&token).await;
            println!("| {name} | {} {} | {} |", verdict.0, verdict.1, verdict.2);
            assert_eq!((verdict.0, verdict.1.as_str()), (401, "Unauthorized"), "{name}");
            assert!(verdict.2.starts_with(expected), "{name}: {}", verdict.2);
        }
        self.verifier.verify(&self.token).await.expect("the real one is still good");
        assert_eq!(self.judge(&self.token).await.0, 200);
    }
}

/// A verifier that goes by the emulator's clock.
fn verifier(world: &World, leeway: Duration) -> Verifier {
    let clock = world.emulator.clock();
    Verifier::builder(world.emulator.url())
        .audience(world.emulator.client_id())
        .access_tokens(AccessTokens::new(&world.frontegg).ttl(Duration::ZERO))
        .leeway(leeway)
        .clock(move || clock.now())
        .build()
        .expect("a verifier")
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// A token of these parts; the third is a signature by whatever `sign` is.
fn forge(header: &Value, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", encode(signature))
}

/// Signs with a key of the attacker's own.
fn rsa(key: &KeyPair) -> impl Fn(&[u8]) -> Vec<u8> {
    |message| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("a signature");
        signature
    }
}

/// Signs by HMAC with SHA-256, as HS256 does.
fn mac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&secret, message).as_ref().to_vec()
}

/// What everybody can read of the environment's keys, in every form in which it could be taken for a secret.
async fn public_material(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let configuration = world.raw().await.call("get_identity_configuration", &[], Value::Null).await.body;
    let set = world.raw_with("").call("get_json_web_key_set", &[], Value::Null).await.body;
    let pem = configuration["publicKey"].as_str().expect("a key");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = &set["keys"][0];
    let text = |member: &str| key[member].as_str().expect("a text").to_owned();
    vec![
        ("PEM", pem.as_bytes().to_vec()),
        ("PEM without its end", pem.trim_end().as_bytes().to_vec()),
        ("PEM with ends of DOS", pem.replace('\n', "\r\n").into_bytes()),
        ("base64 of the PEM", body.clone().into_bytes()),
        ("DER", STANDARD.decode(body).expect("base64")),
        ("JWK", key.to_string().into_bytes()),
        ("JWK set", set.to_string().into_bytes()),
        ("modulus", text("n").into_bytes()),
        ("bytes of the modulus", URL_SAFE_NO_PAD.decode(text("n")).expect("base64url")),
        ("kid", text("kid").into_bytes()),
        ("nothing", Vec::new()),
    ]
}

/// The secret that an environment signs with under HS256, as back ends are shown it.
async fn jwt_secret(world: &World) -> String {
    let configuration = world.raw().await.call("get_identity_configuration", &[], Value::Null).await.body;
    configuration["jwtSecret"].as_str().expect("a text").to_owned()
}

fn jwk(key: &KeyPair, kid: &str) -> Value {
    let (modulus, exponent) = (key.public_key().modulus(), key.public_key().exponent());
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
        "n": encode(modulus.big_endian_without_leading_zero()),
        "e": encode(exponent.big_endian_without_leading_zero()),
    })
}

// How the verifier's texts begin; what was found and what is accepted comes after.
const ALGORITHM: &str = "the token is signed with ";
const SHARED_SECRET: &str = "the token is signed with \"HS256\", accepted is RS256: its key is a secret that no key set shows; \
                             set `jwtAlgorithm` of the environment's identity configuration to RS256";
const KEY: &str = "the token's `kid` is ";
const SIGNATURE: &str = "the token's signature is invalid";
const FORM: &str = "the token is malformed: it is no signed JWT";
const LONG: &str = "the token is malformed: it is too long";
const CLAIMS: &str = "the token's claims are not those of the environment's tokens: ";
const ISSUER: &str = "the token was issued by ";
const AUDIENCE: &str = "the token is for ";
const EXPIRED: &str = "the token has expired: ";
const EARLY: &str = "the token is not valid yet: ";
const ENDLESS: &str = "the token's claims are not those of the environment's tokens: missing `exp`";

#[tokio::test]
async fn case_37_nobody_goes_without_a_signature() {
    let court = Court::open().await;
    let [_, body, signature]: [&str; 3] = court.token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let kid = header(&court.token)["kid"].clone();
    let mut forgeries = Vec::new();
    for algorithm in ["none", "None", "nOnE", "NONE", "", "rs256", "RS384", "PS256", "ES256"] {
        let head = encode(json!({ "alg": algorithm, "typ": "JWT", "kid": kid }).to_string());
        forgeries.push((format!("alg {algorithm:?}, no signature"), format!("{head}.{body}."), ALGORITHM));
        forgeries.push((format!("alg {algorithm:?}, a signature"), format!("{head}.{body}.{signature}"), ALGORITHM));
    }
    let head = court.token.split('.').next().expect("a header");
    forgeries.push(("RS256, no signature".to_owned(), format!("{head}.{body}."), SIGNATURE));
    let zeros = encode([0; 256]);
    forgeries.push(("RS256, a signature of zeros".to_owned(), format!("{head}.{body}.{zeros}"), SIGNATURE));
    let critical = json!({ "alg": "RS256", "kid": kid, "crit": ["b64"], "b64": false });
    let head = encode(critical.to_string());
    let asks = "the token is malformed: its header asks for an extension";
    forgeries.push(("crit".to_owned(), format!("{head}.{body}.{signature}"), asks));
    court.condemn(forgeries).await;
}

#[tokio::test]
async fn case_38_the_public_key_is_no_secret_to_sign_with() {
    let court = Court::open().await;
    let body = claims(&court.token).to_string();
    let kid = header(&court.token)["kid"].clone();
    let mut secrets = public_material(&court.world).await;
    // Nor is the secret that there is, as long as it does not sign.
    secrets.push(("secret", jwt_secret(&court.world).await.into_bytes()));
    let mut forgeries = Vec::new();
    for (name, secret) in secrets {
        for (head, word) in [
            (json!({ "alg": "HS256", "typ": "JWT", "kid": kid }), SHARED_SECRET),
            (json!({ "alg": "HS256", "typ": "JWT" }), SHARED_SECRET),
            (json!({ "alg": "RS256", "typ": "JWT", "kid": kid }), SIGNATURE),
        ] {
            forgeries.push((format!("{head}, HMAC with the {name}"), forge(&head, &body, mac(&secret)), word));
        }
    }
    court.condemn(forgeries).await;
}

#[tokio::test]
async fn case_39_keys_are_not_taken_from_tokens() {
    let court = Court::open().await;
    let canary = TcpListener::bind("127.0.0.1:0").expect("a port");
    canary.set_nonblocking(true).expect("a listener that does not wait");
    let url = format!("http://{}/keys", canary.local_addr().expect("an address"));
    let own = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let body = claims(&court.token).to_string();
    let kid = header(&court.token)["kid"].as_str().expect("an id").to_owned();
    let certificate = STANDARD.encode(own.public_key().as_ref());

    let mut forgeries = Vec::new();
    let mut add = |name: &str, header: Value, word| {
        forgeries.push((name.to_owned(), forge(&header, &body, rsa(&own)), word));
    };
    add("own key under the real kid", json!({ "alg": "RS256", "kid": kid }), SIGNATURE);
    add("no kid", json!({ "alg": "RS256" }), KEY);
    add("kid null", json!({ "alg": "RS256", "kid": null }), KEY);
    add("kid a number", json!({ "alg": "RS256", "kid": 0 }), FORM);
    for other in [
        "",
        "attacker",
        "../../../../dev/null",
        "file:///etc/passwd",
        "' OR '1'='1",
        "x'; DROP TABLE signing_keys; --",
        "%00",
        "\u{0}",
        url.as_str(),
    ] {
        add(&format!("kid {other:?}"), json!({ "alg": "RS256", "kid": other }), KEY);
    }
    add("kid of 8 KiB", json!({ "alg": "RS256", "kid": "k".repeat(8 << 10) }), KEY);
    for member in ["jku", "x5u"] {
        for (what, kid) in [("the real", kid.as_str()), ("another", "attacker")] {
            let word = if what == "another" { KEY } else { SIGNATURE };
            add(&format!("{member}, {what} kid"), json!({ "alg": "RS256", "kid": kid, member: url }), word);
        }
    }
    add("jwk", json!({ "alg": "RS256", "kid": kid, "jwk": jwk(&own, &kid) }), SIGNATURE);
    add("jwk without kid", json!({ "alg": "RS256", "jwk": jwk(&own, "attacker") }), KEY);
    add("x5c", json!({ "alg": "RS256", "kid": kid, "x5c": [certificate] }), SIGNATURE);
    let twice = format!(r#"{{"alg":"RS256","kid":"{kid}","kid":"attacker"}}"#);
    forgeries.push(("two kids".to_owned(), format!("{}.{}.AA", encode(twice), encode(&body)), FORM));
    court.condemn(forgeries).await;

    // Too long to be looked at, here for what a header may be and there for what a token may be.
    for (length, status) in [(20 << 10, 401), (1 << 20, 431)] {
        let head = json!({ "alg": "RS256", "kid": "k".repeat(length) });
        let verdict = court.judge(&forge(&head, &body, rsa(&own))).await;
        assert_eq!((verdict.0, verdict.2.as_str()), (status, LONG), "a kid of {length} bytes");
    }
    let seen = canary.accept().map(|(_, peer)| peer);
    assert!(matches!(&seen, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{seen:?}");
}

#[tokio::test]
async fn case_40_claims_that_no_sign_in_gives_are_refused() {
    let court = Court::open().await;
    let clock = court.world.emulator.clock();
    clock.freeze();
    let (good, now) = (claims(&court.token), clock.now().timestamp());
    let mut changes = Vec::new();
    let mut add = |word: &'static str, member: &'static str, values: Vec<Value>| {
        changes.extend(values.into_iter().map(|value| (member, value, word)));
    };
    add(EXPIRED, "exp", vec![json!(now), json!(now - 1), json!(0), json!(-1), json!(i64::MIN)]);
    add(ENDLESS, "exp", vec![Value::Null]);
    add(CLAIMS, "exp", vec![json!("9999999999"), json!([now + 60]), json!({})]);
    add(EARLY, "nbf", vec![json!(now + 6), json!(i64::MAX)]);
    add(CLAIMS, "nbf", vec![json!("0"), json!([0])]);
    add(EARLY, "iat", vec![json!(now + 6), json!(i64::MAX)]);
    add(CLAIMS, "iat", vec![json!("0"), json!([])]);
    add(ISSUER, "iss", vec![json!("https://evil.test"), json!(""), Value::Null]);
    add(ISSUER, "iss", vec![json!(format!("{}/", court.world.emulator.url()))]);
    add(CLAIMS, "iss", vec![json!([court.world.emulator.url()]), json!(1), json!({})]);
    add(AUDIENCE, "aud", vec![json!("another"), json!(["another"]), json!([]), Value::Null]);
    add(CLAIMS, "aud", vec![json!(1), json!({}), json!([1])]);
    add(CLAIMS, "type", vec![json!("vendor"), json!("USERTOKEN"), json!("superToken"), json!(1), Value::Null]);
    add("the token's `type` is ", "type", vec![json!("userAccessToken"), json!("tenantAccessToken")]);
    add(CLAIMS, "sub", vec![json!(1), Value::Null, json!(["ada"])]);
    add(CLAIMS, "tenantId", vec![json!(1), Value::Null, json!(["acme", "globex"])]);
    add(CLAIMS, "roles", vec![json!("Admin"), json!([1])]);
    let mut forgeries = Vec::new();
    for (member, value, word) in changes {
        let mut forged = good.clone();
        let name = format!("{member} {value}");
        if value.is_null() {
            forged.as_object_mut().expect("an object").remove(member);
        } else {
            forged[member] = value;
        }
        forgeries.push((name, court.world.emulator.sign(&forged.to_string()).await.expect("a token"), word));
    }
    // Twice the same member: one reader would see the first, another the last.
    for twice in [
        r#""exp":1"#,
        r#""sub":"eve""#,
        r#""tenantId":"globex""#,
        r#""type":"userToken""#,
        r#""iss":"https://evil.test""#,
        r#""aud":"another""#,
        r#""roles":["Admin"]"#,
    ] {
        let forged = good.to_string().replacen('{', &format!("{{{twice},"), 1);
        let token = court.world.emulator.sign(&forged).await.expect("a token");
        forgeries.push((format!("{twice} in front"), token, CLAIMS));
    }
    for text in ["", "null", "[]", "{}", "\"ada\"", "{", "{}{}"] {
        let token = court.world.emulator.sign(text).await.expect("a token");
        forgeries.push((format!("claims {text:?}"), token, CLAIMS));
    }
    court.condemn(forgeries).await;
}

#[tokio::test]
async fn case_40_other_forms_are_no_tokens() {
    let court = Court::open().await;
    let [head, body, signature]: [&str; 3] =
        court.token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let mut forgeries = Vec::new();
    for (name, token, word) in [
        ("one part", head.to_owned(), FORM),
        ("two parts", format!("{head}.{body}"), FORM),
        ("four parts", format!("{head}.{body}.{signature}.{signature}"), FORM),
        ("five parts", format!("{head}.{body}.{signature}.{body}.{signature}"), FORM),
        ("parts swapped", format!("{body}.{head}.{signature}"), FORM),
        ("padding", format!("{head}.{body}.{signature}=="), FORM),
        ("a header in plain", format!(r#"{{"alg":"RS256"}}.{body}.{signature}"#), FORM),
        ("other claims", format!("{head}.{}.{signature}", encode(r#"{"type":"userToken","sub":"eve"}"#)), SIGNATURE),
        ("dots", "..".to_owned(), FORM),
        ("a word", "x".to_owned(), FORM),
    ] {
        forgeries.push((name.to_owned(), token, word));
    }
    court.condemn(forgeries).await;
}

/// Security case 40: another environment's tokens, be it with the same key.
#[tokio::test]
async fn case_40_another_environments_tokens_are_foreign() {
    let court = Court::open().await;
    let other = World::of(Emulator::builder()).await;
    other.tenant("acme").await;
    let ada = other.user("acme", "ada@acme.test", &[]).await;
    let same_key = other.token(&ada, "acme").await;
    other.emulator.rotate_keys().await.expect("rotated");
    let other_key = other.token(&ada, "acme").await;
    let mut impostor = claims(&court.token);
    impostor["iss"] = json!(other.emulator.url());
    let impostor = court.world.emulator.sign(&impostor.to_string()).await.expect("a token");
    let mut forgeries = vec![
        ("another environment, another key".to_owned(), other_key, KEY),
        ("another environment's issuer".to_owned(), impostor, ISSUER),
    ];
    // Emulators of tests begin with one key.
    forgeries.push(("another environment".to_owned(), same_key, ISSUER));
    court.condemn(forgeries).await;
}

/// Security case 40: leeway at most a minute, whatever is asked for.
#[tokio::test]
async fn case_40_leeway_has_an_end() {
    let court = Court::open().await;
    let clock = court.world.emulator.clock();
    clock.freeze();
    let (good, now) = (claims(&court.token), clock.now().timestamp());
    let patient = verifier(&court.world, Duration::from_hours(1));
    for (member, seconds, word) in
        [("exp", -59, "good"), ("exp", -60, EXPIRED), ("nbf", 60, "good"), ("nbf", 61, EARLY)]
    {
        let mut changed = good.clone();
        changed[member] = json!(now + seconds);
        let token = court.world.emulator.sign(&changed.to_string()).await.expect("a token");
        let said = patient.verify(&token).await.map_or_else(|error| error.to_string(), |_| "good".to_owned());
        assert!(said.starts_with(word), "{member} {seconds}: {said}");
    }
}

/// Security case 19, for those who hold a machine's token of somebody: it ends with what it rests on,
/// for other services as well. (A JWT of a sign-in is good elsewhere until its `exp`.)
#[tokio::test]
async fn case_19_machines_of_barred_people_are_revoked() {
    for bar in ["lock", "disable", "remove", "delete", "delete the tenant"] {
        let world = World::start().await;
        let acme = world.tenant("acme").await;
        let ada = world.user("acme", "ada@acme.test", &[]).await;
        let tokens = acme.user(&ada).personal_tokens();
        let made = tokens.create_user_access_token(&CreateUserAccessTokenRequest::new()).await.expect("a token");
        let token = made.secret.expect("shown once");
        let verifier = verifier(&world, Duration::ZERO);
        let claims = verifier.verify_access_token(token.expose()).await.expect("a good token");
        assert_eq!(claims.user_id(), Some(ada.as_str()));

        let (mut environment, mut in_acme) = (world.back_end(None).await, world.back_end(Some("acme")).await);
        let (at, operation, id): (&mut Browser, _, &str) = match bar {
            "lock" => (&mut environment, "lock_user", &ada),
            "disable" => (&mut in_acme, "disable_user_in_tenant", &ada),
            "remove" => (&mut in_acme, "remove_user", &ada),
            "delete" => (&mut environment, "remove_user", &ada),
            _ => (&mut environment, "delete_tenant", "acme"),
        };
        at.done(operation, &[id], Value::Null).await;
        let verdict = verifier.verify_access_token(token.expose()).await;
        assert!(matches!(verdict, Err(VerifyError::Revoked)), "{bar}: {verdict:?}");
    }
}

/// Security case 8, the time: the same work whoever is asked about; the benchmark `alike` takes it.
#[tokio::test]
async fn case_08_unknown_people_are_as_much_work_as_known_ones() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    world.user("acme", "bob@acme.test", &[]).await;
    let fail = async |email: &str| {
        effort(&world, async |_| {
            assert_eq!(world.browser().sign_in_with(email, "wrong").await.status, 401);
        })
        .await
    };
    let unknown = fail("nobody@acme.test").await;
    assert_eq!(unknown.password_hashes, 1);
    assert_alike(fail("ada@acme.test").await, unknown);
    assert_alike(fail("bob@acme.test").await, unknown);
}
