//! What happens at once happens one after the other: rules about people hold in two processes that share a store as in
//! one.

use frontegg_emulator::Emulator;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    mfa::{challenge, enroll},
    support::{
        World,
        browser::{Browser, PASSWORD},
        place::lasting,
    },
};

const ROUNDS: usize = 5;
const NEW: &str = "Another-horse-1816";

/// Two processes of one environment, with the tenant acme, on one store.
async fn processes() -> [World; 2] {
    let place = lasting().await;
    let start = async || World::at(&place, Emulator::builder().client_id("client")).await;
    let worlds = [start().await, start().await];
    worlds[0].tenant("acme").await;
    worlds
}

/// Faults A6: an address that nobody has proven is whose who proves it first, and nobody else's.
#[tokio::test]
async fn an_address_is_proven_by_one_alone() {
    let worlds = processes().await;
    let [first, _] = &worlds;
    for round in 0..ROUNDS {
        let wanted = format!("shared{round}@acme.test");
        let mut ready = Vec::new();
        for (number, world) in worlds.iter().enumerate() {
            let person = first.member("acme", &format!("person{round}-{number}@acme.test")).await;
            let mut session = world.browser().bearer(&first.token(&person, "acme").await);
            session.done("add_my_email", &[], json!({ "email": wanted })).await;
            let code = first.emulator.outbox().last_to(&wanted).code().await.expect("a code");
            let body = json!({ "email": wanted, "code": code });
            ready.push((session, body));
        }
        let mut provers = JoinSet::new();
        for (mut session, body) in ready {
            provers.spawn(async move { session.call("verify_my_email", &[], body).await.status });
        }
        let statuses = provers.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status < 300).count(), 1, "{statuses:?}");
        let query = format!("email={}", wanted.replace('@', "%40"));
        first.back_end(None).await.query("get_user_by_email", &query).await;
    }
}

/// Faults A7: whatever comes first, no session of the former password is left once the password was changed.
#[tokio::test]
async fn no_sign_in_outlives_the_password_that_began_it() {
    let worlds = processes().await;
    let [first, other] = &worlds;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@acme.test");
        let ada = first.member("acme", &email).await;
        let (app, _) = enroll(first, &ada).await;
        let mut thief = other.browser();
        let mfa_token = challenge(&mut thief, &email).await;
        let code = json!({ "mfaToken": mfa_token, "value": app.next_code(first), "rememberDevice": false });
        let mut owner: Browser = first.browser().bearer(&first.token(&ada, "acme").await);
        let change = json!({ "password": PASSWORD, "newPassword": NEW });
        let ((), ()) = tokio::join!(
            async {
                let answer = thief.call("verify_login_mfa_authenticator", &[], code).await;
                assert!(answer.status < 300 || answer.status == 401, "{}", answer.body);
            },
            async {
                owner.done("change_my_password", &[], change).await;
            },
        );
        assert_eq!(thief.refresh().await.status, 401);
    }
}

/// Of many guesses at a second factor only so many are compared, however many processes hear them.
#[tokio::test]
async fn guesses_are_counted_together() {
    let worlds = processes().await;
    let [first, _] = &worlds;
    let ada = first.member("acme", "ada@acme.test").await;
    let (app, _) = enroll(first, &ada).await;
    let mfa_token = challenge(&mut first.browser(), "ada@acme.test").await;
    let wrong = json!({ "mfaToken": mfa_token, "value": app.wrong_code(first), "rememberDevice": false });
    let mut guesses = JoinSet::new();
    for number in 0..20 {
        let (mut browser, body) = (worlds[number % 2].browser(), wrong.clone());
        guesses.spawn(async move { browser.call("verify_login_mfa_authenticator", &[], body).await.status });
    }
    assert!(guesses.join_all().await.iter().all(|status| *status == 401));
    let right: Value = json!({ "mfaToken": mfa_token, "value": app.next_code(first), "rememberDevice": false });
    assert_eq!(first.browser().call("verify_login_mfa_authenticator", &[], right).await.status, 401);
}
