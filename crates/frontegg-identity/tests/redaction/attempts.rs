//! Calls that took several attempts, as they are traced: once each, by what failed and without what was sent.

use std::time::Duration;

use frontegg_identity::{Retry, types::UpdateRoleRequest};

use crate::{
    CANARY,
    support::{Reply, Service, ok},
    traced::Log,
};

fn warnings(log: &Log) -> Vec<String> {
    log.text().lines().filter(|line| line.contains(" WARN ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_call_that_needed_several_attempts_says_so_once() {
    let (log, _guard) = Log::begin();
    let retry = Retry::default().base_delay(Duration::from_millis(1));
    let busy = || Reply::new(503, "{}");
    let token = || vec![Reply::token(CANARY, 3_600)];
    let service = Service::start(token(), vec![busy(), busy(), ok(), ok()]).await;
    let frontegg = service.builder().default_header("x-key", CANARY).retry(retry).build().unwrap();
    frontegg.roles().list_roles_v1().header("x-request", CANARY).await.unwrap();
    frontegg.roles().list_roles_v1().await.unwrap();
    let [warning] = &warnings(&log)[..] else { panic!("{}", log.text()) };
    for part in ["more than one attempt", "operation=\"list_roles_v1\"", "attempts=3", "error.type=Api", "503"] {
        assert!(warning.contains(part), "{part}: {warning}");
    }

    // One that fails in the end says so, too; one that is sent once does not.
    let limited = || Reply::new(429, "{}").header("retry-after", "0");
    let service = Service::start(token(), vec![limited()]).await;
    let frontegg = service.builder().retry(retry.max_attempts(2)).build().unwrap();
    let body = UpdateRoleRequest::new().name(CANARY);
    frontegg.roles().update_role("r-1", &body).await.unwrap_err();
    frontegg.roles().update_role("r-1", &body).no_retry().await.unwrap_err();
    let warnings = warnings(&log);
    assert!(warnings.len() == 2 && warnings[1].contains("RateLimited"), "{warnings:?}");
    assert!(!log.text().contains(CANARY), "{}", log.text());
}
