//! Figures for Prometheus.

use std::collections::BTreeMap;

use frontegg_emulator::{Emulator, Fault};
use frontegg_identity::types::AddRoleRequest;
use reqwest::StatusCode;

use crate::support::{World, http};

/// The samples of an answer, by their names with labels.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| line.rsplit_once(' ').expect("a name and a value"));
    samples.map(|(name, value)| (name, value.parse().expect("a number"))).collect()
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_status() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.user("acme", "ada@acme.test", &[]).await;
    let invited = frontegg_identity::types::CreateUserDto::new().email("bob@acme.test").skip_invite_email(false);
    acme.user_management().create_user_v2(&invited).await.expect("a user");
    for _ in 0..3 {
        acme.roles().list_roles_v1().await.expect("roles");
    }
    let new = [AddRoleRequest::new("", "Nameless", 10)];
    acme.roles().create_roles_v1(&new).await.expect_err("it has no key");
    let closes = world.emulator.faults().inject(Fault::drop().on("delete_role")).expect("a fault");
    acme.roles().delete_role("x").no_retry().await.expect_err("no answer");
    assert_eq!(closes.hits(), 1);
    assert_eq!(world.get("/nowhere", "").await.status(), 404);

    let text = world.emulator.control().metrics().await.expect("figures");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let found = samples(&text);
    let count = |operation: &str, status: &str| {
        let name = format!("frontegg_emulator_requests_total{{operation=\"{operation}\",status=\"{status}\"}}");
        found.get(name.as_str()).copied().unwrap_or_default()
    };
    assert_eq!(count("list_roles_v1", "200").to_string(), "3");
    assert_eq!(count("create_roles_v1", "400").to_string(), "1");
    assert_eq!(count("create_user_v2", "201").to_string(), "2");
    assert_eq!(count("delete_role", "none").to_string(), "1");
    assert_eq!(count("none", "404").to_string(), "1");
    let value = |name: &str| found.get(name).copied().unwrap_or_else(|| panic!("no {name} in {text}"));
    let times = "frontegg_emulator_request_duration_seconds";
    assert_eq!(value(&format!("{times}_count{{operation=\"list_roles_v1\"}}")).to_string(), "3");
    assert_eq!(value(&format!("{times}_bucket{{le=\"+Inf\",operation=\"list_roles_v1\"}}")).to_string(), "3");
    assert!(value(&format!("{times}_sum{{operation=\"list_roles_v1\"}}")) > 0.0);
    assert_eq!(value("frontegg_emulator_outbox_messages").to_string(), "1");
    // The one that counted the messages has ended.
    assert_eq!(value("frontegg_emulator_store_open_transactions").to_string(), "0");
    assert!(value("frontegg_emulator_store_statements_total") > 10.0);
    assert!(value("frontegg_emulator_store_commits_total") >= 3.0);
    assert!(value("frontegg_emulator_password_hashes_total") >= 0.0);
    assert!(text.contains(&format!("frontegg_emulator_build_info{{version=\"{}\"", env!("CARGO_PKG_VERSION"))));

    // Who looks twice sees that they looked.
    let again = world.emulator.control().metrics().await.expect("figures");
    let looked = "frontegg_emulator_requests_total{operation=\"control_plane\",status=\"200\"}";
    assert!(samples(&again)[looked] >= 1.0);
}

/// By the rules of the control plane, under both addresses.
#[tokio::test]
async fn figures_are_for_whoever_has_the_admin_token() {
    let world = World::of(Emulator::builder().admin_token("hush")).await;
    let secret = world.tenant("very-private").await;
    secret.roles().list_roles_v1().await.expect("roles");
    for path in ["/metrics", "/_emulator/metrics", "/frontegg/metrics/"] {
        let url = format!("{}{path}", world.emulator.url());
        let refused = http().get(&url).header("origin", "http://page.test").send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(!refused.headers().contains_key("access-control-allow-origin"), "{path}");
        let answer = http().get(&url).bearer_auth("hush").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        let text = answer.text().await.expect("text");
        assert!(!text.contains("very-private") && !text.contains("hush"), "{text}");
    }
    assert_eq!(world.emulator.requests().on(frontegg_emulator::Selection::path("/metrics")).count(), 0);
}
