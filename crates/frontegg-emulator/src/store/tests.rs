//! The store on its engines: schema, transactions, reset.

mod kept;

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QueryResult, Statement,
};

use super::{
    Fetch, FetchCount, Identity, Read, Rule, Settled, Store, StoreError, StoreTarget, Wished, Write, broken_rule,
    entity::{self, tenant, user, user_email},
    fresh::{Fresh, places, tenant_row, user_row},
    migrations::{self, KEPT_TABLES, TABLES},
    query::{self, Page},
};
use crate::{clock::Clock, ids};

async fn memory() -> Store {
    Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store in memory")
}

fn new_email(tx: &Write, user_id: &str, address: &str, is_primary: bool) -> user_email::ActiveModel {
    user_email::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user_id.to_owned()),
        email: Set(address.to_owned()),
        verified: Set(false),
        is_primary: Set(is_primary),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
}

async fn count(store: &Store) -> u64 {
    let tx = store.read().await.expect("a transaction");
    tenant::Entity::find().fetch_count(&tx).await.expect("a count")
}

#[tokio::test]
async fn the_schema_has_the_listed_tables() {
    let store = memory().await;
    let tx = store.read().await.expect("a transaction");
    let rows = tx
        .rows(Statement::from_string(
            DbBackend::Sqlite,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        ))
        .await
        .expect("tables");
    let found: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
    let listed: BTreeSet<String> = TABLES.iter().chain(KEPT_TABLES).map(ToString::to_string).collect();
    assert_eq!(found, listed);
}

/// Every entity reads its table on every engine, so that no column differs in name or type.
#[tokio::test]
async fn entities_fit_their_tables() {
    macro_rules! read {
        ($tx:ident, $($name:ident),*) => {
            $(entity::$name::Entity::find().fetch_all($tx).await.expect(stringify!($name));)*
        };
    }
    for store in Fresh::all().await {
        let tx = &store.read().await.expect("a transaction");
        read!(
            tx,
            environment,
            issuer,
            setting,
            signing_key,
            tenant,
            tenant_edge,
            permission_category,
            permission,
            role,
            role_permission,
            user,
            user_email,
            username,
            phone_number,
            password,
            old_password,
            membership,
            membership_role,
            group,
            group_role,
            group_member,
            application_assignment,
            application_tenant,
            application,
            tenant_application,
            application_client,
            one_time_token,
            tenant_invite,
            tenant_invite_role,
            session,
            outbox_message,
            job,
            jwt_template,
            approval_flow,
            approval_execution,
            approver,
            ip_restriction,
            domain_restriction,
            social_provider,
            social_link,
            user_pool,
            user_pool_application,
            user_pool_account,
            user_pool_user,
            provider_sign_in,
            people_count,
            machine_token,
            machine_token_role,
            machine_token_permission,
            machine_token_refresh,
            email_template,
            sms_template,
            authenticator,
            mfa_phone,
            webauthn_credential,
            webauthn_challenge,
            recovery_code,
            remembered_device,
            clock_setting,
            jwt_secret
        );
    }
}

#[tokio::test]
async fn statements_are_counted_and_what_is_around_them_is_not() {
    for store in Fresh::all().await {
        let before = store.statements();
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tenant::Entity::find().fetch_one(&tx).await.expect("a query");
        tx.execute_unprepared("DELETE FROM tenants").await.expect("a deletion");
        tx.finish().await;
        assert_eq!((store.statements() - before, store.commits()), (3, 1));
        assert_eq!(count(&store).await, 0);
        drop(store.begin_write().await);
        assert_eq!((store.statements() - before, store.commits()), (4, 1), "nothing that was dropped");
    }
}

#[tokio::test]
async fn what_is_not_committed_never_happened() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        tenant_row(&tx, "dropped").insert(&tx).await.expect("a row");
        drop(tx);
        let tx = store.begin_write().await;
        let row = tenant_row(&tx, "kept").insert(&tx).await.expect("a row");
        tx.finish().await;
        assert_eq!(count(&store).await, 1);

        let tx = store.read().await.expect("a transaction");
        let found = tenant::Entity::find().fetch_one(&tx).await.expect("a query");
        assert_eq!(found, Some(row));
    }
}

#[tokio::test]
async fn a_cancelled_request_leaves_nothing() {
    for store in Fresh::all().await {
        let store = Arc::new(store);
        let (started, reached) = tokio::sync::oneshot::channel();
        let task = tokio::spawn({
            let store = Arc::clone(&store);
            async move {
                let tx = store.begin_write().await;
                tenant_row(&tx, "cancelled").insert(&tx).await.expect("a row");
                started.send(()).expect("a listener");
                std::future::pending::<()>().await;
            }
        });
        reached.await.expect("a start");
        task.abort();
        assert!(task.await.expect_err("an abort").is_cancelled());
        assert_eq!(count(&store).await, 0);
    }
}

#[tokio::test]
async fn reading_transactions_cannot_write() {
    for store in Fresh::all().await {
        let tx = store.read().await.expect("a transaction");
        let statement = |sql: &str| Statement::from_string(tx.backend(), sql);
        // That entities cannot be written, the compiler says. SQL is refused by what it would do.
        for sql in [
            "DELETE FROM tenants",
            "WITH gone AS (SELECT 1) DELETE FROM tenants",
            "INSERT INTO issuers (issuer, created_at) VALUES ('x', 0) RETURNING issuer",
        ] {
            assert!(tx.rows(statement(sql)).await.is_err(), "{sql}");
        }
        drop(tx);
        let tx = store.read().await.expect("a transaction");
        let sql = "WITH one AS (SELECT 1 AS n) SELECT n FROM one";
        assert_eq!(tx.rows(Statement::from_string(tx.backend(), sql)).await.expect("rows").len(), 1);
    }
}

#[tokio::test]
async fn constraints_hold() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tx.finish().await;

        let tx = store.begin_write().await;
        let error = tenant_row(&tx, "acme").insert(&tx).await.expect_err("taken");
        assert!(matches!(broken_rule(&error), Some(Rule::Unique)));
        drop(tx);

        let tx = store.begin_write().await;
        let orphan = new_email(&tx, "nobody", "nobody@acme.test", true);
        let error = orphan.insert(&tx).await.expect_err("no such user");
        assert!(matches!(broken_rule(&error), Some(Rule::Reference)));
    }
}

#[tokio::test]
async fn reading_does_not_wait_for_the_writer_except_in_memory() {
    for store in Fresh::all().await {
        if store.is_memory() {
            continue;
        }
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        assert_eq!(count(&store).await, 0, "sees the state before");
        tx.finish().await;
        assert_eq!(count(&store).await, 1);
    }
}

#[tokio::test]
async fn reads_go_on_beside_one_another() {
    for store in Fresh::all().await {
        let mut reads = Vec::new();
        for _ in 0..2 {
            reads.push(store.read().await.expect("a transaction"));
        }
        for tx in &reads {
            assert_eq!(tenant::Entity::find().fetch_count(tx).await.expect("a count"), 0);
        }
        drop(reads);
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tx.finish().await;
        assert_eq!(count(&store).await, 1, "whoever read before sees it");
    }
}

fn count_to(limit: &str) -> Statement {
    let numbers = format!("SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers {limit}");
    let sql = format!("WITH RECURSIVE numbers AS ({numbers}) SELECT COUNT(*) AS value FROM numbers");
    Statement::from_string(DbBackend::Sqlite, sql)
}

/// Long work is done aside, in the same transaction.
#[tokio::test]
async fn a_long_read_answers_as_a_short_one() {
    for store in Fresh::all().await.into_iter().filter(Fresh::is_sqlite) {
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        let rows = tx.rows(count_to("WHERE i < 300000")).await.expect("a row");
        assert_eq!(rows[0].try_get::<i64>("", "value").expect("a number"), 300_000);
        tenant_row(&tx, "globex").insert(&tx).await.expect("a row");
        tx.finish().await;
        assert_eq!(count(&store).await, 2);
    }
}

#[tokio::test]
async fn an_endless_read_stops_nobody_and_ends_with_whoever_asked() {
    for store in Fresh::all().await.into_iter().filter(Fresh::is_sqlite) {
        let tx = store.read().await.expect("a transaction");
        tokio::select! {
            biased;
            _ = tx.rows(count_to("")) => panic!("there is no end"),
            count = count(&store) => assert_eq!(count, 0),
        }
        drop(tx);
        // In memory whoever writes waits for those who read.
        let tx = store.begin_write().await;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tx.finish().await;
    }
}

#[tokio::test]
async fn a_reset_that_fails_changes_nothing() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let identity = Identity::settle(&tx, Wished::default()).await.expect("an identity").identity;
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tx.finish().await;
        let fill = async |_: &Write| Err(StoreError(DbErr::Custom("no".to_owned())));
        store.reset(fill).await.expect_err("a failure");
        assert_eq!(count(&store).await, 1);
        let tx = store.read().await.expect("a transaction");
        assert_eq!(Identity::find(&tx).await.expect("a query"), Some(identity));
    }
}

#[tokio::test]
async fn a_file_keeps_its_contents() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("state.db");
    let target = StoreTarget::SqliteFile(path.clone());
    for round in 0..2 {
        let store = Store::open(&target, Clock::default(), "http://emulator.test").await.expect("a store");
        assert_eq!(count(&store).await, round);
        let tx = store.begin_write().await;
        tenant_row(&tx, &format!("t{round}")).insert(&tx).await.expect("a row");
        tx.finish().await;
        store.close().await;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Its record was made by SeaORM's migrator, in these words.
#[tokio::test]
async fn a_store_of_an_older_emulator_is_brought_up_to_date() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("state.db");
    let old = rusqlite::Connection::open(&path).expect("a file");
    let record =
        r#"CREATE TABLE "seaql_migrations" ( "version" varchar NOT NULL PRIMARY KEY, "applied_at" bigint NOT NULL )"#;
    old.execute_batch(record).expect("a record");
    for (name, sql) in migrations::before_texts_were_folded() {
        old.execute_batch(sql).expect(name);
        old.execute("INSERT INTO seaql_migrations VALUES (?1, 1)", [name]).expect("an entry");
    }
    let tenant =
        "INSERT INTO tenants (id, tenant_id, name, is_reseller, metadata, details, is_locked, created_at, updated_at)
        VALUES ('1', 'acme', 'ACME', FALSE, '{}', '{}', FALSE, 0, 0)";
    old.execute_batch(tenant).expect("a tenant");
    old.close().expect("a file");

    let target = StoreTarget::SqliteFile(path);
    // The second time there is nothing to do.
    for _ in 0..2 {
        let store = Store::open(&target, Clock::default(), "http://emulator.test").await.expect("a store");
        let tx = store.read().await.expect("a transaction");
        let acme = tenant::Entity::find().fetch_one(&tx).await.expect("a query").expect("a tenant");
        assert_eq!((acme.name.as_str(), acme.folded.as_str()), ("ACME", "acme\nacme"));
        let applied = "SELECT version, applied_at FROM seaql_migrations ORDER BY version";
        let applied = tx.rows(Statement::from_string(DbBackend::Sqlite, applied)).await.expect("entries");
        let moment = |entry: &QueryResult| entry.try_get::<i64>("", "applied_at").expect("a moment");
        assert_eq!(applied.iter().filter(|entry| moment(entry) == 1).count(), 13, "they were not applied again");
        let newest = applied.last().expect("an entry");
        assert_eq!(newest.try_get::<String>("", "version").expect("a name"), migrations::newest());
        assert!(moment(newest) > 1_700_000_000, "seconds since 1970");
        drop(tx);
        store.close().await;
    }
}

#[tokio::test]
async fn a_store_of_a_newer_emulator_is_left_alone() {
    for place in places().await {
        let target = place.url().parse().expect("a store");
        if matches!(target, StoreTarget::Memory) {
            continue;
        }
        let store = Fresh::at(&place).await;
        let tx = store.begin_write().await;
        let entry = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_tomorrow', 1)";
        tx.execute_unprepared(entry).await.expect("an entry");
        tx.finish().await;
        let refused = Store::open(&target, Clock::default(), "http://emulator.test").await.expect_err("a refusal");
        assert!(refused.to_string().contains("m9999_of_tomorrow"), "{refused}");
    }
}

#[tokio::test]
async fn settings_of_the_connections_hold() {
    let pragma = async |tx: &Read, name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
        let rows = tx.rows(Statement::from_string(DbBackend::Sqlite, sql)).await.expect("a pragma");
        rows[0].try_get("", "value").expect("a value")
    };
    let directory = tempfile::tempdir().expect("a directory");
    let target = StoreTarget::SqliteFile(directory.path().join("state.db"));
    let file = Store::open(&target, Clock::default(), "http://emulator.test").await.expect("a store");
    let tx = file.begin_write().await;
    assert_eq!(pragma(&tx, "journal_mode").await, "wal");
    assert_eq!(pragma(&tx, "synchronous").await, "2");
    assert_eq!(pragma(&tx, "foreign_keys").await, "1");
    drop(tx);

    // The second comes from the template.
    for store in [memory().await, memory().await] {
        let tx = store.begin_write().await;
        assert_eq!(pragma(&tx, "journal_mode").await, "memory");
        assert_eq!(pragma(&tx, "foreign_keys").await, "1");
    }
}

#[tokio::test]
async fn clearing_empties_everything_but_the_identity() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        let settled = Identity::settle(&tx, Wished::default()).await.expect("an identity");
        let Settled { identity, is_fresh: true } = settled else { panic!("a fresh environment") };
        let address = "http://127.0.0.1:1";
        Store::add_issuer(&tx, address).await.expect("an issuer");
        Store::add_issuer(&tx, address).await.expect("the same");
        tenant_row(&tx, "acme").insert(&tx).await.expect("a row");
        tx.finish().await;

        let fill = async |tx: &Write| -> Result<(), StoreError> {
            tenant_row(tx, "fresh").insert(tx).await?;
            Ok(())
        };
        let cleared = store.reset(fill).await.expect("an empty store");
        let next = Identity { epoch: identity.epoch + 1, ..identity };
        assert_eq!(cleared.as_ref(), Some(&next));
        assert_eq!(count(&store).await, 1);
        let tx = store.read().await.expect("a transaction");
        assert_eq!(Identity::find(&tx).await.expect("a query"), Some(next));
        assert!(Store::has_issuer(&tx, address).await.expect("a query"));
    }
}

#[tokio::test]
async fn pages_and_matching() {
    for store in Fresh::all().await {
        let tx = store.begin_write().await;
        for name in ["Alpha", "beta_1", "beta21", "Gamma", "100%"] {
            tenant_row(&tx, name).insert(&tx).await.expect("a row");
        }
        let names = async |select| {
            let page = query::page(select, Page::default(), &tx).await.expect("a page");
            page.items.into_iter().map(|row: tenant::Model| row.name).collect::<Vec<_>>()
        };
        let all = || tenant::Entity::find().order_by_asc(tenant::Column::CreatedAt);
        let (name, folded) = (tenant::Column::Name, tenant::Column::Folded);
        assert_eq!(names(all().filter(query::contains(folded, "AMM"))).await, ["Gamma"]);
        assert_eq!(names(all().filter(query::contains(folded, "_"))).await, ["beta_1"]);
        assert_eq!(names(all().filter(query::starts_with(folded, "Beta"))).await, ["beta_1", "beta21"]);
        assert_eq!(names(all().filter(query::contains(folded, "%"))).await, ["100%"]);
        assert_eq!(names(all().filter(query::begins(name, "Al"))).await, ["Alpha"]);
        assert_eq!(names(all().filter(query::begins(name, "al"))).await, Vec::<String>::new());
        // Bytes decide, everywhere alike.
        assert_eq!(
            names(tenant::Entity::find().order_by_asc(name)).await,
            ["100%", "Alpha", "Gamma", "beta21", "beta_1"]
        );

        let page = |number| Page { number, size: 2 };
        let last = query::page(all(), page(2), &tx).await.expect("a page");
        assert_eq!((last.items.len(), last.total), (1, 5));
        let beyond = query::page(all(), page(u64::MAX), &tx).await.expect("a page");
        assert_eq!((beyond.items.len(), beyond.total), (0, 5));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_writer_at_a_time() {
    for store in Fresh::all().await {
        let store = Arc::new(store);
        let tx = store.begin_write().await;
        tenant_row(&tx, "counter").insert(&tx).await.expect("a row");
        tx.finish().await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let tx = store.begin_write().await;
                    let row = tenant::Entity::find().fetch_one(&tx).await.expect("a query");
                    let row = row.expect("a row");
                    let next = row.details.len() + 1;
                    let mut row = row.into_active_model();
                    row.details = Set("x".repeat(next));
                    row.update(&tx).await.expect("an update");
                    tx.finish().await;
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task");
        }
        let tx = store.read().await.expect("a transaction");
        let row = tenant::Entity::find().fetch_one(&tx).await.expect("a query").expect("a row");
        assert_eq!(row.details.len(), 22, "two braces and twenty more");
    }
}

/// In memory a fresh image takes the place of what there is: no more work for many people than for none.
#[tokio::test]
async fn clearing_in_memory_is_the_same_work_however_full_it_is() {
    let store = memory().await;
    let clear = async || {
        let before = store.statements();
        store.empty().await;
        store.statements() - before
    };
    let empty = clear().await;
    let tx = store.begin_write().await;
    for n in 0..2000 {
        let row = user_row(&tx, &format!("u{n}"));
        user::Entity::insert(row).exec_without_returning(&tx).await.expect("a row");
    }
    tx.finish().await;
    assert_eq!(clear().await, empty);
    let tx = store.read().await.expect("a transaction");
    assert_eq!(user::Entity::find().fetch_count(&tx).await.expect("a count"), 0);
}
