//! No token, key or body shows in `Debug`, in errors or in what is traced.

#[allow(dead_code, reason = "shared between test programs")]
mod support;

use std::{
    error::Error as _,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use frontegg_identity::{Frontegg, Secret, types};
use support::{Reply, Service};

/// Stands in every secret of these tests.
const CANARY: &str = "hunter2";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn traced() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn spans_name_the_exchange_and_no_secret() {
    let (log, _guard) = traced();
    let tokens = vec![Reply::token("hunter2-1", 86_400), Reply::token("hunter2-2", 86_400)];
    let answers = vec![
        Reply::new(401, "{}"),
        Reply::new(503, "hunter2"),
        Reply::new(200, r#"[{"name":"hunter2"}]"#).header("frontegg-trace-id", "t-7").header("set-cookie", "r=hunter2"),
    ];
    let service = Service::start(tokens, answers).await;
    let frontegg = service.builder().credentials("id", "hunter2").build().unwrap();
    let call = frontegg.tenant("acme").roles().list_roles_v1();
    let shown = format!("{frontegg:?} {call:?}");
    let error = call.await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    let text = log.text();
    for part in [
        "frontegg.call",
        "list_roles_v1",
        "authenticate_environment",
        "/identity/resources/roles/v1",
        "GET",
        "attempt",
        "error.type=Unauthenticated",
        "sending again",
        "resend_count=1",
        "t-7",
        "status_code=200",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let cause = error.source().unwrap();
    for shown in [text, shown, error.to_string(), format!("{error:?}"), format!("{cause} {cause:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

#[tokio::test]
async fn requests_and_answers_hide_their_secrets() {
    // A span that is met first without a subscriber stays off for the whole process, also for the other test.
    let (_log, _guard) = traced();
    let request = types::VendorAuthenticationRequest::new("id", CANARY);
    let answer = types::VendorAuthenticationResponse { expires_in: 1, token: Secret::from(CANARY) };
    let service = Service::start(vec![Reply::token(CANARY, 60)], vec![Reply::new(200, "[]")]).await;
    let authentication = service.frontegg().authentication().environment_authentication();
    let response = authentication.authenticate_environment(&request).with_response().await.unwrap();
    assert_eq!(response.token.expose(), CANARY);
    let client = Frontegg::builder().credentials("id", CANARY);
    let shown = format!("{request:?} {answer:?} {response:?} {client:?} {:?}", service.frontegg().session(CANARY));
    assert!(!shown.contains(CANARY), "{shown}");
}
