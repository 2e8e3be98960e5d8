//! Guesses harm those who make them.

use super::*;
use crate::{
    clock::Clock,
    domain::{
        codes::Grant,
        users::{self, NewUser},
    },
    store::{Store, StoreTarget},
};

const PURPOSE: Purpose = Purpose::CodeSignIn;
const NOBODY: Guesser<'static> = Guesser { devices: &[], address: None };

fn from(host: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, host])
}

/// A transaction among so many people, and their ids.
async fn people(count: usize) -> (Store, Write, Vec<String>) {
    let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
    let tx = store.begin_write().await;
    let mut ids = Vec::new();
    for number in 0..count {
        let new = NewUser { email: Some(format!("person{number}@acme.test")), ..NewUser::default() };
        ids.push(users::create(&tx, new).await.expect("a person").id);
    }
    (store, tx, ids)
}

async fn is_right(tx: &Write, code: &str, guesser: Guesser<'_>, binding: Binding) -> bool {
    !spend_bare(tx, PURPOSE, code, guesser, binding).await.expect("an answer").is_refused()
}

fn wrong(codes: &[String]) -> String {
    (0..1_000).map(|number| format!("{number:06}")).find(|code| !codes.contains(code)).expect("a code")
}

#[tokio::test]
async fn a_browser_guesses_at_its_own_codes() {
    let (_store, tx, ids) = people(2).await;
    let code =
        async |id: &str, device| Grant::new(PURPOSE, id).device(Some(device)).bare_code(&tx).await.expect("a code");
    let codes = [code(&ids[0], "laptop").await, code(&ids[1], "phone").await];
    assert_ne!(codes[0], codes[1]);
    let (laptop, phone) = (Guesser { devices: &["laptop"], ..NOBODY }, Guesser { devices: &["phone"], ..NOBODY });
    for _ in 0..TRIES {
        assert!(!is_right(&tx, &wrong(&codes), laptop, Binding::SameDevice).await);
    }
    assert!(!is_right(&tx, &codes[0], laptop, Binding::SameDevice).await, "void");
    assert!(!is_right(&tx, &codes[1], laptop, Binding::SameDevice).await, "valid elsewhere only");
    assert!(is_right(&tx, &codes[1], phone, Binding::SameDevice).await);
    assert!(!is_right(&tx, &codes[1], phone, Binding::SameDevice).await, "once");
}

#[tokio::test]
async fn strangers_cannot_void_what_is_not_theirs() {
    let (_store, tx, ids) = people(3).await;
    let mut codes = Vec::new();
    for (id, device) in ids.iter().zip(["laptop", "phone", "tablet"]) {
        codes.push(Grant::new(PURPOSE, id).device(Some(device)).bare_code(&tx).await.expect("a code"));
    }
    for _ in 0..TRIES {
        assert!(!is_right(&tx, &wrong(&codes), NOBODY, Binding::None).await);
    }
    // In another browser than the one that asked, as on a phone for the laptop.
    let elsewhere = Guesser { devices: &[], address: Some(from(1)) };
    assert!(is_right(&tx, &codes[0], elsewhere, Binding::None).await);
    // Guessing goes on from many addresses until nobody may guess any more.
    for number in 0..3 * TRIES {
        let stranger = Guesser { devices: &[], address: Some(from(u8::try_from(number).expect("a host"))) };
        is_right(&tx, &wrong(&codes), stranger, Binding::None).await;
    }
    assert!(!is_right(&tx, &codes[1], elsewhere, Binding::None).await);
    // Who asked still may.
    assert!(is_right(&tx, &codes[1], Guesser { devices: &["phone"], ..NOBODY }, Binding::None).await);
}

#[tokio::test]
async fn an_address_has_a_budget() {
    let (_store, tx, ids) = people(100).await;
    let mut codes = Vec::new();
    for id in &ids {
        codes.push(Grant::new(PURPOSE, id).device(Some("browser")).bare_code(&tx).await.expect("a code"));
    }
    let guesser = Guesser { devices: &[], address: Some(from(1)) };
    for _ in 0..BUDGET {
        assert!(!is_right(&tx, &wrong(&codes), guesser, Binding::None).await);
    }
    assert!(!is_right(&tx, &codes[0], guesser, Binding::None).await, "not even by a lucky guess");
    let other = Guesser { devices: &[], address: Some(from(2)) };
    assert!(is_right(&tx, &codes[0], other, Binding::None).await);
}
