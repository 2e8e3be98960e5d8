//! Second factors from end to end, through the SDK against an emulator over HTTP.

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Login, Session,
    enums::{EnforceMfaType, MfaStrategy},
    login::{Factor, MailedLink, MfaChallenge, MfaEnrollment, SignUp},
    types::{
        AuthenticateUserPasswordDto, CreateOrUpdateMfaStrategyRequest, CreateTenantRequest, CreateUserDto,
        DisableMfaAuthAppRequest, MfaPolicyRequest, RequestEnrollMfaSmsRequest, SignUpUserEmailDto,
        VerifyEnrollMfaSmsRequest, VerifyEnrollMfaUserAuthAppRequest,
    },
};
use totp_rs::{Builder, Secret, Totp};

const ADA: &str = "ada@acme.test";
const PASSWORD: &str = "correct Horse 7 battery";
const NUMBER: &str = "+14155550100";

struct World {
    emulator: Emulator,
    frontegg: Frontegg,
}

/// Ada with a password in acme; the clock stands still.
async fn world() -> World {
    let emulator = Emulator::start().await.unwrap();
    let client = Frontegg::builder().base_url(emulator.url());
    let frontegg = client.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    emulator.clock().freeze();
    let tenant = CreateTenantRequest::new().tenant_id("acme").name("Acme");
    frontegg.tenants().create_tenant(&tenant).await.unwrap();
    let ada = CreateUserDto::new().email(ADA).password(PASSWORD).skip_invite_email(true);
    frontegg.tenant("acme").user_management().create_user_v2(&ada).await.unwrap();
    World { emulator, frontegg }
}

impl World {
    async fn login(&self) -> Login {
        self.frontegg.authentication().login(ADA, PASSWORD).await.unwrap()
    }

    async fn challenge(&self) -> MfaChallenge {
        let Login::MfaRequired(challenge) = self.login().await else { panic!("no second factor is asked for") };
        challenge
    }

    async fn enrollment(&self) -> MfaEnrollment {
        let Login::EnrollMfa(enrollment) = self.login().await else { panic!("no second factor is to be set up") };
        enrollment
    }

    async fn force(&self) {
        let policy = MfaPolicyRequest::new().enforce_mfa_type(EnforceMfaType::Force).allow_remember_my_device(true);
        self.frontegg.self_service().mfa_settings().set_mfa_policy(&policy).await.unwrap();
    }

    async fn activate(&self, strategy: MfaStrategy) {
        let active = CreateOrUpdateMfaStrategyRequest::new(true, strategy);
        self.frontegg.self_service().mfa_settings().set_mfa_strategy(&active).await.unwrap();
    }

    async fn code_to(&self, recipient: &str) -> String {
        self.emulator.outbox().last_to(recipient).code().await.unwrap()
    }

    /// What the app shows once the present code is used up.
    fn next_code(&self, app: &Totp) -> String {
        self.emulator.clock().advance(Duration::from_secs(30));
        self.code(app)
    }

    fn code(&self, app: &Totp) -> String {
        app.generate(self.emulator.clock().now().timestamp().try_into().unwrap()).to_string()
    }
}

/// An authenticator app with the secret of an answer.
fn app(secret: Option<&frontegg_identity::Secret>) -> Totp {
    let secret = Secret::try_from_base32(secret.unwrap().expose()).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

/// Sets an app up; with its recovery code.
async fn enroll(world: &World, session: &Session) -> (Totp, String) {
    let offer = session.mfa().enroll_my_authenticator_mfa().await.unwrap();
    let app = app(offer.secret.as_ref());
    let code = VerifyEnrollMfaUserAuthAppRequest::new(world.code(&app));
    let enrolled = session.mfa().verify_my_authenticator_mfa_enrollment(&code).await.unwrap();
    (app, enrolled.recovery_code.unwrap().expose().to_owned())
}

#[tokio::test]
async fn an_app_is_set_up_asked_for_remembered_and_recovered_from() {
    let world = world().await;
    let authentication = world.frontegg.authentication();
    let session = world.login().await.into_session().unwrap();
    let (app, recovery_code) = enroll(&world, &session).await;
    session.log_out().await.unwrap();
    let remember = MfaPolicyRequest::new().enforce_mfa_type(EnforceMfaType::DontForce).allow_remember_my_device(true);
    world.frontegg.self_service().mfa_settings().create_mfa_policy(&remember).await.unwrap();

    let challenge = world.challenge().await.remember_device();
    let setting = challenge.remember_device_setting().await.unwrap();
    assert_eq!((setting.is_allowed_to_remember, setting.mfa_device_expiration), (true, 1_209_600));
    let wrong = challenge.authenticator(world.code(&app)).await.unwrap_err();
    assert!(wrong.is_unauthenticated(), "the code that set the app up: {wrong}");
    let session = challenge.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
    assert!(session.user_management().get_my_profile_v2().await.unwrap().mfa_enrolled);
    let device = session.save().device().expect("a mark");
    session.log_out().await.unwrap();

    let request = AuthenticateUserPasswordDto::new(PASSWORD).email(ADA);
    let login = authentication.login_on(&device, &request).await.unwrap();
    let session = login.into_session().expect("the device is remembered");
    // The mark outlives the session, and its refreshes.
    session.refresh().await.unwrap();
    assert!(session.save().device().is_some());
    let Factor::Authenticator(factor) = world.challenge().await.factors().remove(0) else { panic!("an app") };
    factor.verify(world.next_code(&app)).await.unwrap().into_session().unwrap();

    let wrong = authentication.recover_mfa(ADA, "ABCDEF-ABCDEF-ABCDEF-ABCDEF").await.unwrap_err();
    assert!(wrong.is_unauthenticated(), "{wrong}");
    authentication.recover_mfa(ADA, recovery_code.as_str()).await.unwrap();
    let session = world.login().await.into_session().expect("nothing is left to ask for");
    let spent = authentication.recover_mfa(ADA, recovery_code).await.unwrap_err();
    assert_eq!(spent.code(), Some("ER-01097"), "{spent}");
    // And switched off by its own code.
    let (app, _) = enroll(&world, &session).await;
    let Factor::Authenticator(factor) = world.challenge().await.factors().remove(0) else { panic!("an app") };
    let code = DisableMfaAuthAppRequest::new().token(world.next_code(&app));
    session.mfa().disable_my_authenticator_mfa(factor.device_id().unwrap(), &code).await.unwrap();
    world.login().await.into_session().unwrap();
}

/// From the first visit to the day on which the phone is lost.
#[tokio::test]
async fn somebody_comes_secures_the_account_and_gets_back_in() {
    let world = world().await;
    let emulator = &world.emulator;
    let builder = Frontegg::builder().base_url(emulator.url()).application_id(emulator.application_id());
    let frontegg = builder.build().unwrap();
    let authentication = frontegg.authentication();
    let newcomer = SignUpUserEmailDto::new("eve@globex.test", "Globex").password(PASSWORD);
    let SignUp::Activate(_) = authentication.sign_up(&newcomer).await.unwrap() else { panic!("an address to prove") };
    let link = world.emulator.outbox().last_to("eve@globex.test").link().await.unwrap();
    let link: MailedLink = link.parse().unwrap();
    let activation = authentication.activation(link).password(PASSWORD);
    activation.activate().await.unwrap().into_session().unwrap().log_out().await.unwrap();

    let session = authentication.login("eve@globex.test", PASSWORD).await.unwrap().into_session().unwrap();
    let (app, recovery_code) = enroll(&world, &session).await;
    session.log_out().await.unwrap();
    let login = authentication.login("eve@globex.test", PASSWORD).await.unwrap();
    let Login::MfaRequired(challenge) = login else { panic!("no second factor is asked for") };
    let session = challenge.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
    assert!(session.user_management().get_my_profile_v2().await.unwrap().mfa_enrolled);
    session.log_out().await.unwrap();

    authentication.recover_mfa("eve@globex.test", recovery_code).await.unwrap();
    let session = authentication.login("eve@globex.test", PASSWORD).await.unwrap().into_session().unwrap();
    assert!(!session.user_management().get_my_profile_v2().await.unwrap().mfa_enrolled);
}

#[tokio::test]
async fn any_of_several_apps_will_do() {
    let world = world().await;
    let session = world.login().await.into_session().unwrap();
    let (first, _) = enroll(&world, &session).await;
    let (second, _) = enroll(&world, &session).await;
    let code = world.next_code(&second);
    world.challenge().await.authenticator(code).await.unwrap().into_session().unwrap();
    world.challenge().await.authenticator(world.code(&first)).await.unwrap().into_session().unwrap();
}

#[tokio::test]
async fn a_forced_user_sets_an_app_up_on_the_way_in() {
    let world = world().await;
    world.force().await;
    let enrollment = world.enrollment().await.remember_device();
    assert_eq!(enrollment.strategies(), [MfaStrategy::AuthenticatorApp]);
    let step = enrollment.authenticator().await.unwrap();
    assert!(step.qr_code().expose().starts_with("data:image/png;base64,"));
    let app = app(step.secret());
    assert!(!format!("{step:?}").contains(step.secret().unwrap().expose()));
    let enrolled = step.verify(world.code(&app)).await.unwrap();
    assert!(enrolled.recovery_code.is_some_and(|code| !code.is_empty()));
    let session = enrolled.login.into_session().unwrap();
    assert!(session.save().device().is_some());
    let challenge = world.challenge().await;
    challenge.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
}

#[tokio::test]
async fn a_forced_user_sets_a_phone_up_on_the_way_in() {
    let world = world().await;
    world.force().await;
    world.activate(MfaStrategy::Sms).await;
    let enrollment = world.enrollment().await;
    assert_eq!(enrollment.strategies(), [MfaStrategy::AuthenticatorApp, MfaStrategy::Sms]);
    let step = enrollment.sms(NUMBER).await.unwrap();
    let enrolled = step.verify(world.code_to(NUMBER).await).await.unwrap();
    assert!(enrolled.recovery_code.is_some());
    let session = enrolled.login.into_session().unwrap();

    let Factor::Sms(phone) = world.challenge().await.factors().remove(0) else { panic!("a phone") };
    assert_eq!(phone.phone_number(), "********00");
    let step = phone.send().await.unwrap();
    step.verify(world.code_to(NUMBER).await).await.unwrap().into_session().unwrap();
    // A second phone, by herself.
    let number = "+14155550199";
    let sent = session.mfa().enroll_my_sms_mfa(&RequestEnrollMfaSmsRequest::new(number)).await.unwrap();
    let code = VerifyEnrollMfaSmsRequest::new(sent.otc_token, world.code_to(number).await);
    session.mfa().verify_my_sms_mfa_enrollment(&code).await.unwrap();
    assert_eq!(world.challenge().await.factors().len(), 2);
}

#[tokio::test]
async fn a_mailed_code_needs_no_setting_up() {
    let world = world().await;
    world.force().await;
    world.activate(MfaStrategy::EmailCode).await;
    let Factor::Email(mail) = world.challenge().await.factors().remove(0) else { panic!("a mail") };
    assert_eq!(mail.email(), ADA);
    let step = mail.send().await.unwrap();
    let wrong = step.verify("nonsense").await.unwrap_err();
    assert!(wrong.is_unauthenticated() || wrong.is_bad_request(), "{wrong}");
    let session = step.verify(world.code_to(ADA).await).await.unwrap().into_session().unwrap();
    assert!(!session.user_management().get_my_profile_v2().await.unwrap().mfa_enrolled);
}

/// The session of a policy that came later is over for a program that cannot ask its user.
#[tokio::test]
async fn a_policy_that_comes_later_ends_unattended_sessions() {
    let world = world().await;
    let session = world.login().await.into_session().unwrap();
    world.force().await;
    session.user_management().get_my_profile_v2().await.expect("until it is refreshed");
    let error = session.refresh().await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
}
