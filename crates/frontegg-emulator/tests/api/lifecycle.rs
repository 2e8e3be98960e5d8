//! Emulators come and go by the thousand, and are emptied by the thousand, without leaving a trace.

use std::time::Instant;

use frontegg_emulator::{Emulator, StoreTarget};
use serde_json::{Value, json};

use crate::support::{HANG, World, crowd, is_alone, place::lasting};

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Open files, sockets among them.
    files: usize,
    threads: usize,
}

impl Held {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).expect("a folder").count();
        Self { files: count("/proc/self/fd"), threads: count("/proc/self/task") }
    }

    /// Waits until the process holds no more than that: threads that were told to end do so in their
    /// own time.
    async fn again(self, what: &str) {
        let begin = Instant::now();
        loop {
            let now = Self::now();
            if now.files <= self.files && now.threads <= self.threads {
                return;
            }
            assert!(begin.elapsed() < HANG, "{what} left {now:?} of {self:?}");
            tokio::task::yield_now().await;
        }
    }
}

/// Starts an emulator, uses it, ends it in one way or the other.
async fn come_and_go(store: StoreTarget, stop: bool) {
    let emulator = Emulator::builder().store(store).start().await.expect("an emulator");
    emulator.control().health().await.expect("an answer");
    let address = emulator.address();
    if stop {
        emulator.stop().await;
        // Its port is free at once.
        std::net::TcpListener::bind(address).expect("the same port");
    }
}

/// Security case 60.
#[cfg(target_os = "linux")]
#[test]
fn case_60_emulators_leave_nothing_behind() {
    if !is_alone("lifecycle::case_60_emulators_leave_nothing_behind") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (place, folder) = (lasting().await, tempfile::tempdir().expect("a folder"));
        let file = |number: usize| StoreTarget::SqliteFile(folder.path().join(format!("{number}.db")));
        for (what, emulators, store) in [
            ("memory", 1_000, &(|_| StoreTarget::Memory) as &dyn Fn(usize) -> StoreTarget),
            ("files", 20, &file),
            // The same one, over and over.
            ("a place", 40, &|_| place.url().parse().expect("a store")),
        ] {
            // What stays is there after the first few: keys, the image of an empty store.
            for number in 0..3 {
                come_and_go(store(number), true).await;
            }
            let held = Held::now();
            for number in 0..emulators {
                come_and_go(store(number), number % 4 != 0).await;
            }
            held.again(what).await;
        }
    });
}

/// Security case 60: hundreds of resets of an emulator that is in use.
#[cfg(target_os = "linux")]
#[test]
fn case_60_resets_leave_nothing_behind() {
    if !is_alone("lifecycle::case_60_resets_leave_nothing_behind") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for world in World::each().await {
            let round = async || {
                world.tenant("acme").await;
                world.user("acme", "ada@acme.test", &[]).await;
                world.emulator.reset().await.expect("a reset");
            };
            for _ in 0..10 {
                round().await;
            }
            let held = Held::now();
            for _ in 0..100 {
                round().await;
            }
            held.again("resets").await;
            world.emulator.stop().await;
        }
    });
}

/// Security case 60: an emulator with ten thousand people is emptied and filled again, and after that
/// all is as it was, but for what was issued before.
#[tokio::test]
async fn case_60_a_crowd_comes_and_goes() {
    const PEOPLE: usize = 10_000;
    for world in World::each().await {
        let empty = world.emulator.export_with_secrets().await.expect("a document");
        world.emulator.import(&crowd::crowd(&empty, PEOPLE, 100)).await.expect("a crowd");
        let snapshot = world.emulator.snapshot().await.expect("a snapshot");
        let count = async || {
            let page = world.raw().await.query("list_users", &[], "_limit=1", Value::Null).await;
            page.body["_metadata"]["totalItems"].as_u64().expect("a count")
        };
        let mut resets = Vec::new();
        for _ in 0..3 {
            assert_eq!(count().await, PEOPLE as u64);
            let user = world.token(&crowd::user_id(7), &crowd::tenant_id(7)).await;
            let (user, environment) = (world.raw_with(&user), world.raw().await);
            assert_eq!(user.call("get_my_profile_v2", &[], Value::Null).await.status, 200);
            let before = world.emulator.work().statements;
            world.emulator.reset().await.expect("a reset");
            resets.push(world.emulator.work().statements - before);
            assert_eq!(count().await, 0);
            assert_eq!(user.call("get_my_profile_v2", &[], Value::Null).await.status, 401);
            assert_eq!(environment.call("list_roles_v1", &[], Value::Null).await.status, 401);
            world.emulator.restore(&snapshot).await.expect("back");
        }
        let before = world.emulator.work().statements;
        world.emulator.reset().await.expect("a reset");
        resets.push(world.emulator.work().statements - before);
        assert!(resets.iter().all(|statements| *statements == resets[0]), "as many however full it is: {resets:?}");
    }
}

/// Security case 60: who waits for something before a reset is told of what happens after it.
#[tokio::test]
async fn case_60_events_flow_after_resets() {
    for world in World::each().await {
        let outbox = world.emulator.outbox();
        let mail = outbox.last_to("ada@acme.test").within(HANG);
        let mail = tokio::spawn(async move { mail.await });
        let requests = world.emulator.requests().on("create_user_v2");
        let request = tokio::spawn(async move { requests.wait_for(1, HANG).await });
        let empty = world.emulator.snapshot().await.expect("a snapshot");
        for _ in 0..3 {
            world.emulator.reset().await.expect("a reset");
        }
        world.emulator.restore(&empty).await.expect("back");
        assert!(!mail.is_finished() && !request.is_finished());
        world.tenant("acme").await;
        let guest = json!({ "email": "ada@acme.test", "skipInviteEmail": false });
        world.back_end(Some("acme")).await.done("create_user_v2", &[], guest).await;
        assert_eq!(mail.await.expect("a task").expect("a mail").template(), "ActivateUser");
        assert_eq!(request.await.expect("a task").expect("a request").len(), 1);
        let keys = world.raw().await.call("list_roles_v1", &[], Value::Null).await;
        assert_eq!(keys.status, 200, "credentials stay");
    }
}
