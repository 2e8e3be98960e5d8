//! What is traced of calls, and the addresses that they go to.

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    CANARY,
    support::{Reply, Service},
    traced::Log,
};
use frontegg_emulator::{Emulator, Fault};
use frontegg_identity::{
    Frontegg, Retry, SavedSession, Secret, Session,
    types::{
        CreateTenantApiTokenDto, CreateTenantRequest, CreateUserDto, VendorAuthenticationRequest,
        VendorAuthenticationResponse, VendorConfigRequest,
    },
};

const PASSWORD: &str = "correct Horse 7 hunter2";

#[tokio::test]
async fn spans_name_the_exchange_and_no_secret() {
    let (log, _guard) = Log::begin();
    let tokens = vec![Reply::token("hunter2-1", 86_400), Reply::token("hunter2-2", 86_400)];
    let answers = vec![
        Reply::new(401, "{}").header("frontegg-trace-id", "t-5"),
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
        "otel.kind=\"client\"",
        "operation=\"list_roles_v1\"",
        "operation=\"authenticate_environment\"",
        "http.request.method=\"GET\"",
        "url.template=\"/identity/resources/roles/v1\"",
        "server.address=\"127.0.0.1\"",
        "http.response.status_code=200",
        "frontegg.trace_id=\"t-7\"",
        "http.request.resend_count=2",
        "error.type=Decode",
        "sending again",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // An event for each attempt: two for tokens, three for the call, with what became of it.
    let attempts: Vec<_> = text.lines().filter(|line| line.contains(": attempt ")).collect();
    assert_eq!(attempts.len(), 5, "{text}");
    let own: Vec<_> = attempts.iter().filter(|line| !line.contains("authenticate_environment")).collect();
    assert_eq!(own.len(), 3, "{own:?}");
    for (line, parts) in own.into_iter().zip([
        ["resend_count=0", "status_code=401", "error.type=Unauthenticated", "frontegg.trace_id=\"t-5\""],
        ["resend_count=1", "status_code=503", "error.type=Api", "took="],
        ["resend_count=2", "status_code=200", "took=", "frontegg.trace_id=\"t-7\""],
    ]) {
        let event = line.rsplit_once(": attempt ").unwrap().1;
        assert!(parts.iter().all(|part| event.contains(part)), "{parts:?} in {event}");
    }
    let cause = error.source().unwrap();
    for shown in [text, shown, error.to_string(), format!("{error:?}"), format!("{cause} {cause:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

#[tokio::test]
async fn requests_and_answers_hide_their_secrets() {
    let (_log, _guard) = Log::begin();
    let request = VendorAuthenticationRequest::new("id", CANARY);
    let answer = VendorAuthenticationResponse { expires_in: 1, token: Secret::from(CANARY) };
    let service = Service::start(vec![Reply::token(CANARY, 60)], vec![Reply::new(200, "[]")]).await;
    let authentication = service.frontegg().authentication().environment_authentication();
    let response = authentication.authenticate_environment(&request).with_response().await.unwrap();
    assert_eq!(response.token.expose(), CANARY);
    let shown = format!("{request:?} {answer:?} {response:?}");
    assert!(!shown.contains(CANARY), "{shown}");
}

/// Keeps every secret that the service gives.
#[derive(Clone, Default)]
struct Secrets(Arc<Mutex<Vec<String>>>);

impl Secrets {
    fn add(&self, secret: impl Into<String>) {
        self.0.lock().unwrap().push(secret.into());
    }

    /// Both tokens of a session, now and after each refresh.
    fn watch(&self, session: &Session) {
        let secrets = self.clone();
        let add = move |saved: &SavedSession| {
            let saved = &serde_json::to_value(saved).unwrap()["state"];
            secrets.add(saved["accessToken"].as_str().unwrap());
            secrets.add(saved["cookies"]["refresh"]["value"].as_str().unwrap());
        };
        add(&session.save());
        session.on_refresh(add);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Signs in in all ways, meets failures of all sorts, and gives what must be seen nowhere.
async fn travel(emulator: &Emulator, frontegg: &Frontegg) -> Vec<String> {
    let secrets = Secrets::default();
    secrets.add(emulator.api_key());
    secrets.add(PASSWORD);
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await.unwrap();
    let settings = VendorConfigRequest::new().default_token_expiration(3_600);
    frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
    let users = frontegg.tenant("acme").user_management();

    // By invitation, with the token of the mailed link; then by password.
    let ada = users.create_user_v2(&CreateUserDto::new().email("ada@acme.test")).await.unwrap().id;
    let link: frontegg_identity::login::MailedLink =
        emulator.outbox().last_to("ada@acme.test").link().await.unwrap().parse().unwrap();
    secrets.add(link.token.expose());
    let authentication = frontegg.authentication();
    let activation = authentication.activation(link).password(PASSWORD);
    activation.wants_password().await.unwrap();
    activation.activate().await.unwrap();
    let session = authentication.login("ada@acme.test", PASSWORD).await.unwrap().into_session().unwrap();
    secrets.watch(&session);
    authentication.login("ada@acme.test", "wrong hunter2").await.unwrap_err();

    // A token that the service no longer takes: 401, a refresh, the call again.
    emulator.clock().advance(Duration::from_secs(2 * 60 * 60));
    session.user_sessions().list_my_sessions().await.unwrap();
    assert!(secrets.all().len() >= 7, "the session was refreshed");

    // A mailed code, and a new password by mail.
    authentication.request_password_reset("ada@acme.test").await.unwrap();
    let token = emulator.outbox().last_to("ada@acme.test").token().await.unwrap();
    secrets.add(token.as_str());
    authentication.reset_password(&ada, token, "another Horse 7 hunter2").await.unwrap();

    // A machine.
    let request = CreateTenantApiTokenDto::new();
    let made = frontegg.tenant("acme").api_tokens().create_tenant_api_token_v2(&request).await.unwrap();
    secrets.add(made.secret.expose());
    let _ = frontegg.api_token(made.client_id.as_str(), made.secret).api_tokens().list_tenant_api_tokens().await;
    frontegg.api_token(made.client_id, "wrong hunter2").api_tokens().list_tenant_api_tokens().await.unwrap_err();

    // Answers that are cut off, late, of another shape, and none.
    for fault in [Fault::malformed(), Fault::reshape(), Fault::cut(), Fault::drop(), Fault::status(503)] {
        emulator.faults().inject(fault.on("authenticate_user_with_password").times(1)).unwrap();
        authentication.login("ada@acme.test", "another Horse 7 hunter2").await.unwrap_err();
    }
    let nobody = Frontegg::builder().base_url("http://127.0.0.1:1").credentials("id", CANARY).build().unwrap();
    let strategy = nobody.anonymous().user_management();
    strategy.get_user_activation_strategy("u", &Secret::from(CANARY)).no_retry().await.unwrap_err();
    session.log_out().await.unwrap();
    secrets.all()
}

#[tokio::test]
async fn a_whole_journey_leaves_no_secret_behind() {
    let (log, _guard) = Log::begin();
    let emulator = Emulator::start().await.unwrap();
    let retry = Retry::default().base_delay(Duration::from_millis(1));
    let builder = Frontegg::builder().base_url(emulator.url()).retry(retry);
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    let secrets = travel(&emulator, &frontegg).await;
    let text = log.text();
    for operation in ["authenticate_user_with_password", "refresh_user_token", "authenticate_api_token"] {
        assert!(text.contains(operation), "{operation} is not traced");
    }
    for library in ["frontegg_identity", "hyper_util", "frontegg_emulator"] {
        assert!(text.contains(library), "nothing of {library} is traced");
    }
    for secret in secrets.iter().map(String::as_str).chain([CANARY]) {
        if let Some(line) = text.lines().find(|line| line.contains(secret)) {
            panic!("a secret is traced: {line}");
        }
    }

    // Where the published address has a secret, its record has not; see the client's test of all addresses.
    let requests = emulator.requests().list();
    assert!(requests.len() > 15);
    for request in requests {
        let shown =
            format!("{}?{} {} {} {request:?}", request.path(), request.query(), request.body(), request.answer());
        assert!(!secrets.iter().any(|secret| shown.contains(secret.as_str())), "{shown}");
    }
}
