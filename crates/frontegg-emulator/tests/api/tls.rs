//! The emulator by `https`, with a certification authority of its own.

use std::{fs, path::PathBuf, process::Command};

use frontegg_emulator::{Control, ControlError, Emulator, Error};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, redirect::Policy};
use serde_json::{Value, json};

use crate::{
    process::{API_KEY, CLIENT_ID, Program},
    support::browser::PASSWORD,
};

/// An authority, and a certificate of it for this machine, as PEM.
struct Authority {
    root: String,
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut root = CertificateParams::new(Vec::new()).expect("no names");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key")).expect("a root");
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let own = CertificateParams::new(names).expect("names").signed_by(&key, &*root).expect("a certificate");
        Self { root: root.pem(), certificate: own.pem(), key: key.serialize_pem() }
    }

    async fn emulator(&self) -> Emulator {
        let builder = Emulator::builder().tls(self.certificate.clone(), self.key.clone());
        builder.start().await.expect("an emulator")
    }

    /// A client that believes this authority alone.
    fn client(&self) -> Client {
        let root = Certificate::from_pem(self.root.as_bytes()).expect("a certificate");
        let client = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([root]);
        client.build().expect("a client")
    }
}

async fn sign_in(client: &Client, emulator: &Emulator) -> String {
    let url = format!("{}/identity/resources/auth/v1/user", emulator.url());
    let answer = client.post(url).json(&json!({ "email": "ada@acme.test", "password": PASSWORD })).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("text"));
    cookies.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn clients_that_trust_the_authority_are_served() {
    let authority = Authority::new();
    let emulator = authority.emulator().await;
    assert!(emulator.url().starts_with("https://127.0.0.1:"), "{}", emulator.url());
    assert_eq!(emulator.base_url(), emulator.url());
    let client = authority.client();
    let configuration = client.get(format!("{}/.well-known/openid-configuration", emulator.url())).send().await;
    let configuration: Value = configuration.expect("an answer").json().await.expect("JSON");
    assert_eq!(configuration["issuer"], emulator.url());

    // A browser sends its cookies by TLS only.
    let login = json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() });
    let login = client.post(format!("{}/auth/vendor", emulator.url())).json(&login).send().await;
    let login: Value = login.expect("an answer").json().await.expect("JSON");
    let token = login["token"].as_str().expect("a token");
    let create = async |path: &str, body: Value| {
        let request = client.post(format!("{}{path}", emulator.url())).bearer_auth(token);
        let answer = request.header("frontegg-tenant-id", "acme").json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
    };
    create("/tenants/resources/tenants/v1", json!({ "tenantId": "acme", "name": "Acme" })).await;
    let ada = json!({ "email": "ada@acme.test", "password": PASSWORD, "skipInviteEmail": true });
    create("/identity/resources/users/v2", ada).await;
    let cookies = sign_in(&client, &emulator).await;
    assert!(cookies.contains("Secure"), "{cookies}");
    emulator.stop().await;
}

#[tokio::test]
async fn the_control_plane_is_asked_by_tls_as_well() {
    let authority = Authority::new();
    let emulator = authority.emulator().await;
    // The one in hand believes the certificate itself.
    emulator.control().reset().await.expect("a reset");
    let at = || Control::at(emulator.url()).expect("an address");
    let trusting = at().root_certificates(authority.root.as_bytes()).expect("certificates");
    assert_eq!(trusting.info().await.expect("an answer").url, emulator.url());
    let exact = at().certificate(authority.certificate.as_bytes()).expect("a certificate");
    exact.export_to(std::io::sink()).await.expect("a document");

    let other = Authority::new();
    let strangers = [
        at().root_certificates(other.root.as_bytes()).expect("certificates"),
        at().certificate(other.certificate.as_bytes()).expect("a certificate"),
        at(),
        Control::at(&emulator.url().replace("https", "http")).expect("an address"),
    ];
    for stranger in strangers {
        let error = stranger.health().await.expect_err("no trust");
        assert!(matches!(error, ControlError::Unreachable { .. }), "{error:?}");
    }
    assert!(matches!(at().certificate(b"none"), Err(ControlError::Certificate(_))));
    // Who does not talk TLS does not keep others from being served.
    trusting.health().await.expect("an answer");
}

#[tokio::test]
async fn what_cannot_be_served_with_is_refused_at_the_start() {
    let (one, other) = (Authority::new(), Authority::new());
    for (certificate, key) in [
        (one.certificate.as_str(), other.key.as_str()),
        (one.certificate.as_str(), one.certificate.as_str()),
        (one.key.as_str(), one.key.as_str()),
        ("", one.key.as_str()),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", one.key.as_str()),
    ] {
        let refused = Emulator::builder().tls(certificate, key).start().await.expect_err("a refusal");
        assert!(matches!(refused, Error::Certificate(_)), "{refused:?}");
        let middle = one.key.lines().nth(1).expect("a line");
        assert!(!format!("{refused:?} {refused}").contains(middle));
    }
    let builder = Emulator::builder().tls(one.certificate.clone(), one.key.clone());
    assert!(!format!("{builder:?}").contains("PRIVATE"));
}

/// The program, with files, and its health check in the same surroundings.
#[tokio::test]
async fn the_program_serves_https() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    };
    let (certificate, key) = (file("tls.pem", &authority.certificate), file("key.pem", &authority.key));
    let root = file("root.pem", &authority.root);
    let [certificate, key, root] = [&certificate, &key, &root].map(|path| path.to_str().expect("text"));
    let variables = [("FRONTEGG_EMULATOR_TLS_CERT", certificate), ("FRONTEGG_EMULATOR_TLS_KEY", key)];
    let mut program = Program::start_with(&[], &variables);
    assert!(program.url.starts_with("https://127.0.0.1:"), "{}", program.url);
    assert_eq!(program.line(), format!("export FRONTEGG_API_GATEWAY_URL={}", program.url));
    let login = json!({ "clientId": CLIENT_ID, "secret": API_KEY });
    let login = authority.client().post(format!("{}/auth/vendor", program.url)).json(&login).send().await;
    assert!(login.expect("an answer").status().is_success());

    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        command.args(arguments);
        command
    };
    let listen = program.url.strip_prefix("https://").expect("an address");
    let check = command(&["healthcheck"]).envs(variables).env("FRONTEGG_EMULATOR_LISTEN", listen).status();
    assert!(check.expect("it runs").success());
    for (arguments, succeeds) in [
        (&["healthcheck", "--url", &program.url, "--ca-cert", root][..], true),
        (&["healthcheck", "--url", &program.url, "--tls-cert", certificate], true),
        (&["healthcheck", "--url", &program.url], false),
        (&["healthcheck", "--url", &program.url, "--ca-cert", "/no/such/file"], false),
        (&["--listen", "0", "--tls-cert", certificate], false),
        (&["--listen", "0", "--tls-cert", key, "--tls-key", key], false),
    ] {
        let output = command(arguments).output().expect("it runs");
        assert_eq!(output.status.success(), succeeds, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
