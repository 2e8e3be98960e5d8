//! Requests whose clients have left: a database works for none of them.

use frontegg_emulator::{Audits, Emulator};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{HANG, World, browser::Browser, place::postgres};

/// Keeps everybody else from people, so that whoever asks for some waits in the midst of a statement.
async fn lock_people(database: &DatabaseConnection) -> DatabaseTransaction {
    let lock = database.begin().await.expect("a transaction");
    lock.execute_unprepared("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    lock
}

/// Which of the emulator's connections are like that, as the server numbers them.
async fn connections(database: &DatabaseConnection, which: &str) -> Vec<i32> {
    let those = format!(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'frontegg-emulator' AND {which}"
    );
    let statement = Statement::from_string(DbBackend::Postgres, those);
    let rows = database.query_all_raw(statement).await.expect("an answer");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a number")).collect()
}

/// The one that waits for the lock.
async fn who_waits(database: &DatabaseConnection) -> i32 {
    let found = async {
        loop {
            if let [one] = connections(database, "wait_event_type = 'Lock'").await[..] {
                return one;
            }
        }
    };
    tokio::time::timeout(HANG, found).await.expect("somebody who waits")
}

/// Lets a client leave, and waits until the connection that worked for it has ended: where the server ends but the
/// statement, as it does by its limit, the connection stays.
async fn leave(database: &DatabaseConnection, client: JoinHandle<()>) {
    let which = format!("pid = {}", who_waits(database).await);
    client.abort();
    let ended = async { while !connections(database, &which).await.is_empty() {} };
    tokio::time::timeout(HANG, ended).await.expect("the server works for nobody");
}

fn call(mut client: Browser, operation_id: &'static str, body: Value) -> JoinHandle<()> {
    tokio::spawn(async move { drop(client.call(operation_id, &[], body).await) })
}

#[tokio::test]
async fn postgresql_works_for_nobody_who_has_left() {
    let Some(place) = postgres().await else { return };
    // An entry of the audit trail would ask for people, too.
    let builder = Emulator::builder().timeouts(HANG, HANG).audits(Audits::Off);
    let world = World::at(&place, builder).await;
    let database = Database::connect(place.url()).await.expect("a connection");
    world.tenant("acme").await;
    world.user("acme", "bob@acme.test", &[]).await;

    let lock = lock_people(&database).await;
    let back_end = || world.back_end(Some("acme"));
    leave(&database, call(back_end().await, "list_users", Value::Null)).await;
    let new = json!({ "email": "ada@acme.test", "skipInviteEmail": true });
    leave(&database, call(back_end().await, "create_user_v2", new)).await;
    // It has given back the right to write.
    world.tenant("globex").await;
    lock.rollback().await.expect("its end");
    world.user("acme", "ada@acme.test", &[]).await;
}
