//! Whether somebody can be told from nobody by how long an answer takes (security cases 8 and 9): requests
//! for people who are known and for one who is not, in turns, beside a file and with hashes as they are
//! there. That both are the same work is tested by counting it; this takes the time, and judges nothing.
//!
//! A difference is as good as none where z is between -3 and 3: so much comes of chance.
//!
//! `cargo bench -p frontegg-emulator --bench alike`; a number behind `--` takes the place of 400 times each.

use std::{
    env,
    time::{Duration, Instant},
};

use frontegg_emulator::{Emulator, StoreTarget};
use frontegg_identity::{
    Frontegg,
    types::{CreateTenantRequest, CreateUserDto, PreVerifyUserPhoneNumberRequestDto},
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Builder;

const WITH_PASSWORD: &str = "ada@acme.test";
const WITHOUT_PASSWORD: &str = "bob@acme.test";
const NOT_ACTIVATED: &str = "carol@acme.test";
const NOBODY: &str = "nobody@acme.test";
const PASSWORD: &str = "Correct-horse-1815";

/// How often each person is asked about.
const ROUNDS: usize = 400;
/// How often before that, while caches fill.
const WARM_UP: usize = 20;

/// An emulator with people of several kinds.
struct World {
    emulator: Emulator,
    http: Client,
    _folder: TempDir,
}

/// What is sent, and what everybody is answered.
struct Request {
    name: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
    /// The way to sign in that it wants, if it is not the one by password.
    strategy: Option<&'static str>,
    people: &'static [(&'static str, &'static str)],
}

/// How long the answers took, for somebody and for nobody.
#[derive(Default)]
struct Times {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = StoreTarget::SqliteFile(folder.path().join("emulator.db"));
        let emulator = Emulator::builder().store(store).start().await.expect("an emulator");
        let builder = Frontegg::builder().base_url(emulator.url());
        let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().expect("a client");
        let acme = CreateTenantRequest::new().tenant_id("acme");
        frontegg.tenants().create_tenant(&acme).await.expect("a tenant");
        let acme = frontegg.tenant("acme").user_management();
        let new = |email| CreateUserDto::new().email(email);
        let ada = new(WITH_PASSWORD).password(PASSWORD).skip_invite_email(true);
        let ada = acme.create_user_v2(&ada).await.expect("a user").id;
        let number = PreVerifyUserPhoneNumberRequestDto::new("+4915112345678");
        frontegg.management().users().add_user_phone_number_globally(&ada, &number).await.expect("a number");
        acme.create_user_v2(&new(WITHOUT_PASSWORD).skip_invite_email(true)).await.expect("a user");
        acme.create_user_v2(&new(NOT_ACTIVATED)).await.expect("a user");
        Self { emulator, http: Client::new(), _folder: folder }
    }

    /// Lets people sign in in that way.
    async fn strategy(&self, strategy: &str) {
        let body = json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let login = self.http.post(format!("{}/auth/vendor", self.emulator.url())).json(&body).send().await;
        let login: Value = login.expect("an answer").json().await.expect("a token");
        let configuration = format!("{}/identity/resources/configurations/v1", self.emulator.url());
        let change = self.http.post(configuration).json(&json!({ "authStrategy": strategy }));
        let change = change.bearer_auth(login["token"].as_str().expect("a token")).send().await;
        change.expect("an answer").error_for_status().expect("done");
    }

    /// How long the answer takes, its body included.
    async fn ask(&self, request: &Request, email: &str) -> Duration {
        let mut body = request.body.clone();
        body["email"] = json!(email);
        let call = self.http.post(format!("{}{}", self.emulator.url(), request.path)).json(&body);
        let begin = Instant::now();
        let answer = call.send().await.expect("an answer");
        let status = answer.status().as_u16();
        answer.bytes().await.expect("a body");
        let time = begin.elapsed();
        assert_eq!(status, request.status, "{} {body}", request.path);
        time
    }

    /// Asks about somebody and nobody, one after the other, with the first place changing hands.
    async fn compare(&self, request: &Request, email: &str, rounds: usize) -> Times {
        for _ in 0..WARM_UP {
            self.ask(request, email).await;
            self.ask(request, NOBODY).await;
        }
        let mut times = Times::default();
        for round in 0..rounds {
            if round % 2 == 0 {
                times.known.push(self.ask(request, email).await);
                times.unknown.push(self.ask(request, NOBODY).await);
            } else {
                times.unknown.push(self.ask(request, NOBODY).await);
                times.known.push(self.ask(request, email).await);
            }
        }
        times
    }
}

impl Times {
    /// Mann and Whitney's U as a z-score: above 0 where somebody takes longer. It goes by ranks, so that the
    /// few answers that the machine held up do not outweigh the others.
    fn z(&self) -> f64 {
        let known = self.known.iter().map(|time| (*time, 1.0));
        let mut all: Vec<(Duration, f64)> = known.chain(self.unknown.iter().map(|time| (*time, 0.0))).collect();
        all.sort_by_key(|(time, _)| *time);
        let (mut rank, mut sum) = (0.0, 0.0);
        for ties in all.chunk_by(|(one, _), (other, _)| one == other) {
            let (size, ours) = (count(ties), ties.iter().map(|(_, is_known)| is_known).sum::<f64>());
            // All of them have the middle of their ranks.
            sum += ours * (rank + f64::midpoint(size, 1.0));
            rank += size;
        }
        let (m, n) = (count(&self.known), count(&self.unknown));
        let u = sum - m * (m + 1.0) / 2.0;
        (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt()
    }
}

fn count<T>(list: &[T]) -> f64 {
    u32::try_from(list.len()).map_or(f64::INFINITY, f64::from)
}

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

fn requests() -> Vec<Request> {
    const SOMEBODY: &[(&str, &str)] = &[("somebody", WITH_PASSWORD)];
    let by_mail = |name, strategy, path, status| {
        let (body, people) = (json!({}), SOMEBODY);
        Request { name, path, body, status, strategy: Some(strategy), people }
    };
    vec![
        Request {
            name: "sign-in with a wrong password",
            path: "/identity/resources/auth/v1/user",
            body: json!({ "password": "wrong" }),
            status: 401,
            strategy: None,
            people: &[("a password", WITH_PASSWORD), ("no password", WITHOUT_PASSWORD)],
        },
        Request {
            name: "reset of a password",
            path: "/identity/resources/users/v1/passwords/reset",
            body: json!({}),
            status: 201,
            strategy: None,
            people: SOMEBODY,
        },
        Request {
            name: "activation mail",
            path: "/identity/resources/users/v1/activate/reset",
            body: json!({}),
            status: 201,
            strategy: None,
            people: &[("not activated", NOT_ACTIVATED)],
        },
        by_mail("code by mail", "Code", "/identity/resources/auth/v1/passwordless/code/prelogin", 201),
        by_mail("link by mail", "MagicLink", "/identity/resources/auth/v1/passwordless/magiclink/prelogin", 200),
        by_mail("code by SMS", "SmsCode", "/identity/resources/auth/v1/passwordless/smscode/prelogin", 201),
    ]
}

fn main() {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS).max(1);
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::start().await;
        println!("medians of {rounds} answers each, in ms\n");
        println!(
            "{:<30}  {:<13}  {:>8}  {:>8}  {:>10}  {:>7}  {:>6}",
            "request", "known", "known", "unknown", "difference", "", "z"
        );
        for request in requests() {
            if let Some(strategy) = request.strategy {
                world.strategy(strategy).await;
            }
            for (who, email) in request.people {
                let times = world.compare(&request, email, rounds).await;
                let (known, unknown) = (median(&times.known), median(&times.unknown));
                let (difference, z) = (known - unknown, times.z());
                println!(
                    "{:<30}  {who:<13}  {known:>8.3}  {unknown:>8.3}  {difference:>+10.3}  {:>+6.1}%  {z:>+6.2}",
                    request.name,
                    difference / unknown * 100.0,
                );
            }
        }
    });
}
