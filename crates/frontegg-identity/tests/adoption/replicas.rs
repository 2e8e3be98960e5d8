//! A sign-in that spans requests, of which another replica gets each: what waits travels as JSON.

use std::time::Duration;

use frontegg_identity::{
    Frontegg, Login, SavedError, SavedSession,
    enums::{AuthStrategy, EnforceMfaType, MfaStrategy, StrategyKind},
    login::{Activation, Factor, PasswordlessStep, Saved, SignUp, Step},
    types::{
        CreateOrUpdateActivationStrategyRequest, CreateOrUpdatePasswordRotationDto, MfaPolicyRequest,
        SignUpUserEmailDto, VendorConfigRequest,
    },
};
use serde_json::{Value, json};

use crate::world::{ADA, PASSWORD, World, app, is_adas};

/// The step as another replica has it: from JSON, on a client of its own.
fn elsewhere<S: Step>(world: &World, step: &Saved<S>) -> S {
    let stored = serde_json::to_string(step).unwrap();
    let saved: Saved<S> = stored.parse().unwrap();
    // By serde as well, within whatever a program stores.
    let same: Saved<S> = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&saved).unwrap(), serde_json::to_string(&same).unwrap());
    world.replica().authentication().resume(saved)
}

#[tokio::test]
async fn one_replica_takes_the_password_and_another_the_second_factor() {
    let world = World::start().await;
    let app = world.enroll(&world.session().await).await;
    let remember = MfaPolicyRequest::new().enforce_mfa_type(EnforceMfaType::DontForce).allow_remember_my_device(true);
    world.frontegg.self_service().mfa_settings().create_mfa_policy(&remember).await.unwrap();
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let challenge = elsewhere(&world, &challenge.remember_device().save());
    assert_eq!(challenge.factors().len(), 1);
    assert!(challenge.remember_device_setting().await.unwrap().is_allowed_to_remember);
    let session = challenge.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
    is_adas(&session).await;
    assert!(session.save().device().is_some(), "what the first replica was asked to do");

    // So with the factor that was chosen.
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let Factor::Authenticator(factor) = challenge.factors().remove(0) else { panic!("an app") };
    let factor = elsewhere(&world, &factor.save());
    is_adas(&factor.verify(world.next_code(&app)).await.unwrap().into_session().unwrap()).await;
}

#[tokio::test]
async fn every_request_of_a_mailed_or_texted_code_may_come_elsewhere() {
    const NUMBER: &str = "+14155550100";
    let world = World::start().await;
    world.force(&[MfaStrategy::EmailCode]).await;
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let Factor::Email(mail) = elsewhere(&world, &challenge.save()).factors().remove(0) else { panic!("a mail") };
    let sent = elsewhere(&world, &mail.save()).send().await.unwrap();
    let sent = elsewhere(&world, &sent.save());
    is_adas(&sent.verify(world.code_to(ADA).await).await.unwrap().into_session().unwrap()).await;

    // Enrolled on the way in, and used.
    let world = World::start().await;
    world.force(&[MfaStrategy::Sms]).await;
    let Login::EnrollMfa(enrollment) = world.login().await else { panic!("no second factor is to be set up") };
    let sent = elsewhere(&world, &enrollment.save()).sms(NUMBER).await.unwrap();
    let enrolled = elsewhere(&world, &sent.save()).verify(world.code_to(NUMBER).await).await.unwrap();
    is_adas(&enrolled.login.into_session().unwrap()).await;
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let Factor::Sms(phone) = challenge.factors().remove(0) else { panic!("a phone") };
    let sent = elsewhere(&world, &phone.save()).send().await.unwrap();
    let sent = elsewhere(&world, &sent.save());
    is_adas(&sent.verify(world.code_to(NUMBER).await).await.unwrap().into_session().unwrap()).await;
}

#[tokio::test]
async fn an_app_is_enrolled_over_three_replicas() {
    let world = World::start().await;
    world.force(&[]).await;
    let Login::EnrollMfa(enrollment) = world.login().await else { panic!("no second factor is to be set up") };
    let enrollment = elsewhere(&world, &enrollment.save());
    assert_eq!(enrollment.strategies(), [MfaStrategy::AuthenticatorApp]);
    let shown = enrollment.authenticator().await.unwrap();
    let asked = elsewhere(&world, &shown.save());
    assert_eq!(asked.qr_code().expose(), shown.qr_code().expose());
    let enrolled = asked.verify(world.code(&app(shown.secret()))).await.unwrap();
    assert!(enrolled.recovery_code.is_some());
    is_adas(&enrolled.login.into_session().unwrap()).await;
}

/// The service may insist that a code comes from the browser that asked for it: what it knows that browser by
/// travels along.
#[tokio::test]
async fn a_passwordless_code_is_of_the_same_browser_wherever_it_is_submitted() {
    let world = World::start().await;
    let settings = VendorConfigRequest::new().auth_strategy(AuthStrategy::Code).force_same_device_on_auth(true);
    world.configure(settings).await;
    let step = world.frontegg.authentication().send_email_code(ADA).await.unwrap();
    let code = world.code_to(ADA).await;
    let other = world.replica().authentication().send_email_code("nobody@acme.test").await.unwrap();
    assert!(other.submit(code.as_str()).await.unwrap_err().is_unauthenticated(), "another browser");
    is_adas(&elsewhere(&world, &step.save()).submit(code).await.unwrap().into_session().unwrap()).await;
}

#[tokio::test]
async fn an_account_is_activated_elsewhere() {
    let world = World::start().await;
    let strategy = CreateOrUpdateActivationStrategyRequest::new(StrategyKind::Code).code_expiration(600);
    let settings = world.frontegg.management().account_invitations_settings();
    settings.set_activation_strategy(&strategy).await.unwrap();
    // For an application that the other replica does not name.
    let application = world.emulator.application_id();
    let authentication = world.frontegg.environment().application(application).authentication();
    let request = SignUpUserEmailDto::new("eve@globex.test", "Globex").password(PASSWORD);
    let SignUp::Activate(activation) = authentication.sign_up(&request).await.unwrap() else {
        panic!("an address to prove")
    };
    let saved = activation.password(PASSWORD).save();
    assert_eq!(serde_json::to_value(&saved).unwrap()["state"]["application"], json!(application));
    let activation = elsewhere(&world, &saved);
    let code = world.code_to("eve@globex.test").await;
    let session = activation.activate_with_code(code).await.unwrap().into_session().unwrap();
    assert!(session.user_management().get_my_profile_v2().await.unwrap().verified);
    let asked = world.emulator.requests().on("activate_user_with_code").list().pop().unwrap();
    assert_eq!(asked.header("frontegg-application-id"), Some(application));
}

#[tokio::test]
async fn an_expired_password_is_changed_elsewhere() {
    let world = World::start().await;
    let rotation = CreateOrUpdatePasswordRotationDto::new().is_active(true).rotation_period(1);
    world.frontegg.self_service().password_settings().set_password_rotation(&rotation).await.unwrap();
    world.emulator.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    let Login::PasswordExpired(expired) = world.login().await else { panic!("the password is good") };
    elsewhere(&world, &expired.save()).set_password("another Horse 8 battery").await.unwrap();
    let login = world.replica().authentication().login(ADA, "another Horse 8 battery").await.unwrap();
    is_adas(&login.into_session().unwrap()).await;
}

#[tokio::test]
async fn a_session_goes_on_in_another_replica() {
    let world = World::start().await;
    let stored = serde_json::to_string(&world.session().await.save()).unwrap();
    let saved: SavedSession = stored.parse().unwrap();
    let session = world.replica().restore(saved);
    is_adas(&session).await;
}

#[tokio::test]
async fn what_was_not_saved_by_this_version_as_this_step_is_refused() {
    let world = World::start().await;
    world.configure(VendorConfigRequest::new().auth_strategy(AuthStrategy::Code)).await;
    let step = world.frontegg.authentication().send_email_code(ADA).await.unwrap();
    let document = serde_json::to_value(step.save()).unwrap();
    assert_eq!((&document["version"], &document["kind"]), (&json!(1), &json!("passwordless")));
    let with = |name: &str, value: Value| {
        let mut document = document.clone();
        document[name] = value;
        document.to_string()
    };
    let refused = |text: &str| text.parse::<Saved<PasswordlessStep>>().unwrap_err();

    let newer = with("version", json!(2));
    assert!(matches!(refused(&newer), SavedError::UnknownVersion { found: 2, .. }));
    // Serde's error says the same.
    let error = serde_json::from_str::<Saved<PasswordlessStep>>(&newer).unwrap_err();
    assert!(error.to_string().contains("has version 2, and this program reads version 1"), "{error}");
    let error = document.to_string().parse::<Saved<Activation>>().unwrap_err();
    let SavedError::OtherKind { found, expected, .. } = &error else { panic!("{error:?}") };
    assert_eq!((found.as_str(), *expected), ("passwordless", "activation"));
    let error = document.to_string().parse::<SavedSession>().unwrap_err();
    assert!(matches!(error, SavedError::OtherKind { .. }), "{error}");
    for malformed in ["", "{}", &with("state", json!({})), &with("version", json!(null))] {
        assert!(matches!(refused(malformed), SavedError::Malformed(_)), "{malformed}");
    }
}

#[tokio::test]
async fn secrets_are_in_what_is_stored_and_nowhere_else() {
    let world = World::start().await;
    let app = world.enroll(&world.session().await).await;
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let saved = challenge.save();
    let document = serde_json::to_value(&saved).unwrap();
    let token = document["state"]["step"]["pending"]["mfaToken"].as_str().unwrap();
    assert!(!token.is_empty());
    let shown = format!("{saved:?} {saved:#?} {challenge:?}");
    assert!(!shown.contains(token), "{shown}");
    // Nothing of the first replica is in it.
    let text = document.to_string();
    assert!(!text.contains(world.emulator.api_key()) && !text.contains(PASSWORD));
    let resumed = Frontegg::builder().base_url(world.emulator.url()).build().unwrap().authentication().resume(saved);
    // Without credentials of the environment: the step needs none.
    resumed.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
}
