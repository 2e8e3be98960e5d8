//! Attempts, many at once and by several processes.

use std::sync::Arc;

use frontegg_test_harness::place::Place;

use super::*;
use crate::{
    domain::{
        passwords::{Cost, PasswordOwner, import, prepare, set, stored},
        revocation::Change,
        seed,
        users::NewUser,
    },
    store::fresh::{Fresh, places},
};

/// Of somebody who has no password elsewhere.
fn guess<'a>(account: &'a str, user_id: Option<&'a str>, password: &'a str) -> Guess<'a> {
    Guess { account, user_id, password, hash_elsewhere: None }
}

/// Two processes on one store, or one in memory.
struct Processes {
    members: Vec<Arc<(Fresh, Passwords)>>,
    ada: String,
}

impl Processes {
    /// On each store.
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for place in places().await {
            all.push(Self::start(&place).await);
        }
        all
    }

    async fn start(place: &Place) -> Self {
        let mut members = vec![Fresh::at(place).await];
        if !members[0].is_memory() {
            members.push(Fresh::at(place).await);
        }
        // Cheap, as it is not about the work here.
        let members =
            members.into_iter().map(|store| Arc::new((store, Passwords::new(Cost::Cheap)))).collect::<Vec<_>>();
        let (store, passwords) = &*members[0];
        let new = prepare(store, passwords, PasswordOwner::Newcomer { tenant_id: None }, "right-1")
            .await
            .expect("a password");
        let tx = store.begin_write().await;
        seed::fresh_environment(&tx).await.expect("an environment");
        let person = NewUser { email: Some("ada@acme.test".to_owned()), ..NewUser::default() };
        let ada = users::create(&tx, person).await.expect("a person").id;
        set(&tx, &ada, new, Change::PasswordReset).await.expect("a password");
        tx.finish().await;
        Self { members, ada }
    }

    async fn limit(&self, max_attempts: i64) {
        let tx = self.members[0].0.begin_write().await;
        let policy = Lockout { enabled: true, max_attempts };
        create(&tx, Caller::Environment, None, policy).await.expect("a policy");
        tx.finish().await;
    }

    /// So many attempts at once, taken by the processes in turn.
    async fn attempts(&self, count: usize, password: &'static str) -> Vec<Attempt> {
        let tasks = (0..count).map(|number| {
            let (process, ada) = (Arc::clone(&self.members[number % self.members.len()]), self.ada.clone());
            tokio::spawn(async move {
                let (store, passwords) = &*process;
                attempt(store, passwords, guess("ada@acme.test", Some(&ada), password)).await.expect("an answer")
            })
        });
        let mut attempts = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            attempts.push(task.await.expect("no panic"));
        }
        attempts
    }

    async fn person(&self) -> user::Model {
        let tx = self.members[0].0.read().await.expect("a transaction");
        users::require(&tx, &self.ada).await.expect("the person")
    }
}

fn count(attempts: &[Attempt], wanted: Attempt) -> usize {
    attempts.iter().filter(|attempt| **attempt == wanted).count()
}

/// Security case 13: no more outcomes are told than the policy allows, by all processes together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_13_parallel_guesses_learn_as_much_as_the_policy_allows() {
    for processes in Processes::all().await {
        processes.limit(5).await;
        let attempts = processes.attempts(100, "wrong").await;
        assert_eq!(count(&attempts, Attempt::Wrong), 5);
        assert_eq!(count(&attempts, Attempt::Locked), 95);
        let ada = processes.person().await;
        assert!(ada.is_locked && ada.failed_logins == 5);
        assert_eq!(count(&processes.attempts(4, "right-1").await, Attempt::Locked), 4);
    }
}

/// Security case 14, by several processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_14_parallel_right_ones_all_succeed() {
    for processes in Processes::all().await {
        processes.limit(2).await;
        assert_eq!(processes.attempts(1, "wrong").await, [Attempt::Wrong]);
        assert_eq!(count(&processes.attempts(50, "right-1").await, Attempt::Right), 50);
        assert_eq!(processes.person().await.failed_logins, 0);
    }
}

#[tokio::test]
async fn an_imported_hash_is_replaced_at_the_first_right_attempt() {
    let processes = Processes::start(&Place::memory()).await;
    let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let hash = import::read("bcrypt", bcrypt, None).expect("a hash");
    let (store, _) = &*processes.members[0];
    let own = async |store: &Store| {
        let tx = store.read().await.expect("a transaction");
        stored(&tx, &processes.ada).await.expect("a hash").expect("a password")
    };
    let tx = store.begin_write().await;
    let present = stored(&tx, &processes.ada).await.expect("a hash").expect("a password");
    passwords::upgrade(&tx, &processes.ada, &present, hash.clone()).await.expect("a change");
    // Only in place of what it was made for.
    passwords::upgrade(&tx, &processes.ada, &present, "another".to_owned()).await.expect("no change");
    tx.finish().await;
    assert_eq!(processes.attempts(1, "wrong").await, [Attempt::Wrong]);
    assert_eq!(own(store).await, hash);
    assert_eq!(processes.attempts(1, "U*U").await, [Attempt::Right]);
    let better = own(store).await;
    assert!(better.starts_with("$argon2id$"), "{better}");
    assert_eq!(processes.attempts(1, "U*U").await, [Attempt::Right]);
    assert_eq!(own(store).await, better);
}

/// Security case 8, as far as the comparison goes: unknown people, wrong passwords, people without a
/// password and locked ones take the same work: a hash and a commit each, beside a few statements.
#[tokio::test]
async fn case_8_finding_out_is_as_much_work_whoever_is_asked_about() {
    let processes = Processes::start(&Place::memory()).await;
    let (store, passwords) = &*processes.members[0];
    let tx = store.begin_write().await;
    let person = |email: &str| NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    let bob = users::create(&tx, person("bob@acme.test")).await.expect("a person without a password").id;
    let eve = users::create(&tx, person("eve@acme.test")).await.expect("a person").id;
    users::lock(&tx, &eve).await.expect("to be locked");
    tx.finish().await;
    // What is kept in memory is not read for the first one's sake.
    store.read().await.expect("a transaction").catalog().await.expect("a catalog");
    let mut counted = Vec::new();
    for person in [None, Some(&processes.ada), Some(&bob), Some(&eve)] {
        let (commits, computed, statements) = (store.commits(), passwords.computed(), store.statements());
        let id = person.map(String::as_str);
        let attempt = attempt(store, passwords, guess("nobody@acme.test", id, "wrong")).await.expect("an answer");
        assert_ne!(attempt, Attempt::Right);
        assert_eq!((store.commits(), passwords.computed()), (commits + 1, computed + 1), "{person:?}");
        counted.push(store.statements() - statements);
    }
    let (least, most) = (counted.iter().min().expect("some"), counted.iter().max().expect("some"));
    assert!(most - least <= 3, "{counted:?}");
}
