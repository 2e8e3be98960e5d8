//! Many people moved here by the migration API, a thousand a call as its limit is, while somebody else reads: how long it
//! takes, how much memory at most, and how long the reader waits.
//!
//! Everybody brings a password hashed with bcrypt, two addresses, and metadata. A table on stdout; it fails if somebody
//! is not taken over.
//!
//! `cargo bench -p frontegg-emulator --bench migration --profile release -- 100000 sqlite:PATH`: how many people, and a
//! store instead of memory.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/connection.rs"]
mod connection;
#[path = "support/emulator.rs"]
mod emulator;
#[path = "support/latencies.rs"]
mod latencies;
#[path = "support/process.rs"]
mod process;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    arguments::people_and_store,
    connection::{Connection, bare, with_json},
    emulator::{BackEnd, PASSWORD, USERS, start},
    latencies::Latencies,
};

const TENANT: &str = "acme";
/// The most that a call takes.
const BATCH: usize = 1_000;
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const MIGRATIONS: &str = "/identity/resources/migrations";

/// The person of that number, as somebody's export has them.
fn person(number: usize) -> Value {
    json!({
        "tenantId": TENANT,
        "name": format!("Person {number:06}"),
        "emails": [
            { "email": format!("person{number:06}@acme.test"), "primary": true, "verified": true },
            { "email": format!("person{number:06}@globex.test"), "primary": false, "verified": true },
        ],
        "passwordHash": BCRYPT,
        "passwordHashType": "bcrypt",
        "metadata": format!("{{\"number\":{number}}}"),
    })
}

/// Moves these people, and waits until it is said that all of them are there.
async fn migrate(connection: &mut Connection, back_end: &BackEnd, numbers: Range<usize>) {
    let wanted = numbers.len();
    let users: Vec<Value> = numbers.map(person).collect();
    let head = back_end.request(Method::POST, &format!("{MIGRATIONS}/v2/local/bulk"));
    let job = connection.send(with_json(head, &json!({ "users": users }))).await.expect("an answer").json();
    let id = job["migrationId"].as_str().expect("an id").to_owned();
    loop {
        let head = back_end.request(Method::GET, &format!("{MIGRATIONS}/v1/local/bulk/status/{id}"));
        let status = connection.send(bare(head)).await.expect("an answer").json();
        match status["state"].as_str() {
            Some("Completed") => return assert_eq!(status["migratedUsers"], wanted, "{status}"),
            Some("Pending" | "InProgress") => {}
            _ => panic!("{status}"),
        }
    }
}

/// Reads one person again and again until that ends.
async fn read(authority: String, back_end: BackEnd, user_id: String, ended: Arc<AtomicBool>) -> Latencies {
    let mut connection = Connection::to(&authority);
    let mut latencies = Latencies::default();
    while !ended.load(Ordering::Relaxed) {
        let head = back_end.in_tenant(TENANT, Method::GET, &format!("{USERS}/v1/{user_id}"));
        let begun = Instant::now();
        let answer = connection.send(bare(head)).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK);
        latencies.add(begun.elapsed());
    }
    latencies
}

async fn figures(people: usize, store: &str) {
    let (process, authority) = start(store, 0);
    let mut connection = Connection::to(&authority);
    let back_end = BackEnd::log_in(&mut connection).await;
    back_end.create_tenant(&mut connection, TENANT).await;
    let reader = json!({ "email": "reader@acme.test", "password": PASSWORD, "skipInviteEmail": true });
    let head = back_end.in_tenant(TENANT, Method::POST, &format!("{USERS}/v2"));
    let reader = connection.send(with_json(head, &reader)).await.expect("an answer").json();
    let user_id = reader["id"].as_str().expect("an id").to_owned();

    let ended = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn(read(authority, back_end.clone(), user_id, Arc::clone(&ended)));
    let (before, begun) = (process.memory(), Instant::now());
    for first in (0..people).step_by(BATCH) {
        migrate(&mut connection, &back_end, first..people.min(first + BATCH)).await;
    }
    let (time, peak, after) = (begun.elapsed(), process.peak(), process.memory());
    ended.store(true, Ordering::Relaxed);
    let mut reads = reads.await.expect("a reader");

    println!("{people} people by the migration API, in {store}");
    println!("{time:.1?}  {before} MiB before, {peak} at most, {after} after");
    let (half, most) = (reads.percentile(50), reads.percentile(99));
    println!("{} reads meanwhile: {half:.2?} (p50), {most:.2?} (p99), {:.2?} at most", reads.count(), reads.longest());
}

fn main() {
    let (people, store) = people_and_store();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(figures(people, &store));
}
