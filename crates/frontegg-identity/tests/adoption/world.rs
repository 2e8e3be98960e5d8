//! An emulator with Ada in acme, and as many clients of it as there are replicas.

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Login, Secret, Session,
    enums::{EnforceMfaType, MfaStrategy},
    types::{
        CreateOrUpdateMfaStrategyRequest, CreateTenantRequest, CreateUserDto, MfaPolicyRequest, VendorConfigRequest,
        VerifyEnrollMfaUserAuthAppRequest,
    },
};
use totp_rs::{Builder, Totp};

pub(crate) const ADA: &str = "ada@acme.test";
pub(crate) const PASSWORD: &str = "correct Horse 7 battery";

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) frontegg: Frontegg,
}

impl World {
    /// Ada with a password in acme; the clock stands still.
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        emulator.clock().freeze();
        let frontegg = replica(&emulator);
        let acme = CreateTenantRequest::new().tenant_id("acme").name("Acme");
        frontegg.tenants().create_tenant(&acme).await.unwrap();
        let ada = CreateUserDto::new().email(ADA).password(PASSWORD).skip_invite_email(true);
        frontegg.tenant("acme").user_management().create_user_v2(&ada).await.unwrap();
        Self { emulator, frontegg }
    }

    /// A client with connections and tokens of its own, as another process has.
    pub(crate) fn replica(&self) -> Frontegg {
        replica(&self.emulator)
    }

    pub(crate) async fn login(&self) -> Login {
        self.frontegg.authentication().login(ADA, PASSWORD).await.unwrap()
    }

    pub(crate) async fn session(&self) -> Session {
        self.login().await.into_session().unwrap()
    }

    pub(crate) async fn configure(&self, settings: VendorConfigRequest) {
        self.frontegg.management().core_settings().update_identity_configuration(&settings).await.unwrap();
    }

    /// Everybody needs a second factor, of one of these kinds or an app.
    pub(crate) async fn force(&self, strategies: &[MfaStrategy]) {
        let settings = self.frontegg.self_service().mfa_settings();
        for strategy in strategies {
            let active = CreateOrUpdateMfaStrategyRequest::new(true, strategy.clone());
            settings.set_mfa_strategy(&active).await.unwrap();
        }
        let policy = MfaPolicyRequest::new().enforce_mfa_type(EnforceMfaType::Force).allow_remember_my_device(true);
        settings.set_mfa_policy(&policy).await.unwrap();
    }

    /// Sets an authenticator app up for the holder of a session.
    pub(crate) async fn enroll(&self, session: &Session) -> Totp {
        let offer = session.mfa().enroll_my_authenticator_mfa().await.unwrap();
        let app = app(offer.secret.as_ref());
        let code = VerifyEnrollMfaUserAuthAppRequest::new(self.code(&app));
        session.mfa().verify_my_authenticator_mfa_enrollment(&code).await.unwrap();
        app
    }

    /// What an app shows.
    pub(crate) fn code(&self, app: &Totp) -> String {
        app.generate(self.emulator.clock().now().timestamp().try_into().unwrap()).to_string()
    }

    /// What it shows once the present code is used up.
    pub(crate) fn next_code(&self, app: &Totp) -> String {
        self.emulator.clock().advance(Duration::from_secs(30));
        self.code(app)
    }

    pub(crate) async fn code_to(&self, recipient: &str) -> String {
        self.emulator.outbox().last_to(recipient).code().await.unwrap()
    }
}

fn replica(emulator: &Emulator) -> Frontegg {
    let builder = Frontegg::builder().base_url(emulator.url());
    builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap()
}

/// An authenticator app with the secret of an answer.
pub(crate) fn app(secret: Option<&Secret>) -> Totp {
    let secret = totp_rs::Secret::try_from_base32(secret.unwrap().expose()).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

/// That the session is Ada's, and goes on.
pub(crate) async fn is_adas(session: &Session) {
    let profile = session.user_management().get_my_profile_v2().await.unwrap();
    assert_eq!(profile.email.as_deref(), Some(ADA));
    session.refresh().await.unwrap();
}
