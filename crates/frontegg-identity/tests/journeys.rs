//! What people do from end to end, through the SDK against an emulator over HTTP.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use frontegg_emulator::Emulator;
use frontegg_identity::{
    ErrorKind, Frontegg, Login, SavedSession, Session,
    enums::AuthStrategy,
    types::{CreateTenantApiTokenDto, CreateTenantRequest, CreateUserDto, VendorConfigRequest},
};

const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);
const PASSWORD: &str = "correct Horse 7 battery";

struct World {
    emulator: Emulator,
    frontegg: Frontegg,
}

/// Ada with a password in acme and in globex.
async fn world() -> World {
    let emulator = Emulator::start().await.unwrap();
    let frontegg = Frontegg::builder()
        .base_url(emulator.url())
        .credentials(emulator.client_id(), emulator.api_key())
        .build()
        .unwrap();
    for tenant in ["acme", "globex"] {
        let request = CreateTenantRequest::new().tenant_id(tenant).name(tenant);
        frontegg.tenants().accounts().create_tenant(&request).await.unwrap();
        let ada = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).skip_invite_email(true);
        frontegg.tenant(tenant).user_management().create_user_v2(&ada).await.unwrap();
    }
    World { emulator, frontegg }
}

impl World {
    /// Signs in to tokens that live for an hour, well within a session's idle time.
    async fn login(&self) -> Session {
        let settings = VendorConfigRequest::new().default_token_expiration(3_600);
        self.frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
        let login = self.frontegg.authentication().login("ada@acme.test", PASSWORD).await.unwrap();
        login.into_session().unwrap()
    }
}

#[tokio::test]
async fn a_password_opens_a_session_that_ends_with_logging_out() {
    let world = world().await;
    let session = world.login().await;
    let clone = session.clone();
    assert_eq!(session.user_sessions().list_my_sessions().await.unwrap().len(), 1);
    session.log_out().await.unwrap();
    let error = clone.user_sessions().list_my_sessions().await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_the_same() {
    let world = world().await;
    let authentication = world.frontegg.authentication();
    let wrong = authentication.login("ada@acme.test", "wrong").await.unwrap_err();
    let unknown = authentication.login("eve@acme.test", PASSWORD).await.unwrap_err();
    assert!(wrong.is_unauthenticated() && unknown.is_unauthenticated());
    assert_eq!(wrong.messages(), unknown.messages());
}

#[tokio::test]
async fn a_session_refreshes_itself_and_hands_on_what_changed() {
    let world = world().await;
    let session = world.login().await;
    let stored = Arc::new(Mutex::new(None::<SavedSession>));
    let sink = stored.clone();
    session.on_refresh(move |saved| *sink.lock().unwrap() = Some(saved.clone()));
    let before = session.access_token().await.unwrap();
    // The access token dies, the refresh token lives: the service answers 401, the session renews.
    world.emulator.clock().advance(TWO_HOURS);
    assert_eq!(session.user_sessions().list_my_sessions().await.unwrap().len(), 1);
    let after = session.access_token().await.unwrap();
    assert_ne!(before.expose(), after.expose());
    let saved = stored.lock().unwrap().take().expect("the sink was called");

    let text = serde_json::to_string(&saved).unwrap();
    assert!(!format!("{saved:?} {session:?}").contains(after.expose()));
    drop(session);
    let restored = world.frontegg.restore(serde_json::from_str(&text).unwrap());
    restored.refresh().await.unwrap();
    assert_eq!(restored.user_sessions().list_my_sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_callers_cause_one_refresh() {
    let world = world().await;
    let session = world.login().await;
    let refreshes = Arc::new(Mutex::new(0));
    let count = refreshes.clone();
    session.on_refresh(move |_| *count.lock().unwrap() += 1);
    world.emulator.clock().advance(TWO_HOURS);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let session = session.clone();
        calls.spawn(async move { session.user_sessions().list_my_sessions().await.map(|list| list.len()) });
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome.unwrap(), 1);
    }
    assert_eq!(*refreshes.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_session_goes_on_in_another_tenant() {
    let world = world().await;
    let session = world.login().await;
    let before = session.user_management().get_my_profile_v2().await.unwrap().tenant_id;
    let other = if before == "acme" { "globex" } else { "acme" };
    session.switch_tenant(other).await.unwrap();
    assert_eq!(session.user_management().get_my_profile_v2().await.unwrap().tenant_id, other);
}

#[tokio::test]
async fn a_mailed_code_signs_in() {
    let world = world().await;
    let settings = VendorConfigRequest::new().auth_strategy(AuthStrategy::Code);
    world.frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
    let step = world.frontegg.authentication().send_email_code("ada@acme.test").await.unwrap();
    let wrong = step.submit("000000").await.unwrap_err();
    assert!(wrong.is_unauthenticated(), "{wrong}");
    let code = world.emulator.outbox().last_to("ada@acme.test").code().await.unwrap();
    let Login::Session(session) = step.submit(code).await.unwrap() else { panic!("more is asked for") };
    assert_eq!(session.user_management().get_my_profile_v2().await.unwrap().email.as_deref(), Some("ada@acme.test"));
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_mail() {
    let world = world().await;
    let authentication = world.frontegg.authentication();
    authentication.request_password_reset("ada@acme.test").await.unwrap();
    let message = world.emulator.outbox().last_to("ada@acme.test").find().await.unwrap().unwrap();
    let (user, token) = (message.user_id().unwrap(), message.token().unwrap());
    authentication.reset_password(user, token, "another Horse 8 battery").await.unwrap();
    assert!(authentication.login("ada@acme.test", PASSWORD).await.unwrap_err().is_unauthenticated());
    let login = authentication.login("ada@acme.test", "another Horse 8 battery").await.unwrap();
    login.into_session().unwrap();
}

#[tokio::test]
async fn a_machine_renews_the_token_of_its_credentials() {
    let world = world().await;
    let role = world.frontegg.management().roles().list_roles_v1().await.unwrap().remove(0).id;
    let request = CreateTenantApiTokenDto::new().role_ids([role]);
    let made = world.frontegg.tenant("acme").api_tokens().create_tenant_api_token_v2(&request).await.unwrap();
    let machine = world.frontegg.api_token(made.client_id, made.secret);
    let list = || async { machine.api_tokens().list_tenant_api_tokens().await.map(|list| list.len()) };
    assert_eq!(list().await.unwrap(), 1);
    world.emulator.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(list().await.unwrap(), 1, "the token was renewed after a 401");

    let wrong = world.frontegg.api_token("nobody", "nothing").api_tokens().list_tenant_api_tokens().await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Unauthenticated, "{wrong}");
}
