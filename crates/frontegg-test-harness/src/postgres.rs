//! A PostgreSQL for all tests of a process, and databases in it for one test each.

use std::{
    path::Path,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connection, DbErr};
use tokio::sync::{mpsc, oneshot};

use crate::{
    leave_out,
    process::{self, Folder},
    programs::of_postgres,
};

/// Nothing of it is to survive a crash, and many tests want a few connections each.
const SETTINGS: [&str; 9] = [
    "listen_addresses=",
    "port=5432",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=500",
    "autovacuum=off",
];

/// The one of this process, made when it is first wanted; none where it is not installed.
static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();

struct Cluster {
    /// Where its socket is.
    folder: String,
    /// How databases are copied, as the statement has it.
    strategy: &'static str,
    statements: mpsc::UnboundedSender<Order>,
    _process: process::Server,
}

/// A statement for the one who makes and drops databases.
struct Order {
    sql: String,
    done: Option<oneshot::Sender<Result<(), DbErr>>>,
}

impl Cluster {
    /// Waits, with the thread it runs on, for about a second.
    fn get() -> Option<&'static Self> {
        CLUSTER.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        let (Some(initdb), Some(postgres)) = (of_postgres("initdb"), of_postgres("postgres")) else {
            leave_out("PostgreSQL (there are no initdb and postgres on the path or in /usr/lib/postgresql)");
            return None;
        };
        let folder = Folder::new();
        let data = folder.path().join("data").display().to_string();
        initialise(&folder, &initdb, &data);
        let socket = folder.path().display().to_string();
        let mut arguments = vec!["-D".to_owned(), data, "-k".to_owned(), socket.clone()];
        for setting in SETTINGS {
            arguments.extend(["-c".to_owned(), setting.to_owned()]);
        }
        // Nobody minds an immediate end.
        let process = folder.serve(&postgres, &arguments, "QUIT");
        let process = process.unwrap_or_else(|said| panic!("postgres did not start: {said}"));
        let (statements, orders) = mpsc::unbounded_channel();
        let maintenance = url(&socket, "postgres");
        thread::spawn(move || administer(&maintenance, orders));
        Some(Self { folder: socket, strategy: strategy(&postgres), statements, _process: process })
    }

    async fn execute(&self, sql: String) {
        let (done, outcome) = oneshot::channel();
        assert!(self.statements.send(Order { sql, done: Some(done) }).is_ok(), "nobody makes databases any more");
        outcome.await.expect("an outcome").expect("a database");
    }
}

/// To copy the files of a database takes a third of the time that it takes to log all of their pages, which is what
/// PostgreSQL does since 15 unless it is told otherwise.
fn strategy(postgres: &Path) -> &'static str {
    let version = Command::new(postgres).arg("--version").output().expect("postgres tells its version");
    let version = String::from_utf8_lossy(&version.stdout);
    let major = version.split_whitespace().find_map(|word| word.split('.').next()?.parse::<u32>().ok());
    if major.is_some_and(|major| major >= 15) { " STRATEGY FILE_COPY" } else { "" }
}

fn initialise(folder: &Folder, initdb: &Path, data: &str) {
    let mut command = folder.command(initdb);
    command.args(["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"]);
    let done = command.output().expect("initdb runs");
    assert!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
}

fn url(folder: &str, database: &str) -> String {
    format!("postgres:///{database}?host={folder}&port=5432&user=postgres&sslmode=disable")
}

/// Executes what it is told to, one after the other, on a connection of its own: those of tests end
/// with their runtimes.
fn administer(url: &str, mut orders: mpsc::UnboundedReceiver<Order>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Connection::connect(options).await.expect("a connection");
        while let Some(order) = orders.recv().await {
            let outcome = connection.execute_unprepared(&order.sql).await.map(drop);
            // A test that was cancelled waits for nothing.
            let _ = order.done.map(|done| done.send(outcome));
        }
    });
}

/// A database for one test; it is dropped with this, whoever is connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    kept: bool,
}

impl Database {
    /// An empty one, or none where PostgreSQL is not installed.
    pub async fn create() -> Option<Self> {
        Self::from_template("template0").await
    }

    /// A copy of one that [`Database::keep`] has given and nobody is connected to.
    pub async fn copy(template: &str) -> Option<Self> {
        Self::from_template(template).await
    }

    async fn from_template(template: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let cluster = Cluster::get()?;
        let name = format!("test{}", COUNT.fetch_add(1, Ordering::Relaxed));
        cluster.execute(format!("CREATE DATABASE {name} TEMPLATE {template}{}", cluster.strategy)).await;
        Some(Self { url: url(&cluster.folder, &name), name, kept: false })
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Keeps it as long as this process lives; gives its name.
    pub fn keep(mut self) -> String {
        self.kept = true;
        std::mem::take(&mut self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Some(cluster) = Cluster::get() {
            let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            // Where nobody drops it, it goes with the cluster.
            let _ = cluster.statements.send(Order { sql, done: None });
        }
    }
}
