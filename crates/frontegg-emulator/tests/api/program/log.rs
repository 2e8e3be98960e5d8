//! What the program says of requests, and of its end.
#![cfg(unix)]

use std::process::Stdio;

use frontegg_identity::types::{CreateTenantRequest, CreateUserDto};
use serde_json::{Value, json};

use crate::{
    process::Program,
    support::{browser::PASSWORD, http},
};

impl Program {
    /// One whose log is read at its end.
    fn logging(arguments: &[&str]) -> Self {
        Self::start_piped(arguments, Stdio::piped())
    }

    /// Its log, once it has ended as an operator ends it.
    fn log_to_its_end(mut self) -> Vec<String> {
        self.terminate("-TERM");
        self.log()
    }
}

/// Requests of all kinds, with secrets wherever they may be.
async fn ask(program: &Program) {
    let frontegg = program.client();
    let tenant = CreateTenantRequest::new().tenant_id("acme").name("Acme");
    frontegg.tenants().create_tenant(&tenant).await.expect("a tenant");
    let ada = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).skip_invite_email(true);
    frontegg.tenant("acme").user_management().create_user_v2(&ada).await.expect("a user");
    let post = async |path: &str, body: Value| {
        let answer = http().post(format!("{}{path}", program.url)).json(&body).send().await;
        answer.expect("an answer").status().as_u16()
    };
    let login = json!({ "email": "ada@acme.test", "password": PASSWORD, "pasword": "hush", "more": { "a": "hush" } });
    for _ in 0..2 {
        assert_eq!(post("/identity/resources/auth/v1/user?token=hush", login.clone()).await, 200);
    }
    assert_eq!(post("/reports/resources/reports/v1?filter=hush", json!({})).await, 501);
    assert_eq!(post("/_emulator/nowhere?secret=hush", json!({})).await, 404);
    let health = http().get(format!("{}/_emulator/health", program.url)).send().await;
    assert!(health.expect("an answer").status().is_success());
}

#[tokio::test]
async fn every_request_is_a_line() {
    let program = Program::logging(&["--log", "info", "--log-format", "json"]);
    ask(&program).await;
    let lines = program.log_to_its_end();
    assert!(lines.iter().all(|line| !line.contains("hush") && !line.contains(PASSWORD)), "{lines:#?}");
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["target"] == "frontegg_emulator::access").collect();
    let find = |operation: &str| {
        let mut found = requests.iter().filter(|line| line["operation"] == operation);
        *found.next().unwrap_or_else(|| panic!("no {operation} in {requests:#?}"))
    };
    let created = find("create_user_v2");
    assert_eq!(
        (&created["method"], &created["status"], &created["tenant"]),
        (&json!("POST"), &json!(201), &json!("acme"))
    );
    assert_eq!(created["path"], "/identity/resources/users/v2");
    assert!(created["milliseconds"].is_f64() && created["trace_id"].is_string(), "{created}");
    let sign_ins = requests.iter().filter(|line| line["path"] == "/identity/resources/auth/v1/user").count();
    assert_eq!(sign_ins, 2);
    assert!(requests.iter().any(|line| line["path"] == "/_emulator/nowhere" && line["status"] == 404));
    assert!(!requests.iter().any(|line| line["path"] == "/_emulator/health"), "probes come every few seconds");

    let services: Vec<_> = lines.iter().filter(|line| line["service"] == "reports").collect();
    assert_eq!(services.len(), 1);
    assert_eq!(
        (&services[0]["level"], &services[0]["path"]),
        (&json!("WARN"), &json!("/reports/resources/reports/v1"))
    );
    // Each once, however often it comes.
    let mut members: Vec<_> = lines.iter().filter_map(|line| line["member"].as_str()).collect();
    members.sort_unstable();
    assert_eq!(members, ["more", "pasword"]);
    let last = lines.last().expect("a line");
    assert_eq!((&last["message"], &last["cause"]), (&json!("stopped"), &json!("SIGTERM")));
}

#[tokio::test]
async fn the_lines_of_requests_can_be_switched_off() {
    let program = Program::logging(&["--log", "info,frontegg_emulator::access=off"]);
    ask(&program).await;
    let lines = program.log_to_its_end();
    assert!(!lines.iter().any(|line| line.contains("frontegg_emulator::access")), "{lines:#?}");
    assert!(lines.last().is_some_and(|line| line.contains("stopped") && line.contains("SIGTERM")), "{lines:#?}");
}

/// Who asks for cheap hashes gets them where others come too, and is warned.
#[tokio::test]
async fn cheap_hashes_are_made_where_they_are_asked_for() {
    let arguments = ["--listen", "0.0.0.0:0", "--admin-token", "hush", "--password-hashing", "cheap"];
    let program = Program::logging(&[&arguments[..], &["--log", "warn"]].concat());
    let health = http().get(format!("{}/_emulator/health", program.url)).send().await.expect("an answer");
    let health: Value = health.json().await.expect("JSON");
    assert!(health["passwordHashing"].as_str().expect("a mode").starts_with("cheap"), "{health}");
    let lines = program.log_to_its_end();
    assert!(lines.iter().any(|line| line.contains("as was asked for")), "{lines:#?}");
}

#[tokio::test]
async fn it_is_strict_where_it_is_told_so() {
    let program = Program::start_with(&[], &[("FRONTEGG_EMULATOR_STRICT", "yes")]);
    let login = json!({ "clientId": "environment", "secret": "a key", "extra": 1 });
    let answer = http().post(format!("{}/auth/vendor", program.url)).json(&login).send().await.expect("an answer");
    assert_eq!(answer.status(), 400);
    let refusal: Value = answer.json().await.expect("JSON");
    assert_eq!(refusal["errors"], json!(["extra should not exist"]));
}
