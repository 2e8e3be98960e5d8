//! The SDK through every fault that the emulator can produce: each call ends in a right answer or a
//! typed error within its time, none hangs, and no write is doubled. The snapshot is the matrix of it.

use std::{fmt::Write as _, time::Duration};

use frontegg_emulator::{Emulator, Fault};
use frontegg_identity::{
    Environment, Error, Frontegg, Retry, Scope,
    types::{CreateTenantApiTokenDto, CreateTenantRequest},
};
use frontegg_test_harness::clock::Clock;
use futures_util::future::join_all;
use tokio::time::Instant;

const READ: &str = "list_tenant_api_tokens";
/// Done twice it makes two.
const WRITE: &str = "create_tenant_api_token_v1";
/// For a whole call; what a fault holds up takes longer.
const LIMIT: Duration = Duration::from_secs(40);
const ATTEMPT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(600);

/// A fault by name; it is made anew each time, as one is used up.
type Named = (&'static str, fn() -> Fault);

/// Every kind of fault.
fn faults() -> [Named; 15] {
    [
        ("429, wait 1 s", || Fault::rate_limited(Duration::from_secs(1))),
        ("429, wait 10 min", || Fault::rate_limited(LONG)),
        ("500", || Fault::status(500)),
        ("502 without a body", || Fault::status(502).without_body()),
        ("503", || Fault::status(503)),
        ("503 as HTML", || Fault::status(503).text("<html>")),
        ("504", || Fault::status(504)),
        ("connection dropped", Fault::drop),
        ("dropped after acting", || Fault::drop().after_acting()),
        ("body cut off", Fault::cut),
        ("body too short", Fault::truncate),
        ("body no JSON", Fault::malformed),
        ("body of another shape", Fault::reshape),
        ("no answer for long", || Fault::delay(LONG)),
        ("body in drips", || Fault::drip(1, LONG)),
    ]
}

struct World<'a> {
    clock: &'a Clock,
    emulator: Emulator,
    acme: Scope<Environment>,
}

async fn world(clock: &Clock) -> World<'_> {
    let emulator = Emulator::start().await.unwrap();
    let builder = Frontegg::builder().base_url(emulator.url()).timeout(LIMIT).attempt_timeout(ATTEMPT);
    let builder = builder.retry(Retry::default().base_delay(Duration::from_millis(1)));
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await.unwrap();
    World { clock, emulator, acme: frontegg.tenant("acme") }
}

impl World<'_> {
    /// Reads; with the number of tokens and of attempts.
    async fn read(&self) -> Result<(usize, u32), Error> {
        let tokens = self.clock.run(self.acme.api_tokens().list_tenant_api_tokens().with_response()).await?;
        Ok((tokens.len(), tokens.attempts()))
    }

    /// Writes; with the number of attempts.
    async fn write(&self) -> Result<u32, Error> {
        let new = CreateTenantApiTokenDto::new();
        #[allow(deprecated, reason = "an operation like any other here")]
        let token = self.clock.run(self.acme.api_tokens().create_tenant_api_token_v1(&new).with_response()).await?;
        Ok(token.attempts())
    }
}

/// What came of a call, as the matrix shows it; it must have come in time.
fn told(outcome: Result<u32, Error>, begun: Instant) -> String {
    assert!(begun.elapsed() < LIMIT + Duration::from_secs(1), "it took {:?}", begun.elapsed());
    match outcome {
        Ok(attempts) => format!("right at attempt {attempts}"),
        Err(error) => {
            assert_eq!(error.history().len(), error.attempts() as usize, "{error:?}");
            let status = error.status().map_or_else(String::new, |status| format!(" {status}"));
            format!("{:?}{status} after {}", error.kind(), error.attempts())
        }
    }
}

async fn matrix(times: Option<u64>) -> String {
    let clock = Clock::stop();
    let mut matrix = String::new();
    for (name, fault) in faults() {
        let mut row = format!("{name:<22}");
        for operation in [READ, WRITE] {
            let world = world(&clock).await;
            let fault = fault().on(operation);
            let fault = times.into_iter().fold(fault, Fault::times);
            world.emulator.faults().inject(fault).unwrap();
            let begun = Instant::now();
            let told = if operation == READ {
                told(world.read().await.map(|(_, attempts)| attempts), begun)
            } else {
                let outcome = world.write().await;
                let is_right = outcome.is_ok();
                let told = told(outcome, begun);
                let (written, _) = world.read().await.unwrap();
                assert!(written <= 1, "{name}: written {written} times");
                assert!(written == 1 || !is_right, "{name}: a success that did nothing");
                format!("{told}, written {written} ×")
            };
            write!(row, " | {told:<36}").unwrap();
        }
        writeln!(matrix, "{}", row.trim_end()).unwrap();
    }
    matrix
}

#[tokio::test]
async fn a_fault_that_passes() {
    insta::assert_snapshot!("once", matrix(Some(1)).await);
}

#[tokio::test]
async fn a_fault_that_stays() {
    insta::assert_snapshot!("always", matrix(None).await);
}

/// A fault at the token is told as that, and does not become a storm.
#[tokio::test]
async fn without_a_token_there_is_no_call() {
    let clock = Clock::stop();
    for (name, fault) in faults() {
        let emulator = Emulator::start().await.unwrap();
        emulator.faults().inject(fault().on("authenticate_environment")).unwrap();
        let builder = Frontegg::builder().base_url(emulator.url()).timeout(LIMIT).attempt_timeout(ATTEMPT);
        let builder = builder.retry(Retry::default().base_delay(Duration::from_millis(1)));
        let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
        let roles = frontegg.management().roles();
        let calls = join_all((0..20).map(|_| roles.list_roles_v1().into_future()));
        for outcome in clock.run(calls).await {
            let error = outcome.unwrap_err();
            assert!(matches!(error.operation(), Some("authenticate_environment" | "list_roles_v1")), "{name}: {error}");
        }
        assert_eq!(emulator.requests().on("list_roles_v1").count(), 0, "{name}");
        let asked = emulator.requests().on("authenticate_environment").count();
        assert!(asked <= 12, "{name}: twenty callers asked for a token {asked} times");
    }
}
