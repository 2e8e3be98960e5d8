//! Servers come when they are asked for, and go with whoever asked.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use frontegg_test_harness::{postgres::Database, redis};
use sea_orm::{ConnectionTrait, Database as Connection, DbBackend, Statement};

/// Says to this program that it is to be killed.
const VICTIM: &str = "FRONTEGG_TEST_VICTIM";
/// Only that a test ends, whatever the machine is busy with.
const HANG: Duration = Duration::from_mins(2);

async fn execute(database: &Database, sql: &str) {
    let connection = Connection::connect(database.url()).await.expect("a connection");
    connection.execute_unprepared(sql).await.expect("a statement");
    connection.close().await.expect("an end");
}

async fn count(database: &Database, sql: &str) -> i64 {
    let connection = Connection::connect(database.url()).await.expect("a connection");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.expect("a query");
    row.expect("a row").try_get_by_index(0).expect("a number")
}

#[tokio::test]
async fn databases_are_apart_and_go_when_they_are_dropped() {
    let Some(first) = Database::create().await else { return };
    execute(&first, "CREATE TABLE things (id text)").await;
    let template = first.keep();
    let one = Database::copy(&template).await.expect("a copy");
    let other = Database::copy(&template).await.expect("another");
    execute(&one, "INSERT INTO things VALUES ('a')").await;
    let things = "SELECT count(*) FROM things";
    assert_eq!((count(&one, things).await, count(&other, things).await), (1, 0));
    let name = one.url().split(['/', '?']).nth(3).expect("a name").to_owned();
    let known = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(count(&other, &known).await, 1);
    drop(one);
    // Databases are made and dropped one after the other.
    drop(Database::create().await);
    assert_eq!(count(&other, &known).await, 0);
}

#[test]
fn a_redis_comes_goes_and_comes_again() {
    let Some(redis) = redis::Server::start() else { return };
    let port = redis.port();
    let ping = || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
        std::io::Write::write_all(&mut stream, b"PING\r\n").ok()?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).ok()?;
        Some(answer)
    };
    assert_eq!(ping().as_deref(), Some("+PONG\r\n"));
    drop(redis);
    assert_eq!(ping(), None);
    let again = redis::Server::start_on(port).expect("installed");
    assert_eq!((ping().as_deref(), again.port()), (Some("+PONG\r\n"), port));
}

/// The other side of the test below: holds servers, tells where, and waits to be killed.
#[tokio::test]
async fn a_process_that_is_killed() {
    if env::var_os(VICTIM).is_none() {
        return;
    }
    let database = Database::create().await.expect("installed");
    let folder = database.url().split_once("host=").expect("a folder").1.split('&').next().expect("a folder");
    println!("folder {folder}");
    thread::park();
}

#[tokio::test]
async fn whoever_is_killed_leaves_no_server() {
    if Database::create().await.is_none() {
        return;
    }
    let mut victim = Command::new(env::current_exe().expect("this program"));
    victim.args(["--exact", "a_process_that_is_killed", "--nocapture"]).env(VICTIM, "1").stdout(Stdio::piped());
    let mut victim = victim.spawn().expect("it runs");
    let mut lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let folder = lines.find_map(|line| Some(line.split_once("folder ")?.1.to_owned())).expect("a folder");
    let folder = Path::new(&folder);
    let mut connection = std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).expect("a server");
    victim.kill().expect("it runs");
    victim.wait().expect("it ends");
    // The server ends, and with it what is connected; then its folder goes.
    let _ = connection.read_to_end(&mut Vec::new());
    let begin = Instant::now();
    while folder.exists() {
        assert!(begin.elapsed() < HANG, "{} is still there", folder.display());
        thread::yield_now();
    }
}
