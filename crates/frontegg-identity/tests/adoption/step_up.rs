//! Step-up from end to end: a service asks for it, the program raises the session, and comes back.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use frontegg_identity::{
    ErrorKind, Login,
    enums::MfaStrategy,
    login::{Factor, MfaChallenge, Saved},
};
use serde_json::Value;

use crate::world::{ADA, World};

/// The age that a service asks for.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// The claims of a session's access token, unverified.
async fn claims(session: &frontegg_identity::Session) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = session.access_token().await.unwrap();
    let claims = token.expose().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn is_raised(claims: &Value) -> bool {
    claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|method| method == "mfa"))
}

#[tokio::test]
async fn a_session_and_its_clones_are_raised_and_go_on() {
    let world = World::start().await;
    let session = world.session().await;
    let app = world.enroll(&session).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    session.on_refresh(move |saved| sink.lock().unwrap().push(serde_json::to_string(saved).unwrap()));
    let clone = session.clone();
    assert!(!is_raised(&claims(&session).await));
    let before = session.save();

    let Login::MfaRequired(challenge) = session.step_up(FIVE_MINUTES).await.unwrap() else {
        panic!("no second factor is asked for")
    };
    let wrong = challenge.authenticator("000000").await.unwrap_err();
    assert!(wrong.is_unauthenticated(), "{wrong}");
    assert!(!is_raised(&claims(&session).await), "not yet");
    let raised = challenge.authenticator(world.next_code(&app)).await.unwrap().into_session().unwrap();
    for session in [&session, &clone, &raised] {
        assert!(is_raised(&claims(session).await));
    }
    assert_eq!(told.lock().unwrap().len(), 1, "the program is told of the new refresh token");
    // The refresh token of before was replaced, and the session has the new one.
    session.refresh().await.unwrap();
    assert!(is_raised(&claims(&session).await), "it stays raised");
    assert!(world.replica().restore(before).refresh().await.unwrap_err().is_unauthenticated());
}

#[tokio::test]
async fn a_session_that_is_raised_already_is_not_asked_again_within_the_age() {
    let world = World::start().await;
    let session = world.session().await;
    let app = world.enroll(&session).await;
    let challenge = async || match session.step_up(FIVE_MINUTES).await.unwrap() {
        Login::MfaRequired(challenge) => Some(challenge),
        Login::Session(_) => None,
        other => panic!("{other:?}"),
    };
    challenge().await.unwrap().authenticator(world.next_code(&app)).await.unwrap();
    assert!(challenge().await.is_none());
    session.refresh().await.expect("the refresh token that came with it");
    world.emulator.clock().advance(FIVE_MINUTES + Duration::from_secs(1));
    assert!(challenge().await.is_some());
    assert!(matches!(session.step_up(None).await.unwrap(), Login::Session(_)), "any age will do");
}

#[tokio::test]
async fn another_replica_finishes_a_step_up() {
    let world = World::start().await;
    world.force(&[MfaStrategy::EmailCode]).await;
    let Login::MfaRequired(challenge) = world.login().await else { panic!("no second factor is asked for") };
    let Factor::Email(mail) = challenge.factors().remove(0) else { panic!("a mail") };
    let session = mail.send().await.unwrap().verify(world.code_to(ADA).await).await.unwrap().into_session().unwrap();
    world.emulator.clock().advance(FIVE_MINUTES * 2);
    let Login::MfaRequired(challenge) = session.step_up(FIVE_MINUTES).await.unwrap() else {
        panic!("no second factor is asked for")
    };
    let before = claims(&session).await["auth_time"].clone();
    let (session, challenge) =
        (serde_json::to_string(&session.save()).unwrap(), serde_json::to_string(&challenge.save()).unwrap());

    let session = world.replica().restore(session.parse().unwrap());
    let saved: Saved<MfaChallenge> = challenge.parse().unwrap();
    let Factor::Email(mail) = session.resume(saved).factors().remove(0) else { panic!("a mail") };
    let raised = mail.send().await.unwrap().verify(world.code_to(ADA).await).await.unwrap();
    assert!(matches!(raised, Login::Session(_)));
    assert!(claims(&session).await["auth_time"].as_i64() > before.as_i64(), "the session itself is raised");
    session.refresh().await.unwrap();
}

#[tokio::test]
async fn who_has_no_second_factor_or_no_session_cannot_step_up() {
    let world = World::start().await;
    let session = world.session().await;
    let error = session.step_up(FIVE_MINUTES).await.unwrap_err();
    assert!(error.is_bad_request() && error.operation() == Some("generate_step_up_session"), "{error}");
    let clone = session.clone();
    session.log_out().await.unwrap();
    assert_eq!(clone.step_up(FIVE_MINUTES).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}
