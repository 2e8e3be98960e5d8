//! How an engine finds what lists show among very many people: every list is asked for, and each statement that the
//! emulator sends for it is explained by the engine itself, as it was sent.
//!
//! A line for a list, with the time of its answer (the median of five) and the number of statements, and below it what
//! each statement goes through that goes through many rows. Nothing is judged.
//!
//! `cargo bench -p frontegg-emulator --bench plans --profile release -- 1000000 sqlite:PATH`: how many people, of whom
//! as many are in a tenant as there are tenants, and a file or a database of PostgreSQL (`postgres://…`), which may be
//! filled already; its role must be one that loads `auto_explain`.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "../tests/api/support/crowd.rs"]
mod crowd;

use std::{
    collections::BTreeSet,
    fmt,
    fs::File,
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use frontegg_emulator::{Emulator, StoreTarget};
use reqwest::Client;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

use crate::arguments::people_and_store;

/// From so many rows on that a step goes through or throws away it is told.
const MANY: u64 = 1_000;

/// What is asked for, by name; whether on behalf of a tenant.
const LISTS: &[(&str, Scope, &str)] = &[
    ("users", Scope::Environment, "/identity/resources/users/v3?_limit=20"),
    ("users, page in the middle", Scope::Environment, "/identity/resources/users/v3?_limit=20&_offset=MIDDLE"),
    ("users by name", Scope::Environment, "/identity/resources/users/v3?_limit=20&_sortBy=name"),
    ("users by address", Scope::Environment, "/identity/resources/users/v3?_limit=20&_sortBy=email&_order=DESC"),
    ("users by id", Scope::Environment, "/identity/resources/users/v3?_limit=20&_sortBy=id"),
    (
        "users by whether they are verified",
        Scope::Environment,
        "/identity/resources/users/v3?_limit=20&_sortBy=verified",
    ),
    ("users, older", Scope::Environment, "/identity/resources/users/v2?_limit=20"),
    ("users, oldest", Scope::Environment, "/identity/resources/users/v1?_limit=20"),
    ("users with an address", Scope::Environment, "/identity/resources/users/v3?_email=person000123@acme.test"),
    ("users whose name begins", Scope::Environment, "/identity/resources/users/v3?_limit=20&_namePrefix=person%200000"),
    (
        "users whose address begins",
        Scope::Environment,
        "/identity/resources/users/v3?_limit=20&_identifierType=email&_identifier=person0000",
    ),
    ("users of a tenant", Scope::Tenant, "/identity/resources/users/v3?_limit=20"),
    ("users of a tenant, last page", Scope::Tenant, "/identity/resources/users/v3?_limit=20&_offset=40"),
    ("users of a tenant by name", Scope::Tenant, "/identity/resources/users/v3?_limit=20&_sortBy=name"),
    ("users of a tenant by address", Scope::Tenant, "/identity/resources/users/v3?_limit=20&_sortBy=email"),
    ("users of a tenant, by prefix", Scope::Tenant, "/identity/resources/users/v3?_limit=20&_namePrefix=person%200000"),
    ("users below a tenant", Scope::Tenant, "/identity/resources/users/v3?_limit=20&_includeSubTenants=true"),
    ("users of sub-tenants", Scope::Tenant, "/identity/resources/sub-tenants/users/v1?_limit=20"),
    (
        "search for a word",
        Scope::Environment,
        "/identity/resources/users/v1/query/phrase?_phraseSearchContains=000777&_limit=20",
    ),
    (
        "search for a word of many",
        Scope::Environment,
        "/identity/resources/users/v1/query/phrase?_phraseSearchContains=person&_limit=20",
    ),
    (
        "search for two letters",
        Scope::Environment,
        "/identity/resources/users/v1/query/phrase?_phraseSearchContains=77&_limit=20",
    ),
    (
        "search in a tenant",
        Scope::Tenant,
        "/identity/resources/users/v1/query/phrase?_phraseSearchContains=0007&_limit=20",
    ),
    ("addresses", Scope::Environment, "/identity/resources/users/emails/v1?_limit=20"),
    ("addresses, found", Scope::Environment, "/identity/resources/users/emails/v1?_limit=20&_email=person00001"),
    ("phone numbers", Scope::Environment, "/identity/resources/users/phone-numbers/v2?_limit=20"),
    ("usernames", Scope::Environment, "/identity/resources/usernames/v1?_limit=20"),
    ("tenants", Scope::Environment, "/tenants/resources/tenants/v2?_limit=20"),
    ("tenants by name", Scope::Environment, "/tenants/resources/tenants/v2?_limit=20&_sortBy=name"),
    ("tenants, found", Scope::Environment, "/tenants/resources/tenants/v2?_limit=20&_filter=tenant%200000"),
    ("roles", Scope::Environment, "/identity/resources/roles/v2?_limit=20"),
    ("groups", Scope::Tenant, "/identity/resources/groups/v2?_limit=20"),
    ("permissions", Scope::Environment, "/identity/resources/permissions/v1"),
    ("tenant invites", Scope::Environment, "/identity/resources/tenants/invites/v1/all"),
    ("API tokens", Scope::Tenant, "/identity/resources/tenants/api-tokens/v1"),
    ("assignments of applications", Scope::Tenant, "/applications/resources/applications/tenant-assignments/v2"),
    ("sub-tenants", Scope::Tenant, "/tenants/resources/hierarchy/v2?_limit=20"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Environment,
    Tenant,
}

/// What the emulator sent and the server explained while it is looked.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Said>>>);

enum Said {
    Statement(String),
    /// The plan of a statement, as PostgreSQL writes it.
    Plan(String),
}

impl Heard {
    fn take(&self) -> Vec<Said> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Hearing(self));
    }
}

struct Hearing<'a>(&'a Heard);

impl Visit for Hearing<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let said = match field.name() {
            "sql" => Said::Statement(value.to_owned()),
            "message" => Said::Plan(value.to_owned()),
            _ => return,
        };
        self.0.0.lock().expect("nobody panics").push(said);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// The way to explain statements.
enum Engine {
    Sqlite(PathBuf),
    /// The server explains by itself.
    Postgres,
}

impl Engine {
    async fn of(store: &str) -> Self {
        match store.parse().expect("a store") {
            StoreTarget::Memory => panic!("a store in memory is nobody else's to explain"),
            StoreTarget::SqliteFile(path) => Self::Sqlite(path),
            StoreTarget::Postgres(_) => {
                let database = Database::connect(store).await.expect("a connection");
                let name = Statement::from_string(DbBackend::Postgres, "SELECT quote_ident(current_database())");
                let name = database.query_one_raw(name).await.expect("an answer").expect("a row");
                let name: String = name.try_get_by_index(0).expect("a name");
                for setting in [
                    "session_preload_libraries = 'auto_explain'",
                    "auto_explain.log_min_duration = 0",
                    "auto_explain.log_analyze = on",
                    "auto_explain.log_timing = off",
                    "auto_explain.log_level = notice",
                ] {
                    let sql = format!("ALTER DATABASE {name} SET {setting}");
                    database.execute_unprepared(&sql).await.expect("a role that may load auto_explain");
                }
                database.execute_unprepared("ANALYZE").await.expect("statistics");
                Self::Postgres
            }
        }
    }

    /// What statements go through that go through much, each once.
    fn explain(&self, heard: &[Said]) -> BTreeSet<String> {
        match self {
            Self::Sqlite(path) => {
                let file = rusqlite::Connection::open(path).expect("the file");
                heard
                    .iter()
                    .flat_map(|said| if let Said::Statement(sql) = said { scans(&file, sql) } else { Vec::new() })
                    .collect()
            }
            Self::Postgres => heard
                .iter()
                .flat_map(|said| if let Said::Plan(plan) = said { steps(plan) } else { Vec::new() })
                .collect(),
        }
    }
}

/// Tables that SQLite goes through from one end, be it until there is enough, and what it sorts.
fn scans(file: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut plan = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
    let count = plan.parameter_count();
    let nothing = std::iter::repeat_n(rusqlite::types::Null, count);
    let steps = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).expect("a plan");
    let steps = steps.map(|step| step.expect("a step"));
    steps.filter(|step| step.starts_with("SCAN ") || step.starts_with("USE TEMP B-TREE")).collect()
}

/// Steps of PostgreSQL's that many rows come through.
fn steps(plan: &str) -> Vec<String> {
    let number = |line: &str, before: &str| -> u64 {
        let rest = line.split(before).nth(1).unwrap_or_default();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    };
    let mut many = Vec::new();
    let mut step = "";
    for line in plan.lines().map(str::trim) {
        let (name, rows) = if line.contains("(actual rows=") {
            step = line.trim_start_matches("-> ").trim_start().split("  (").next().unwrap_or_default();
            (step, number(line, "(actual rows=") * number(line, "loops=").max(1))
        } else if line.starts_with("Rows Removed by") {
            (step, number(line, ": "))
        } else {
            continue;
        };
        if rows >= MANY {
            many.push(format!("{name}: {rows} rows"));
        }
    }
    many
}

async fn fill(emulator: &Emulator, people: usize, tenants: usize, folder: &Path) {
    let empty = emulator.export_with_secrets().await.expect("a document");
    let path = folder.join("crowd.json");
    let file = BufWriter::new(File::create(&path).expect("a file"));
    crowd::write_crowd(&empty, people, tenants, file).expect("written");
    emulator.import_from(BufReader::new(File::open(&path).expect("a file"))).await.expect("a crowd");
}

async fn start(store: &str) -> Emulator {
    let limit = Duration::from_hours(1);
    let emulator = Emulator::builder().store(store.parse().expect("a store")).timeouts(limit, limit);
    emulator.start().await.expect("an emulator")
}

async fn figures(people: usize, store: &str, heard: &Heard) {
    let tenants = people.isqrt();
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = start(store).await;
    fill(&emulator, people, tenants, folder.path()).await;
    emulator.stop().await;
    let engine = Engine::of(store).await;
    // Connections from now on explain.
    let emulator = start(store).await;
    let http = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
    let credentials = json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() });
    let login = http.post(format!("{}/auth/vendor", emulator.url())).json(&credentials).send().await;
    let login: Value = login.expect("an answer").json().await.expect("a token");
    let token = login["token"].as_str().expect("a token");

    println!("{people} people in {tenants} tenants");
    for (name, scope, path) in LISTS {
        let path = path.replace("MIDDLE", &(people / 40).to_string());
        let mut times = Vec::new();
        let mut said = Vec::new();
        for _ in 0..5 {
            heard.take();
            let mut request = http.get(format!("{}{path}", emulator.url())).bearer_auth(token);
            if *scope == Scope::Tenant {
                request = request.header("frontegg-tenant-id", crowd::tenant_id(7));
            }
            let begun = Instant::now();
            let answer = request.send().await.expect("an answer");
            assert!(answer.status().is_success(), "{name}: {}", answer.status());
            answer.bytes().await.expect("a body");
            times.push(begun.elapsed());
            said = heard.take();
        }
        times.sort_unstable();
        let statements = said.iter().filter(|said| matches!(said, Said::Statement(_))).count();
        println!("{name:<38} {:>9.1?}  {statements} statements", times[2]);
        for step in engine.explain(&said) {
            println!("    {step}");
        }
    }
    emulator.stop().await;
}

fn main() {
    let (people, store) = people_and_store();
    let heard = Heard::default();
    let targets = Targets::new()
        .with_target("frontegg_emulator::store", LevelFilter::TRACE)
        .with_target("sqlx::postgres::notice", LevelFilter::INFO);
    tracing_subscriber::registry().with(heard.clone().with_filter(targets)).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(figures(people, &store, &heard));
}
