//! The way to the service: a company's proxy and its private authority, and what an error says when it does not lead there.

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use frontegg_emulator::Emulator;
use frontegg_identity::{Builder, Error, ErrorKind, Frontegg, client::reqwest};
use tokio_rustls::rustls::crypto::{GetRandomFailed, SecureRandom, aws_lc_rs};

use crate::{proxy::Proxy, tls::Authority};

/// A name that only the proxy knows.
const NAME: &str = "api.acme.test";
/// `ada:hunter2`.
const BASIC: &str = "Basic YWRhOmh1bnRlcjI=";

fn address(emulator: &Emulator) -> String {
    emulator.url().trim_start_matches("http://").to_owned()
}

async fn emulator() -> Emulator {
    Emulator::builder().start().await.unwrap()
}

fn client(emulator: &Emulator, url: impl Into<String>) -> Builder {
    Frontegg::builder().base_url(url).credentials(emulator.client_id(), emulator.api_key())
}

/// Calls the service.
async fn reach(builder: Builder) -> Result<(), Error> {
    builder.build()?.roles().list_roles_v1().await.map(drop)
}

/// The failure of a call that is not retried.
async fn misconfigured(builder: Builder) -> String {
    let error = reach(builder).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.http_status()), (ErrorKind::Misconfigured, 1, 500), "{error}");
    assert!(!error.is_retryable());
    error.to_string()
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_named() {
    let (emulator, authority) = (emulator().await, Authority::new());
    let port = authority.serve(Authority::certificate("localhost"), address(&emulator)).await;
    let client = || client(&emulator, format!("https://localhost:{port}"));
    reach(client().root_certificate(authority.pem())).await.unwrap();
    // Another one beside it.
    let both = format!("{}{}", Authority::new().pem(), authority.pem());
    reach(client().root_certificate(both)).await.unwrap();
    reach(client().root_certificate(Authority::new().pem()).root_certificate(authority.pem())).await.unwrap();

    let told = misconfigured(client()).await;
    let expected =
        format!("no connection to https://localhost:{port}: its certificate is not trusted: its issuer is not");
    assert!(told.contains(&expected), "{told}");
}

#[tokio::test]
async fn a_certificate_says_why_it_is_not_trusted() {
    let (emulator, authority) = (emulator().await, Authority::new());
    for (certificate, reason) in [
        (Authority::expired("localhost"), "it expired at 2021-02-03T00:00:00+00:00"),
        (Authority::certificate("other.acme.test"), "it is not for localhost but for "),
    ] {
        let port = authority.serve(certificate, address(&emulator)).await;
        let client = client(&emulator, format!("https://localhost:{port}"));
        let told = misconfigured(client.root_certificate(authority.pem())).await;
        assert!(told.contains(reason) && told.contains(&format!("https://localhost:{port}")), "{told}");
    }
}

#[tokio::test]
async fn tls_and_plain_http_are_told_apart() {
    let (emulator, authority) = (emulator().await, Authority::new());
    let plain = address(&emulator);
    let told = misconfigured(client(&emulator, format!("https://{plain}")).root_certificate(authority.pem())).await;
    assert!(told.contains(&format!("no connection to https://{plain}: it answers without TLS")), "{told}");
    let port = authority.serve(Authority::certificate("localhost"), plain).await;
    let told = misconfigured(client(&emulator, format!("http://localhost:{port}"))).await;
    assert!(told.contains(&format!("http://localhost:{port} broke off: it does not answer in HTTP")), "{told}");
}

#[tokio::test]
async fn a_proxy_leads_to_the_service() {
    let emulator = emulator().await;
    let proxy = Proxy::start(address(&emulator), None).await;
    let client = client(&emulator, format!("http://{NAME}")).proxy(format!("http://{}", proxy.address));
    reach(client).await.unwrap();
    let asked = proxy.asked();
    assert!(asked[0].starts_with("POST http://api.acme.test/auth/vendor"), "{asked:?}");
    assert!(asked[1].starts_with("GET http://api.acme.test/identity/"), "{asked:?}");
}

#[tokio::test]
async fn a_tunnel_through_a_proxy_with_credentials_leads_to_a_private_authority() {
    let (emulator, authority) = (emulator().await, Authority::new());
    let port = authority.serve(Authority::certificate(NAME), address(&emulator)).await;
    let proxy = Proxy::start(format!("127.0.0.1:{port}"), Some(BASIC)).await;
    let client = || client(&emulator, format!("https://{NAME}")).root_certificate(authority.pem());
    reach(client().proxy(format!("http://ada:hunter2@{}", proxy.address))).await.unwrap();
    assert_eq!(proxy.asked(), [format!("CONNECT {NAME}:443 HTTP/1.1")], "one connection for token and call");

    let told = misconfigured(client().proxy(format!("http://ada:hunter3@{}", proxy.address))).await;
    let through = format!("https://{NAME}:443 through the proxy http://{}", proxy.address);
    assert!(told.contains(&format!("no connection to {through}: the proxy asks for other credentials")), "{told}");
    assert!(!told.contains("hunter"), "{told}");
}

#[tokio::test]
async fn who_is_not_reached_is_told_with_the_proxy() {
    let emulator = emulator().await;
    let client = || client(&emulator, "http://no-such-host.invalid").retry(frontegg_identity::Retry::none());
    let error = reach(client().no_proxy()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    let told = "no connection to http://no-such-host.invalid:80: the name no-such-host.invalid was not found: ";
    assert!(error.to_string().contains(told), "{error}");

    let error = reach(client().proxy("http://ada:hunter2@127.0.0.1:1")).await.unwrap_err();
    let told = "no connection to http://no-such-host.invalid:80 through the proxy http://127.0.0.1:1: ";
    assert!(error.to_string().contains(told), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");

    let error = reach(client().proxy("http://no-such-proxy.invalid:3128")).await.unwrap_err();
    assert!(error.to_string().contains("the proxy's name was not found"), "{error}");
}

/// Set for a process that has what a process has once.
const CHILD: &str = "FRONTEGG_TEST_CHILD";

/// Variables of a process are its own: it is started anew, with those of a proxy.
#[tokio::test]
async fn the_environments_proxy_is_used_and_told() {
    if std::env::var_os(CHILD).is_some() {
        let client = || Frontegg::builder().credentials("id", "key").retry(frontegg_identity::Retry::none());
        let error = reach(client().base_url("http://api.acme.test")).await.unwrap_err();
        println!("told: {error}");
        let error = reach(client().base_url("http://127.0.0.1:1")).await.unwrap_err();
        println!("told: {error}");
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--nocapture", "connection::the_environments_proxy_is_used_and_told"]);
    child.env(CHILD, "yes").env("http_proxy", "http://ada:hunter2@127.0.0.1:1").env_remove("no_proxy");
    let output = child.env_remove("NO_PROXY").output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let told: Vec<_> = output.lines().filter(|line| line.contains("told: ")).collect();
    let [through, loopback] = told[..] else { panic!("{output}") };
    assert!(through.contains("http://api.acme.test:80 through the proxy http://127.0.0.1:1: "), "{through}");
    assert!(loopback.contains("no connection to http://127.0.0.1:1: "), "{loopback}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn a_client_of_ones_own_has_its_own_authority() {
    let (emulator, authority) = (emulator().await, Authority::new());
    let port = authority.serve(Authority::certificate("localhost"), address(&emulator)).await;
    let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_merge([root]).no_proxy().build().unwrap();
    reach(client(&emulator, format!("https://localhost:{port}")).http_client(http)).await.unwrap();
}

/// Random numbers of a provider that counts how often it is asked.
#[derive(Debug)]
struct Counting(&'static dyn SecureRandom);

static ASKED: AtomicUsize = AtomicUsize::new(0);

impl SecureRandom for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        ASKED.fetch_add(1, Ordering::Relaxed);
        self.0.fill(bytes)
    }
}

/// The provider of a process is its own, too.
#[cfg(feature = "rustls")]
#[tokio::test]
async fn the_cryptography_is_that_which_the_program_installs() {
    let (emulator, authority) = (emulator().await, Authority::new());
    let port = authority.serve(Authority::certificate("localhost"), address(&emulator)).await;
    let client = || client(&emulator, format!("https://localhost:{port}")).root_certificate(authority.pem());
    if std::env::var_os(CHILD).is_some() {
        let mut provider = aws_lc_rs::default_provider();
        provider.secure_random = Box::leak(Box::new(Counting(provider.secure_random)));
        provider.install_default().unwrap();
        reach(client()).await.unwrap();
        assert!(ASKED.load(Ordering::Relaxed) > 0);
        println!("told: {}", ASKED.load(Ordering::Relaxed));
        return;
    }
    // Built-in cryptography is enough where none is installed.
    reach(client()).await.unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 0);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--nocapture", "connection::the_cryptography_is_that_which_the_program_installs"]);
    let output = child.env(CHILD, "yes").output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("told: "), "{output:?}");
}

/// Keys of verifiers come over the same ways.
#[cfg(feature = "verify")]
#[tokio::test]
async fn a_verifier_trusts_a_private_authority_where_it_is_named() {
    use frontegg_identity::verify::{Verifier, VerifyError};
    // {"alg":"RS256","kid":"x"}.{}
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.AAAA";
    let (emulator, authority) = (emulator().await, Authority::new());
    let port = authority.serve(Authority::certificate("localhost"), address(&emulator)).await;
    let verifier = || Verifier::builder(format!("https://localhost:{port}")).any_audience();
    let trusting = verifier().root_certificate(authority.pem()).build().unwrap();
    assert!(matches!(trusting.verify(TOKEN).await, Err(VerifyError::UnknownKey { .. })), "the keys were fetched");
    let error = verifier().build().unwrap().verify(TOKEN).await.unwrap_err();
    assert!(!error.is_rejection());
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("its issuer is not known here"), "{source}");
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn a_socks_proxy_leads_to_the_service() {
    let emulator = emulator().await;
    let proxy = Proxy::start_socks(address(&emulator)).await;
    reach(client(&emulator, format!("http://{NAME}")).proxy(format!("socks5h://{}", proxy.address))).await.unwrap();
    assert_eq!(proxy.asked()[0], format!("{NAME}:80"));
}

#[test]
fn main_says_in_a_sentence_what_is_missing() {
    let config = Frontegg::builder().proxy("nowhere").build().unwrap_err();
    assert_eq!(format!("{config:?}"), config.to_string());
    let error = Error::from(config);
    let sentence = "the client cannot be built: the proxy's URL: it is no URL such as http://proxy.acme.test:3128";
    assert_eq!(format!("{error:?}"), sentence);
}
