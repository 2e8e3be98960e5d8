//! Attempts, many at once and by several processes.

use std::{sync::Arc, time::Instant};

use tempfile::TempDir;

use super::*;
use crate::{
    clock::Clock,
    domain::{
        passwords::{PasswordOwner, import, prepare, set, stored},
        seed,
        users::NewUser,
    },
    store::StoreTarget,
};

/// Two processes on one store, or one in memory.
struct Processes {
    members: Vec<Arc<(Store, Passwords)>>,
    ada: String,
    _directory: TempDir,
}

impl Processes {
    async fn start(in_memory: bool) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = StoreTarget::SqliteFile(directory.path().join("state.db"));
        let mut members = Vec::new();
        for _ in 0..if in_memory { 1 } else { 2 } {
            let target = if in_memory { &StoreTarget::Memory } else { &file };
            let store = Store::open(target, Clock::default(), "http://emulator.test").await.expect("a store");
            // Cheap, as it is not about the work here.
            members.push(Arc::new((store, Passwords::new(true))));
        }
        let (store, passwords) = &*members[0];
        let new = prepare(store, passwords, PasswordOwner::Newcomer { tenant_id: None }, "right-1")
            .await
            .expect("a password");
        let tx = store.begin_write().await;
        seed::fresh_environment(&tx).await.expect("an environment");
        let person = NewUser { email: Some("ada@acme.test".to_owned()), ..NewUser::default() };
        let ada = users::create(&tx, person).await.expect("a person").id;
        set(&tx, &ada, new).await.expect("a password");
        tx.finish().await;
        Self { members, ada, _directory: directory }
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
                attempt(store, passwords, "ada@acme.test", Some(&ada), password).await.expect("an answer")
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
    for in_memory in [true, false] {
        let processes = Processes::start(in_memory).await;
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
    for in_memory in [true, false] {
        let processes = Processes::start(in_memory).await;
        processes.limit(2).await;
        assert_eq!(processes.attempts(1, "wrong").await, [Attempt::Wrong]);
        assert_eq!(count(&processes.attempts(50, "right-1").await, Attempt::Right), 50);
        assert_eq!(processes.person().await.failed_logins, 0);
    }
}

#[tokio::test]
async fn an_imported_hash_is_replaced_at_the_first_right_attempt() {
    let processes = Processes::start(true).await;
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
/// password and locked ones take the same work, at normal cost and with durable commits.
#[tokio::test(flavor = "multi_thread")]
async fn case_8_finding_out_takes_as_long_whoever_is_asked_about() {
    const ROUNDS: usize = 25;
    let processes = Processes::start(false).await;
    let (store, _) = &*processes.members[0];
    let normal = Passwords::new(false);
    let new = prepare(store, &normal, PasswordOwner::User(&processes.ada), "right-2").await.expect("a password");
    let tx = store.begin_write().await;
    set(&tx, &processes.ada, new).await.expect("a password");
    let person = |email: &str| NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    let bob = users::create(&tx, person("bob@acme.test")).await.expect("a person without a password").id;
    let eve = users::create(&tx, person("eve@acme.test")).await.expect("a person").id;
    users::lock(&tx, &eve).await.expect("to be locked");
    tx.finish().await;
    let people = [None, Some(&processes.ada), Some(&bob), Some(&eve)];
    // A busy machine may disturb a series, not several in a row.
    let mut seen = Vec::new();
    for _ in 0..4 {
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..ROUNDS {
            for (times, person) in times.iter_mut().zip(people) {
                let begin = Instant::now();
                let id = person.map(String::as_str);
                let attempt = attempt(store, &normal, "nobody@acme.test", id, "wrong").await.expect("an answer");
                times.push(begin.elapsed());
                assert_ne!(attempt, Attempt::Right);
            }
        }
        let medians = times.map(|mut times| {
            times.sort_unstable();
            times[ROUNDS / 2].as_secs_f64()
        });
        let (least, most) = medians.iter().fold((f64::MAX, 0.0_f64), |(a, b), &t| (a.min(t), b.max(t)));
        if most <= least * 1.1 {
            return;
        }
        seen.push(medians);
    }
    panic!("medians in seconds: {seen:?}");
}
