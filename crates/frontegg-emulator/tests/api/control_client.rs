//! The typed client of the control plane: every call, at an emulator of this process and at the program.

use std::time::Duration;

use chrono::{DateTime, Utc};
use frontegg_emulator::{
    Control, ControlError, Emulator, Fault, Message, RateLimit, Selection,
    control_plane::{Channel, OutboxQuery, RequestQuery, SessionQuery, UserPoolPerson},
};
use frontegg_identity::{
    Frontegg,
    enums::NewTenantResolver,
    types::{
        CreateAuth0ExternalUserSourceRequestDto, CreateTenantRequest, CreateUserDto, DynamicStaticOrNewTenant,
        ExternalAuth0UserSourceConfig, UserSourceNewTenantConfig,
    },
};
use serde_json::{Value, json};

use crate::{
    process::Program,
    support::{World, browser::PASSWORD, http, place::lasting},
};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(10);

/// Invites somebody into acme.
async fn invite(frontegg: &Frontegg, email: &str) {
    let new = CreateUserDto::new().email(email).skip_invite_email(false);
    frontegg.tenant("acme").user_management().create_user_v2(&new).await.expect("a user");
}

#[tokio::test]
async fn it_drives_an_emulator_of_this_process() {
    let world = World::start().await;
    let control = world.emulator.control();
    assert_eq!(control.url(), world.emulator.url());
    let info = control.info().await.expect("an answer");
    assert_eq!((info.url.as_str(), info.vendor_id.as_str()), (world.emulator.url(), world.emulator.vendor_id()));
    drive(&control, &world.frontegg).await;
    let at = Control::at(&format!("{}/", world.emulator.url())).expect("an address");
    assert_eq!(at.info().await.expect("an answer").client_id, world.emulator.client_id());
}

#[tokio::test]
async fn it_drives_the_program() {
    let place = lasting().await;
    let program = Program::start(&["--store", place.url(), "--admin-token", "hush"]);
    let open = Control::at(&program.url).expect("an address");
    assert!(open.info().await.expect_err("a refusal").is_unauthorized());
    open.health().await.expect("an answer, as probes get one");
    let control = open.admin_token("hush");
    assert!(!format!("{control:?}").contains("hush"));
    drive(&control, &program.client()).await;
}

/// Everything that the client can do.
async fn drive(control: &Control, frontegg: &Frontegg) {
    assert_eq!(control.health().await.expect("an answer").status, "ok");
    assert!(control.is_ready().await.expect("an answer"));
    assert!(control.info().await.expect("an answer").operations > 353);
    time(control).await;
    let new = CreateTenantRequest::new().tenant_id("acme").name("acme");
    frontegg.tenants().create_tenant(&new).await.expect("a tenant");
    outbox(control, frontegg).await;
    faults_and_limits(control, frontegg).await;
    requests(control, frontegg).await;
    state(control, frontegg).await;

    people(control, frontegg).await;
    user_pools(control, frontegg).await;

    let kid = control.rotate_keys().await.expect("a key");
    assert!(!kid.is_empty());
    control.set_leaked_passwords(["Correct-horse-1815"]).await.expect("told");
    let leaked = control.export_with_secrets().await.expect("a document")["tables"]["settings"].to_string();
    assert!(leaked.contains("leaked-passwords"), "{leaked}");
}

async fn time(control: &Control) {
    let moment: DateTime<Utc> = "2031-02-03T04:05:06.500Z".parse().expect("a moment");
    let frozen = control.freeze_clock().await.expect("a clock");
    assert!(frozen.frozen);
    assert_eq!(control.set_clock(moment).await.expect("a clock").now, moment);
    let later = control.advance_clock(Duration::from_millis(1500)).await.expect("a clock");
    assert_eq!((later.now - moment).num_milliseconds(), 1500);
    assert_eq!(control.clock().await.expect("a clock"), later);
    assert!(!control.resume_clock().await.expect("a clock").frozen);
    let real = control.real_clock().await.expect("a clock");
    assert!(real.now < moment, "back at the system's time");
}

async fn outbox(control: &Control, frontegg: &Frontegg) {
    control.clear_outbox().await.expect("no messages");
    invite(frontegg, "ada@acme.test").await;
    invite(frontegg, "bob@acme.test").await;
    let all = control.messages(&OutboxQuery::everything()).await.expect("messages");
    assert_eq!(all.iter().map(Message::recipient).collect::<Vec<_>>(), ["ada@acme.test", "bob@acme.test"]);
    assert_eq!((all[0].token(), all[0].is_sms()), (Some("[redacted]"), false));
    let after = OutboxQuery::everything().after(&all[0]).template("ActivateUser").channel(Channel::Email);
    assert_eq!(control.messages(&after).await.expect("messages").len(), 1);
    let newest = control.messages(&OutboxQuery::everything().newest(1)).await.expect("messages");
    assert_eq!(newest[0].id(), all[1].id());
    let ada = OutboxQuery::to("ada@acme.test").with_secrets();
    let message = control.wait_for_message(&ada, LONG).await.expect("a message");
    let token = message.token().expect("a token");
    assert!(message.link().expect("a link").contains(token) && message.body().contains(token));
    assert_eq!(control.message_with_secrets(all[0].id()).await.expect("a message"), message);
    assert_eq!(control.message(all[0].id()).await.expect("a message"), all[0]);
    for unknown in ["unknown", "../reset", "a b", ""] {
        assert!(control.message_with_secrets(unknown).await.is_err(), "{unknown}");
    }
    assert!(control.message_with_secrets("unknown").await.expect_err("none").is_not_found());
    // Who waits is told as soon as there is something.
    let carol = OutboxQuery::to("carol@acme.test");
    assert!(control.wait_for_message(&carol, SHORT).await.expect_err("none").is_not_found());
    let (message, ()) = tokio::join!(control.wait_for_message(&carol, LONG), invite(frontegg, "carol@acme.test"));
    assert_eq!(message.expect("a message").template(), "ActivateUser");
    control.clear_outbox().await.expect("no messages");
    assert!(control.messages(&OutboxQuery::everything()).await.expect("messages").is_empty());
}

async fn faults_and_limits(control: &Control, frontegg: &Frontegg) {
    let fault = Fault::status(503).on("list_roles_v1").times(1);
    let injected = control.inject(&fault).await.expect("a fault");
    assert_eq!((&injected.fault, injected.hits, injected.spent), (&fault, 0, false));
    frontegg.management().roles().list_roles_v1().no_retry().await.expect_err("the fault");
    let spent = control.fault(injected.id).await.expect("a fault");
    assert_eq!((spent.calls, spent.hits, spent.spent), (1, 1, true));
    assert_eq!(control.faults().await.expect("faults"), [spent]);
    control.remove_fault(injected.id).await.expect("it is gone");
    assert!(control.remove_fault(injected.id).await.expect_err("it is gone").is_not_found());
    assert!(control.fault(injected.id).await.expect_err("it is gone").is_not_found());
    let refused = control.inject(&Fault::status(503).on("fly")).await.expect_err("no such operation");
    assert!(
        matches!(&refused, ControlError::Refused { status: 400, messages } if messages == &["there is no operation fly"]),
        "{refused}"
    );
    control.inject(&fault).await.expect("a fault");
    control.clear_faults().await.expect("none");
    assert!(control.faults().await.expect("faults").is_empty());

    let limit = RateLimit::new(1, Duration::from_mins(1)).on(Selection::path("/.well-known/"));
    assert_eq!(control.add_rate_limit(&limit).await.expect("a limit"), limit);
    assert_eq!(control.rate_limits().await.expect("limits"), [limit]);
    assert_eq!(control.add_rate_limit(&RateLimit::new(1, SHORT)).await.expect_err("no time").status(), Some(400));
    control.clear_rate_limits().await.expect("none");
    assert!(control.rate_limits().await.expect("limits").is_empty());
}

async fn requests(control: &Control, frontegg: &Frontegg) {
    control.clear_requests().await.expect("no requests");
    let roles = frontegg.management();
    let list = async || drop(roles.roles().list_roles_v1().await.expect("roles"));
    list().await;
    list().await;
    let listed = RequestQuery::on("list_roles_v1").status(200);
    let found = control.requests(&listed).await.expect("requests");
    assert_eq!(found.len(), 2);
    let first = &found[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/identity/resources/roles/v1"));
    assert_eq!((first.operation.as_deref(), first.token.as_deref()), (Some("list_roles_v1"), Some("environment")));
    assert_eq!((first.headers["authorization"].as_str(), first.status), ("[redacted]", Some(200)));
    assert!(first.answer.is_array() && first.trace_id.is_some() && first.milliseconds >= 0.0);
    assert_eq!(control.requests(&listed.clone().after(first)).await.expect("requests"), found[1..]);
    assert_eq!(control.requests(&listed.clone().newest(1)).await.expect("requests"), found[1..]);
    assert_eq!(control.count_requests(&RequestQuery::on(Selection::tag("Roles"))).await.expect("a count"), 2);
    assert!(control.count_requests(&RequestQuery::everything()).await.expect("a count") >= 2);
    assert!(control.wait_for_requests(&listed, 3, SHORT).await.expect_err("two").is_not_found());
    let (waited, ()) = tokio::join!(control.wait_for_requests(&listed, 3, LONG), list());
    assert_eq!(waited.expect("requests").len(), 3);
    let error = control.count_requests(&RequestQuery::on("fly")).await.expect_err("no such operation");
    assert_eq!(error.status(), Some(400));
    control.clear_requests().await.expect("none");
    assert_eq!(control.count_requests(&RequestQuery::everything()).await.expect("a count"), 0);
}

/// Signs Dan in or not; gives the access token.
async fn sign_in(control: &Control, password: &str) -> Option<String> {
    sign_in_as(control, "dan@acme.test", password).await
}

/// Signs somebody in or not; gives the access token.
async fn sign_in_as(control: &Control, email: &str, password: &str) -> Option<String> {
    let url = format!("{}/identity/resources/auth/v1/user", control.url());
    let body = json!({ "email": email, "password": password });
    let answer = http().post(url).json(&body).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    answer["accessToken"].as_str().map(str::to_owned)
}

async fn people(control: &Control, frontegg: &Frontegg) {
    let new = CreateUserDto::new().email("dan@acme.test").password(PASSWORD).skip_invite_email(true);
    let acme = frontegg.tenant("acme");
    let dan = acme.user_management().create_user_v2(&new).await.expect("a user").id;
    let everything = SessionQuery::everything();
    control.end_sessions().await.expect("none");
    assert!(control.sessions(&everything).await.expect("sessions").is_empty());
    let first = sign_in(control, PASSWORD).await.expect("a token");
    sign_in(control, PASSWORD).await.expect("a token");
    let of_dan = SessionQuery::of(&dan).tenant("acme");
    let sessions = control.sessions(&of_dan).await.expect("sessions");
    assert_eq!(sessions.len(), 2);
    assert_eq!((sessions[0].user_id.as_str(), sessions[0].tenant_id.as_str()), (dan.as_str(), "acme"));
    assert!(sessions[0].created_at <= sessions[1].created_at && sessions[0].expires_at > sessions[0].last_used_at);
    assert!(control.sessions(&SessionQuery::of("nobody")).await.expect("sessions").is_empty());
    assert!(control.sessions(&SessionQuery::of(&dan).tenant("globex")).await.expect("sessions").is_empty());
    // An ended session's token is no good; the other's is.
    let session = frontegg.session(first);
    session.user_management().get_my_profile_v2().await.expect("a profile");
    control.end_session(&sessions[0].id).await.expect("ended");
    let refused = session.user_management().get_my_profile_v2().no_retry().await.expect_err("a refusal");
    assert_eq!(refused.status(), Some(401));
    assert!(control.end_session(&sessions[0].id).await.expect_err("it has ended").is_not_found());
    assert_eq!(control.sessions(&everything).await.expect("sessions"), sessions[1..]);

    assert!(control.lockouts().await.expect("lockouts").is_empty());
    for _ in 0..2 {
        assert_eq!(sign_in(control, "wrong").await, None);
        let lockouts = control.lockouts().await.expect("lockouts");
        assert_eq!((lockouts[0].user_id.as_str(), lockouts[0].email.as_deref()), (dan.as_str(), Some("dan@acme.test")));
        assert_eq!((lockouts[0].failed_sign_ins, lockouts[0].locked), (1, false));
        control.clear_lockout(&dan).await.expect("cleared");
    }
    frontegg.management().users().lock_user(&dan).await.expect("locked");
    assert!(control.lockouts().await.expect("lockouts")[0].locked);
    assert_eq!(sign_in(control, PASSWORD).await, None);
    assert!(control.sessions(&everything).await.expect("sessions").is_empty(), "who is locked has none");
    control.clear_lockouts().await.expect("cleared");
    assert!(control.lockouts().await.expect("lockouts").is_empty());
    assert!(control.clear_lockout("nobody").await.expect_err("nobody").is_not_found());
    sign_in(control, PASSWORD).await.expect("a token");
}

async fn user_pools(control: &Control, frontegg: &Frontegg) {
    let tenant = DynamicStaticOrNewTenant::from(UserSourceNewTenantConfig::new(NewTenantResolver::New));
    let provider = ExternalAuth0UserSourceConfig::new(false, true, "acme.auth0.test", "client", "hush", tenant);
    let new = CreateAuth0ExternalUserSourceRequestDto::new("Auth0", provider, 1);
    let new = new.app_ids([control.info().await.expect("an answer").application_id]);
    let pools = frontegg.management().user_pools();
    let pool = pools.create_auth0_user_source(&new).await.expect("a pool").id;
    assert_eq!(sign_in_as(control, "eve@acme.test", PASSWORD).await, None);
    let eve = UserPoolPerson::new("eve@acme.test").password(PASSWORD).name("Eve");
    control.set_user_pool_people(&pool, [eve]).await.expect("told");
    let known = control.user_pool_people(&pool).await.expect("people");
    assert_eq!((known[0].name.as_deref(), known[0].password.is_none()), (Some("Eve"), true));
    sign_in_as(control, "eve@acme.test", PASSWORD).await.expect("a token");
    control.set_user_pool_people(&pool, []).await.expect("told");
    assert!(control.user_pool_people(&pool).await.expect("people").is_empty());
    for unknown in ["nothing", "../faults"] {
        assert!(control.user_pool_people(unknown).await.expect_err("no pool").is_not_found(), "{unknown}");
        assert!(control.set_user_pool_people(unknown, []).await.expect_err("no pool").is_not_found(), "{unknown}");
    }
}

async fn state(control: &Control, frontegg: &Frontegg) {
    let exists = async || frontegg.tenants().list_tenants(frontegg_identity::params::ListTenants::new()).await;
    let snapshot = control.snapshot().await.expect("a snapshot");
    let plain = control.export().await.expect("a document");
    assert!(plain["keys"].is_null() && control.export_with_secrets().await.expect("a document")["keys"].is_array());
    control.reset().await.expect("empty");
    assert!(exists().await.expect("tenants").items.is_empty());
    control.import(&plain).await.expect("back");
    assert_eq!(exists().await.expect("tenants").items.len(), 1);
    control.reset().await.expect("empty");
    control.restore(&snapshot).await.expect("back");
    assert_eq!(exists().await.expect("tenants").items.len(), 1);
    assert_eq!(control.import(&json!({})).await.expect_err("no document").status(), Some(400));
    // A state can be carried to another emulator.
    let other = Emulator::start().await.expect("an emulator");
    other.restore(&snapshot).await.expect("there");
    let there = other.control().export().await.expect("a document");
    assert_eq!(there["tables"]["tenants"], plain["tables"]["tenants"]);
}

#[tokio::test]
async fn it_says_what_is_wrong() {
    assert!(matches!(Control::at("ftp://127.0.0.1:1"), Err(ControlError::Address(_))));
    let emulator = Emulator::start().await.expect("an emulator");
    let control = emulator.control();
    emulator.stop().await;
    let error = control.health().await.expect_err("nobody is there");
    assert!(matches!(&error, ControlError::Unreachable { .. }), "{error}");
    assert!(std::error::Error::source(&error).is_some(), "with its cause");

    // Somebody who says nothing, and somebody who says something else.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let control = Control::at(&url).expect("an address").timeout(SHORT);
    assert!(matches!(control.health().await, Err(ControlError::TimedOut { time, .. }) if time == SHORT));

    let world = World::start().await;
    let other = Fault::status(200).text("<html>").on(Selection::path("/"));
    world.emulator.faults().inject(other).expect("a fault");
    // Behind a proxy that leads elsewhere: no fault reaches the control plane itself.
    let control = Control::at(&format!("{}/proxy", world.emulator.url())).expect("an address");
    let error = control.info().await.expect_err("no JSON");
    assert!(matches!(&error, ControlError::Answer(_)), "{error}");
    world.emulator.faults().clear();
    assert_eq!(control.info().await.expect_err("nothing there").status(), Some(404));
}
