//! Security case 38, where the environment is set to another algorithm: it signs by one at a time and takes no
//! token of the other.

use aws_lc_rs::{
    hmac,
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use frontegg_emulator::{Emulator, EmulatorBuilder};
use frontegg_identity::{
    enums::JwtAlgorithm,
    types::{CreateTenantAccessTokenRequest, CreateUserApiTokenDto, RefreshApiTokenDto, VendorConfigRequest},
    verify::VerifyError,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Court, SHARED_SECRET, encode, forge, jwt_secret, mac, public_material, rsa};
use crate::support::{World, browser::PASSWORD, claims, control, header, place::lasting};

const ADA: &str = "ada@acme.test";

async fn set(world: &World, algorithm: &str) {
    world.configure(json!({ "jwtAlgorithm": algorithm })).await;
}

/// What an operation answers that takes a token of whatever kind.
async fn status(world: &World, token: &str) -> u16 {
    world.raw_with(token).call("get_identity_configuration", &[], Value::Null).await.status.as_u16()
}

/// What whoever holds any token may ask for.
async fn configuration(world: &World, token: &str) -> Value {
    world.raw_with(token).call("get_identity_configuration", &[], Value::Null).await.body
}

async fn key_set(world: &World) -> Value {
    world.raw_with("").call("get_json_web_key_set", &[], Value::Null).await.body
}

/// A tenant with somebody in it, and machines of both.
struct Issuing {
    world: World,
    ada: String,
    /// Client credentials, by whose they are.
    machines: [(&'static str, Value); 2],
}

impl Issuing {
    async fn start() -> Self {
        Self::of(World::start().await).await
    }

    async fn of(world: World) -> Self {
        let acme = world.tenant("acme").await;
        let ada = world.member("acme", ADA).await;
        let of_tenant = world.back_end(Some("acme")).await.done("create_tenant_api_token_v1", &[], json!({})).await;
        let tokens = acme.user(&ada).personal_tokens();
        let of_user = tokens.create_user_api_token(&CreateUserApiTokenDto::new()).await.expect("credentials");
        let of_user = json!({ "clientId": of_user.client_id, "secret": of_user.secret.expose() });
        let of_tenant = json!({ "clientId": of_tenant["clientId"], "secret": of_tenant["secret"] });
        Self { world, ada, machines: [("a tenant's machine", of_tenant), ("a person's machine", of_user)] }
    }

    /// A token of each kind that is a bearer token, as it is issued now.
    async fn every_kind(&self) -> Vec<(&'static str, String)> {
        let mut tokens = vec![
            ("the environment", self.world.raw().await.token().to_owned()),
            ("a test's user", self.world.token(&self.ada, "acme").await),
            ("a user", self.world.browser().sign_in(ADA).await.token().to_owned()),
        ];
        for (whose, credentials) in &self.machines {
            let made = self.world.browser().done("authenticate_api_token_v1", &[], credentials.clone()).await;
            tokens.push((whose, made["accessToken"].as_str().expect("a token").to_owned()));
        }
        tokens
    }

    async fn assert_all(&self, tokens: &[(&str, String)], expected: u16) {
        for (whose, token) in tokens {
            assert_eq!(status(&self.world, token).await, expected, "{whose}: {}", header(token));
        }
    }
}

#[tokio::test]
async fn case_38_one_algorithm_at_a_time() {
    let issuing = Issuing::start().await;
    let world = &issuing.world;
    let secret = hmac::Key::new(hmac::HMAC_SHA256, jwt_secret(world).await.as_bytes());
    let by_pair = issuing.every_kind().await;
    issuing.assert_all(&by_pair, 200).await;

    // Whoever makes the switch needs a new token too.
    let switching = world.raw().await;
    let answer = switching.call("update_identity_configuration", &[], json!({ "jwtAlgorithm": "HS256" })).await;
    assert_eq!((answer.status.as_u16(), &answer.body["jwtAlgorithm"]), (201, &json!("HS256")));
    let again = switching.call("update_identity_configuration", &[], json!({})).await;
    assert_eq!(again.refused(401), "Unauthorized");

    issuing.assert_all(&by_pair, 401).await;
    let by_secret = issuing.every_kind().await;
    issuing.assert_all(&by_secret, 200).await;
    for (whose, token) in &by_secret {
        assert_eq!(header(token), json!({ "alg": "HS256", "typ": "JWT" }), "{whose}");
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        hmac::verify(&secret, message.as_bytes(), &signature).unwrap_or_else(|_| panic!("{whose}: another secret"));
    }
    // What has not expired is good again as soon as its algorithm is.
    for (algorithm, good, bad) in
        [("RS256", &by_pair, &by_secret), ("HS256", &by_secret, &by_pair), ("RS256", &by_pair, &by_secret)]
    {
        set(world, algorithm).await;
        issuing.assert_all(good, 200).await;
        issuing.assert_all(bad, 401).await;
    }
}

#[tokio::test]
async fn case_38_nothing_but_the_secret_signs_under_hs256() {
    let court = Court::open().await;
    let world = &court.world;
    let body = claims(&court.token).to_string();
    let kid = header(&court.token)["kid"].clone();
    let public = public_material(world).await;
    let secret = jwt_secret(world).await;
    let by_secret = mac(secret.as_bytes());
    set(world, "HS256").await;
    let good = forge(&json!({ "alg": "HS256", "typ": "JWT" }), &body, &by_secret);
    assert_eq!(status(world, &good).await, 200, "each forgery below differs from it in one thing");

    let mut forgeries = vec![("the real one of before".to_owned(), court.token.clone())];
    for (name, material) in public {
        for head in [json!({ "alg": "HS256", "typ": "JWT" }), json!({ "alg": "HS256", "kid": kid })] {
            forgeries.push((format!("{head}, HMAC with the {name}"), forge(&head, &body, mac(&material))));
        }
    }
    for algorithm in ["none", "None", "", "hs256", "RS256", "PS256", "HS384", "HS512"] {
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": kid });
        forgeries.push((format!("{head}, HMAC with the secret"), forge(&head, &body, &by_secret)));
        forgeries.push((format!("{head}, no signature"), forge(&head, &body, |_| Vec::new())));
    }
    for (name, longer) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let longer = hmac::Key::new(longer, secret.as_bytes());
        let sign = |message: &[u8]| hmac::sign(&longer, message).as_ref().to_vec();
        for algorithm in [name, "HS256"] {
            let head = json!({ "alg": algorithm, "typ": "JWT" });
            forgeries.push((format!("{head} signed by {name}"), forge(&head, &body, sign)));
        }
    }
    let own = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    forgeries.push(("an own key".to_owned(), forge(&json!({ "alg": "RS256", "kid": kid }), &body, rsa(&own))));
    forgeries.push(("an own key as HS256".to_owned(), forge(&json!({ "alg": "HS256", "kid": kid }), &body, rsa(&own))));
    let head = json!({ "alg": "HS256", "typ": "JWT" });
    for (name, other) in [
        ("line end", format!("{secret}\n").into_bytes()),
        ("other case", secret.to_uppercase().into_bytes()),
        ("bytes in it", URL_SAFE_NO_PAD.decode(&secret).expect("base64url")),
    ] {
        forgeries.push((format!("the secret's {name}"), forge(&head, &body, mac(&other))));
    }
    let cut = |count: usize| forge(&head, &body, |message| by_secret(message)[..count].to_vec());
    forgeries.extend([0, 1, 16, 31].map(|count| (format!("{count} bytes of the signature"), cut(count))));
    let critical = json!({ "alg": "HS256", "crit": ["b64"], "b64": false });
    forgeries.push(("crit".to_owned(), forge(&critical, &body, &by_secret)));
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let other = encode(body.replacen(ADA, "eve@acme.test", 1));
    let head = message.split('.').next().expect("a header");
    forgeries.push(("other claims".to_owned(), format!("{head}.{other}.{signature}")));

    for (name, token) in forgeries {
        let answer = world.raw_with(&token).call("list_my_sessions", &[], Value::Null).await;
        assert_eq!(answer.refused(401), "Unauthorized", "{name}");
    }
    assert_eq!(status(world, &good).await, 200);
}

/// Security case 38: symmetric keys are in no key set; and what is told of the algorithm is so.
#[tokio::test]
async fn case_38_the_secret_is_for_back_ends_alone() {
    let issuing = Issuing::start().await;
    let world = &issuing.world;
    let (secret, keys) = (jwt_secret(world).await, key_set(world).await);
    assert!(secret.len() >= 32, "as many bytes as a digest at least");
    let pem = configuration(world, world.raw().await.token()).await["publicKey"].clone();
    for algorithm in ["RS256", "HS256"] {
        set(world, algorithm).await;
        assert_eq!(key_set(world).await, keys, "{algorithm}");
        assert!(keys["keys"].as_array().expect("keys").iter().all(|key| key["kty"] == "RSA" && key["k"].is_null()));
        let discovery = world.raw_with("").call("get_openid_configuration", &[], Value::Null).await.body;
        assert_eq!(discovery["id_token_signing_alg_values_supported"], json!([algorithm]));
        for (whose, token) in issuing.every_kind().await {
            let shown = configuration(world, &token).await;
            let expected = if whose == "the environment" { secret.as_str() } else { "" };
            assert_eq!(shown["jwtSecret"], expected, "{whose}");
            assert_eq!((&shown["jwtAlgorithm"], &shown["publicKey"]), (&json!(algorithm), &pem), "{whose}");
        }
        let anybody = world.raw_with("").call("get_public_identity_configuration", &[], Value::Null).await;
        assert!(anybody.status.is_success() && !anybody.body.to_string().contains(&secret));
    }
    // Nobody chooses it, and each environment has its own.
    world.configure(json!({ "jwtSecret": "x".repeat(43), "publicKey": "x" })).await;
    assert_eq!((jwt_secret(world).await, key_set(world).await), (secret.clone(), keys));
    assert_ne!(jwt_secret(&World::start().await).await, secret);
    let (_, record) = control(world, Method::GET, "/requests", Value::Null).await;
    assert!(!record.to_string().contains(&secret) && !format!("{:?}", world.emulator).contains(&secret));
}

#[tokio::test]
async fn case_38_sessions_outlive_a_switch() {
    let issuing = Issuing::start().await;
    let world = &issuing.world;
    let mut browser = world.browser();
    let mut tokens = vec![browser.sign_in(ADA).await.token().to_owned()];
    let (_, credentials) = &issuing.machines[0];
    let made = world.browser().done("authenticate_api_token_v1", &[], credentials.clone()).await;
    let mut machine = made["refreshToken"].as_str().expect("a refresh token").to_owned();
    let tokens_of_machines = world.frontegg.authentication();
    for algorithm in ["HS256", "RS256"] {
        set(world, algorithm).await;
        assert_eq!(status(world, tokens.last().expect("a token")).await, 401);
        // Browsers send the token that they have along.
        browser = browser.bearer(tokens.last().expect("a token"));
        let renewed = browser.refresh().await;
        assert_eq!((status(world, renewed.token()).await, &header(renewed.token())["alg"]), (200, &json!(algorithm)));
        tokens.push(renewed.token().to_owned());
        let request = RefreshApiTokenDto::new(machine.as_str());
        let renewed = tokens_of_machines.api_token().refresh_api_token(&request).await.expect("a token");
        assert_eq!(status(world, renewed.access_token.expose()).await, 200);
        machine = renewed.refresh_token.expose().to_owned();
    }
    let sessions: Vec<_> = tokens.iter().map(|token| claims(token)["sid"].clone()).collect();
    assert!(sessions.iter().all(|id| *id == sessions[0]), "one session");
}

/// The client asks for another token once its own is refused.
#[tokio::test]
async fn a_client_goes_on_after_a_switch() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", ADA).await;
    let (settings, roles) = (world.frontegg.management().core_settings(), world.frontegg.management().roles());
    let session = world.frontegg.authentication().login(ADA, PASSWORD).await.expect("a sign-in");
    let session = session.into_session().expect("a session");
    let authentications = || world.emulator.requests().on("authenticate_environment").count();
    let before = authentications();
    for (round, algorithm) in [JwtAlgorithm::Hs256, JwtAlgorithm::Rs256, JwtAlgorithm::Hs256].into_iter().enumerate() {
        let change = VendorConfigRequest::new().jwt_algorithm(algorithm.clone());
        let changed = settings.update_identity_configuration(&change).await.expect("a change");
        assert_eq!(changed.jwt_algorithm, algorithm);
        assert!(!roles.list_roles_v1().await.expect("roles").is_empty());
        assert_eq!(authentications() - before, round + 1, "one token for each switch");
        let read = settings.get_identity_configuration().await.expect("the configuration");
        assert_eq!(read.jwt_algorithm, algorithm);
        assert_eq!(session.user_management().get_my_profile_v2().await.expect("a profile").email.as_deref(), Some(ADA));
    }
}

#[tokio::test]
async fn verifiers_say_what_to_set_where_the_secret_signs() {
    let court = Court::open().await;
    let world = &court.world;
    set(world, "HS256").await;
    let ada = claims(&court.token)["sub"].as_str().expect("an id").to_owned();
    let error = court.verifier.verify(&world.token(&ada, "acme").await).await.expect_err("another algorithm");
    assert_eq!((error.to_string().as_str(), error.is_rejection()), (SHARED_SECRET, true));
    let access_tokens = world.frontegg.tenant("acme").api_tokens();
    let made = access_tokens.create_tenant_access_token(&CreateTenantAccessTokenRequest::new()).await;
    let access_token = made.expect("a token").secret.expect("shown once");
    assert_eq!(header(access_token.expose()), json!({ "alg": "HS256", "typ": "JWT" }));
    let error = court.verifier.verify_access_token(access_token.expose()).await.expect_err("another algorithm");
    assert!(matches!(&error, VerifyError::Algorithm { found, .. } if found == "HS256"), "{error}");
}

fn builder() -> EmulatorBuilder {
    Emulator::builder().client_id("client").api_key("key")
}

#[tokio::test]
async fn case_38_all_processes_of_a_store_see_a_switch_at_once() {
    let place = lasting().await;
    let process = || World::at(&place, builder());
    let first = Issuing::of(process().await).await;
    let (second, secret) = (process().await, jwt_secret(&first.world).await);
    assert_eq!(jwt_secret(&second).await, secret);
    let by_pair = first.every_kind().await;
    let at_second = async |tokens: &[(&'static str, String)], expected: u16| {
        for (whose, token) in tokens {
            assert_eq!(status(&second, token).await, expected, "{whose}: {}", header(token));
        }
    };
    at_second(&by_pair, 200).await;

    set(&first.world, "HS256").await;
    at_second(&by_pair, 401).await;
    let made_by_second = second.token(&first.ada, "acme").await;
    assert_eq!(header(&made_by_second)["alg"], "HS256");
    assert_eq!(status(&first.world, &made_by_second).await, 200);
    let by_secret = first.every_kind().await;
    at_second(&by_secret, 200).await;
    set(&second, "RS256").await;
    first.assert_all(&by_secret, 401).await;
    first.assert_all(&by_pair, 200).await;

    // And it stays over a restart.
    set(&second, "HS256").await;
    first.world.emulator.stop().await;
    second.emulator.stop().await;
    let restarted = process().await;
    for (tokens, expected) in [(&by_secret, 200), (&by_pair, 401)] {
        for (whose, token) in tokens {
            assert_eq!(status(&restarted, token).await, expected, "{whose}: {}", header(token));
        }
    }
    assert_eq!(jwt_secret(&restarted).await, secret);
}

/// The secret is the environment's as its key pairs are: a reset keeps it, though not the algorithm.
#[tokio::test]
async fn a_reset_and_a_rotation_keep_the_secret() {
    let issuing = Issuing::start().await;
    let world = &issuing.world;
    let secret = jwt_secret(world).await;
    set(world, "HS256").await;
    let before = issuing.every_kind().await;
    let (old_keys, kid) = (key_set(world).await, world.emulator.rotate_keys().await.expect("rotated"));
    assert!(key_set(world).await["keys"][0]["kid"] == kid && old_keys["keys"][0]["kid"] != kid);
    issuing.assert_all(&before, 200).await;
    assert_eq!(jwt_secret(world).await, secret);

    world.emulator.reset().await.expect("a reset");
    issuing.assert_all(&before, 401).await;
    assert_eq!(header(world.raw().await.token())["alg"], "RS256");
    set(world, "HS256").await;
    issuing.assert_all(&before, 401).await;
    assert_eq!(jwt_secret(world).await, secret);
}

#[tokio::test]
async fn the_secret_travels_with_the_keys() {
    let origin = Issuing::of(World::of(builder()).await).await;
    let world = &origin.world;
    let before = world.emulator.snapshot().await.expect("a snapshot");
    let by_pair = world.token(&origin.ada, "acme").await;
    set(world, "HS256").await;
    let token = world.token(&origin.ada, "acme").await;
    let (secret, whole) = (jwt_secret(world).await, world.emulator.export_with_secrets().await.expect("a document"));
    let plain = world.emulator.export().await.expect("a document");
    assert_eq!(whole["jwtSecret"], secret.as_str());
    assert!(!plain.to_string().contains(&secret));

    let place = lasting().await;
    for copy in [World::of(builder()).await, World::at(&place, builder()).await] {
        let own = jwt_secret(&copy).await;
        copy.emulator.import(&plain).await.expect("an import");
        assert_eq!(jwt_secret(&copy).await, own, "it stays, as the keys do");
        assert_eq!(status(&copy, &token).await, 401);
        assert_eq!(header(copy.browser().sign_in(ADA).await.token())["alg"], "HS256", "settings are taken over");
        copy.emulator.import(&whole).await.expect("an import");
        assert_eq!(jwt_secret(&copy).await, secret);
        assert_eq!(status(&copy, &token).await, 200);
        copy.emulator.stop().await;
    }
    let restarted = World::at(&place, builder()).await;
    assert_eq!((jwt_secret(&restarted).await, status(&restarted, &token).await), (secret, 200));

    // Back to where it was, in one step.
    world.emulator.restore(&before).await.expect("back");
    let back = world.token(&origin.ada, "acme").await;
    assert_eq!((status(world, &back).await, &header(&back)["alg"]), (200, &json!("RS256")));
    assert_eq!(status(world, &token).await, 401);
    assert_eq!(status(world, &by_pair).await, 401, "its session is of after the snapshot");
}
