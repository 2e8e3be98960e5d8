//! What people do from end to end, through the SDK against an emulator over HTTP.

mod lockout;
mod machines;
mod passwordless;
mod provisioning;
mod sessions;
mod single_sign_on;
mod user_pools;

use std::time::Duration;

use frontegg_emulator::{Emulator, EmulatorBuilder};
use frontegg_identity::{
    Frontegg, Session,
    types::{CreateTenantRequest, CreateUserDto, VendorConfigRequest},
};

const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);
const PASSWORD: &str = "correct Horse 7 battery";

struct World {
    emulator: Emulator,
    frontegg: Frontegg,
    ada: String,
}

/// Ada with a password in acme and in globex.
async fn world() -> World {
    world_of(Emulator::builder()).await
}

/// The same in an emulator with settings of its own.
async fn world_of(emulator: EmulatorBuilder) -> World {
    let emulator = emulator.start().await.unwrap();
    let frontegg = Frontegg::builder()
        .base_url(emulator.url())
        .credentials(emulator.client_id(), emulator.api_key())
        .build()
        .unwrap();
    let mut ada = String::new();
    for tenant in ["acme", "globex"] {
        let request = CreateTenantRequest::new().tenant_id(tenant).name(tenant);
        frontegg.tenants().create_tenant(&request).await.unwrap();
        let new = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).skip_invite_email(true);
        ada = frontegg.tenant(tenant).user_management().create_user_v2(&new).await.unwrap().id;
    }
    World { emulator, frontegg, ada }
}

impl World {
    /// Signs in to tokens that live for an hour, well within a session's idle time.
    async fn login(&self) -> Session {
        self.configure(VendorConfigRequest::new().default_token_expiration(3_600)).await;
        let login = self.frontegg.authentication().login("ada@acme.test", PASSWORD).await.unwrap();
        login.into_session().unwrap()
    }

    async fn configure(&self, settings: VendorConfigRequest) {
        self.frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
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
