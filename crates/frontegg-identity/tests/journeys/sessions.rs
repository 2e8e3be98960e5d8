//! Sessions: how they renew themselves, what ends them, and that a stolen refresh token does.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use frontegg_emulator::{Emulator, Fault};
use frontegg_identity::{
    ErrorKind, SavedSession, Session,
    types::{
        CreateSessionConfigurationRequest, SessionConcurrentConfigurationDto, SessionIdleTimeoutConfigurationDto,
        SessionTimeoutConfigurationDto,
    },
};
use frontegg_test_harness::clock::Clock;

use crate::{TWO_HOURS, World, world, world_of};

/// The rules of all tenants.
async fn rule(world: &World, rules: CreateSessionConfigurationRequest) {
    let sessions = world.frontegg.self_service().sessions_management();
    sessions.set_session_configuration(&rules).await.unwrap();
}

async fn lives(session: &Session) -> bool {
    match session.user_sessions().list_my_sessions().await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            false
        }
    }
}

#[track_caller]
fn is_over(outcome: Result<(), frontegg_identity::Error>) {
    let error = outcome.expect_err("a session that is over");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthenticated, Some(401)), "{error}");
    assert_eq!(error.messages(), ["Session not found"]);
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
    for _ in 0..100 {
        let session = session.clone();
        calls.spawn(async move { session.user_sessions().list_my_sessions().await.map(|list| list.len()) });
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome.unwrap(), 1);
    }
    assert_eq!(*refreshes.lock().unwrap(), 1);
}

/// A refresh token is good once: the new one is not lost with the caller who asked for it.
#[tokio::test]
async fn a_refresh_that_nobody_waits_for_is_not_lost() {
    let (world, clock) = (world().await, Clock::stop());
    let session = world.login().await;
    world.emulator.clock().advance(TWO_HOURS);
    let slow = Fault::delay(Duration::from_secs(6)).on("refresh_user_token").times(1);
    world.emulator.faults().inject(slow).unwrap();
    let hurried = session.user_sessions().list_my_sessions().timeout(Duration::from_secs(3));
    let hurried = clock.run(hurried.into_future()).await.unwrap_err();
    assert!(hurried.is_timeout(), "{hurried}");
    let patient = session.user_sessions().list_my_sessions();
    assert_eq!(clock.run(patient.into_future()).await.unwrap().len(), 1);
    assert_eq!(world.emulator.requests().on("refresh_user_token").count(), 1);
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

/// A program that was stopped goes on where it was, also when its access token has died meanwhile.
#[tokio::test]
async fn a_saved_session_outlives_its_program() {
    let world = world().await;
    let session = world.login().await;
    session.refresh().await.unwrap();
    let text = serde_json::to_string(&session.save()).unwrap();
    drop(session);
    world.emulator.clock().advance(TWO_HOURS);
    let restored = world.frontegg.restore(serde_json::from_str(&text).unwrap());
    assert!(lives(&restored).await);
    let again = serde_json::to_string(&restored.save()).unwrap();
    assert_ne!(text, again, "the tokens were renewed");
    // What was saved before is spent; whoever uses it ends the session.
    is_over(world.frontegg.restore(serde_json::from_str(&text).unwrap()).refresh().await);
    is_over(restored.refresh().await);
}

#[tokio::test]
async fn case_27_a_spent_refresh_token_is_refused() {
    let world = world().await;
    let session = world.login().await;
    let first = session.save();
    session.refresh().await.unwrap();
    is_over(world.frontegg.restore(first).refresh().await);
}

#[tokio::test]
async fn case_28_reuse_ends_the_whole_family() {
    let world = world().await;
    let (session, other) = (world.login().await, world.login().await);
    let first = session.save();
    session.refresh().await.unwrap();
    session.refresh().await.unwrap();
    let third = session.save();
    is_over(world.frontegg.restore(first).refresh().await);
    is_over(world.frontegg.restore(third).refresh().await);
    assert!(!lives(&session).await, "the newest is dead as well");
    assert!(lives(&other).await, "another sign-in is another family");
}

#[tokio::test]
async fn case_29_two_programs_with_one_session_end_it_without_grace() {
    let world = world().await;
    let saved = world.login().await.save();
    let programs = [world.frontegg.restore(saved.clone()), world.frontegg.restore(saved)];
    let [first, second] = &programs;
    let outcomes = tokio::join!(first.refresh(), second.refresh());
    assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
}

#[tokio::test]
async fn case_29_two_programs_with_one_session_get_the_same_within_grace() {
    let world = world_of(Emulator::builder().refresh_grace(Duration::from_secs(10))).await;
    world.emulator.clock().freeze();
    let saved = world.login().await.save();
    let programs = [world.frontegg.restore(saved.clone()), world.frontegg.restore(saved)];
    let [first, second] = &programs;
    let (one, two) = tokio::join!(first.refresh(), second.refresh());
    one.unwrap();
    two.unwrap();
    assert!(lives(first).await && lives(second).await);
}

#[tokio::test]
async fn case_30_a_lost_answer_is_had_again_within_grace() {
    let world = world_of(Emulator::builder().refresh_grace(Duration::from_secs(10))).await;
    world.emulator.clock().freeze();
    let session = world.login().await;
    let before = session.save();
    session.refresh().await.unwrap();
    // As if the answer had not come: the program still has the token of before.
    let again = world.frontegg.restore(before);
    world.emulator.clock().advance(Duration::from_secs(9));
    again.refresh().await.unwrap();
    again.refresh().await.unwrap();
    assert!(lives(&again).await);
}

#[tokio::test]
async fn case_34_the_oldest_session_makes_room() {
    let world = world().await;
    let two = SessionConcurrentConfigurationDto::new(true, 2);
    rule(&world, CreateSessionConfigurationRequest::new().session_concurrent_configuration(two)).await;
    let sessions = [world.login().await, world.login().await, world.login().await];
    let [oldest, middle, newest] = &sessions;
    assert!(!lives(oldest).await);
    is_over(oldest.refresh().await);
    assert!(lives(middle).await && lives(newest).await);
    assert_eq!(newest.user_sessions().list_my_sessions().await.unwrap().len(), 2);
}

#[tokio::test]
async fn case_33_idling_ends_a_session_and_so_does_its_age() {
    let world = world().await;
    world.emulator.clock().freeze();
    let rules = CreateSessionConfigurationRequest::new()
        .session_idle_timeout_configuration(SessionIdleTimeoutConfigurationDto::new(true, 60))
        .session_timeout_configuration(SessionTimeoutConfigurationDto::new(true, 120));
    rule(&world, rules).await;
    let (busy, idle) = (world.login().await, world.login().await);
    for _ in 0..2 {
        world.emulator.clock().advance(Duration::from_secs(50));
        busy.refresh().await.unwrap();
    }
    assert!(lives(&busy).await);
    is_over(idle.refresh().await);
    world.emulator.clock().advance(Duration::from_secs(50));
    assert!(!lives(&busy).await, "busy or not");
    is_over(busy.refresh().await);
    assert!(lives(&world.login().await).await, "signing in again helps");
}

#[tokio::test]
async fn ending_the_other_sessions_spares_nobody_by_mistake() {
    let world = world().await;
    let (here, there) = (world.login().await, world.login().await);
    let list = here.user_sessions().list_my_sessions().await.unwrap();
    let other = list.iter().find(|session| session.current != Some(true)).unwrap();
    here.user_sessions().delete_my_session(&other.id).await.unwrap();
    assert!(lives(&here).await && !lives(&there).await);
    let error = here.user_sessions().delete_my_session(&other.id).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}
