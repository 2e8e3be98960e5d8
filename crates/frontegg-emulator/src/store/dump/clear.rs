//! Emptying all tables but those that a reset keeps.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::store::{
    Write,
    migrations::{TABLES, WATCHED_TABLES},
};

/// Empties all tables but those that a reset keeps.
pub(in crate::store) async fn clear(tx: &Write) -> Result<(), DbErr> {
    match tx.backend() {
        DbBackend::Postgres => clear_postgres(tx).await,
        _ => tx.execute_unprepared(&clearing()).await.map(drop),
    }
}

/// The statements for that.
pub(in crate::store) fn clearing() -> String {
    deleting(TABLES.iter().copied())
}

fn deleting<'a>(tables: impl Iterator<Item = &'a str>) -> String {
    tables.map(|table| format!("DELETE FROM \"{table}\";")).collect()
}

/// Touches no table that is empty, and has no trigger follow: what is made of these tables goes with them. To truncate
/// them would wait for everybody who reads, and empty tables under whoever reads an earlier state.
async fn clear_postgres(tx: &Write) -> Result<(), DbErr> {
    let names = TABLES.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
    let used = format!(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         AND relkind = 'r' AND relname IN ({names}) AND pg_relation_size(oid) > 0"
    );
    let rows = tx.rows(Statement::from_string(DbBackend::Postgres, used)).await?;
    let used = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<HashSet<String>, _>>()?;
    let used = || TABLES.iter().copied().filter(|table| used.contains(*table));
    let follow = |verb: &str| -> String {
        let watched = used().filter(|table| WATCHED_TABLES.contains(table));
        watched.map(|table| format!("ALTER TABLE \"{table}\" {verb} TRIGGER USER;")).collect()
    };
    let sql = [follow("DISABLE"), deleting(used()), follow("ENABLE")].concat();
    tx.execute_unprepared(&sql).await.map(drop)
}
