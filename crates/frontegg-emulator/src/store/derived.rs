//! What stands in a row beside the texts that it is made of, to find the row by.
//!
//! Rows that are saved make it themselves (`entity`). This is for rows that come as they are: those
//! from before a migration, and those of an import.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::dump::Rows;
use crate::text;

/// A column and what it is made of.
struct Derived {
    table: &'static str,
    column: &'static str,
    sources: &'static [&'static str],
    make: fn(&[Option<&str>]) -> Option<String>,
}

/// Those of tables that are older than this.
const DERIVED: [Derived; 7] = [
    Derived { table: "users", column: "name_folded", sources: &["name"], make: folded },
    Derived { table: "user_emails", column: "address_key", sources: &["email"], make: key },
    Derived { table: "user_emails", column: "email_folded", sources: &["email"], make: folded },
    Derived { table: "tenants", column: "folded", sources: &["name", "tenant_id"], make: all_folded },
    Derived { table: "tenants", column: "alias_folded", sources: &["alias"], make: folded },
    Derived { table: "roles", column: "folded", sources: &["key", "name", "description"], make: all_folded },
    Derived { table: "outbox_messages", column: "recipient_key", sources: &["recipient"], make: key },
];

/// Those of tables that have had them from the first.
const DERIVED_FROM_THE_FIRST: [Derived; 3] = [
    Derived {
        table: "audits",
        column: "words",
        sources: &["user_name", "email", "resource", "action", "description", "ip", "severity"],
        make: words,
    },
    Derived { table: "ip_restrictions", column: "folded", sources: &["ip", "description"], make: all_folded },
    Derived { table: "user_pool_accounts", column: "address_key", sources: &["email"], make: key },
];

/// Columns that the database keeps itself, whatever rows that are imported say.
const DERIVED_BY_THE_DATABASE: [(&str, &str); 2] = [("memberships", "user_created_at"), ("users", "address_key")];

fn folded(texts: &[Option<&str>]) -> Option<String> {
    texts.first().copied().flatten().map(text::fold)
}

#[expect(clippy::unnecessary_wraps, reason = "a column of its kind may be empty")]
fn all_folded(texts: &[Option<&str>]) -> Option<String> {
    Some(text::fold_all(texts.iter().copied()))
}

/// As entries of the audit trail are written: who it was has a line each.
fn words(texts: &[Option<&str>]) -> Option<String> {
    let [user, email, others @ ..] = texts else { return None };
    let [user, email] = [user, email].map(|text| text.map(text::fold).unwrap_or_default());
    Some(format!("{user}\n{email}\n{}", text::fold_all(others.iter().copied())))
}

fn key(texts: &[Option<&str>]) -> Option<String> {
    texts.first().copied().flatten().map(text::address_key)
}

/// Makes it anew in rows of a table that come from outside, whatever they say.
pub(crate) fn derive(table: &str, rows: &mut Rows) {
    for (_, column) in DERIVED_BY_THE_DATABASE.iter().filter(|(of, _)| *of == table) {
        for row in rows.iter_mut() {
            row.remove(*column);
        }
    }
    for derived in DERIVED.iter().chain(&DERIVED_FROM_THE_FIRST).filter(|derived| derived.table == table) {
        for row in rows.iter_mut() {
            let texts: Vec<_> = derived.sources.iter().map(|name| row.get(*name).and_then(|it| it.as_str())).collect();
            let made = (derived.make)(&texts);
            if row.get(derived.column).and_then(|it| it.as_str()).is_some_and(is_set_aside) {
                continue;
            }
            row.insert(derived.column.to_owned(), made.into());
        }
    }
}

/// Makes it in all rows that there are.
pub(super) async fn derive_all(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    set_aside_spellings(db).await?;
    for Derived { table, column, sources, make } in &DERIVED {
        let names: Vec<String> = sources.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("SELECT \"id\", \"{column}\", {} FROM \"{table}\"", names.join(", "));
        for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
            let texts = sources.iter().map(|name| row.try_get("", name)).collect::<Result<Vec<Option<String>>, _>>()?;
            let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
            let (id, former): (String, Option<String>) = (row.try_get("", "id")?, row.try_get("", column)?);
            let made = make(&texts);
            if made != former && !former.is_some_and(|former| is_set_aside(&former)) {
                set(db, table, column, &id, made).await?;
            }
        }
    }
    Ok(())
}

/// Of addresses that are held twice in two spellings one keeps the address: a proven one before one that
/// is not, an older one before a younger one. The others are no longer found by it; their holders can
/// be given another.
async fn set_aside_spellings(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sql = "SELECT id, email FROM user_emails ORDER BY verified DESC, created_at, id";
    let mut seen = BTreeSet::new();
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
        let (id, email): (String, String) = (row.try_get("", "id")?, row.try_get("", "email")?);
        if !seen.insert(text::address_key(&email)) {
            tracing::warn!(%id, "an address is held twice, in two spellings; this one is not found any more");
            set(db, "user_emails", "address_key", &id, Some(format!("{SET_ASIDE}{id}"))).await?;
        }
    }
    Ok(())
}

/// How the key of an address begins that nothing finds: there is no such address.
const SET_ASIDE: &str = "spelling of ";

fn is_set_aside(key: &str) -> bool {
    key.starts_with(SET_ASIDE)
}

async fn set(
    db: &impl ConnectionTrait,
    table: &str,
    column: &str,
    id: &str,
    value: Option<String>,
) -> Result<(), DbErr> {
    let sql = format!("UPDATE \"{table}\" SET \"{column}\" = $1 WHERE \"id\" = $2");
    let values: [Value; 2] = [value.into(), id.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm::EntityTrait;

    use super::*;
    use crate::store::{
        Fetch,
        entity::{user, user_email},
        fresh::Fresh,
    };

    /// People of before, whose keys are what they wrote in lower case.
    const BEFORE: &str = "
INSERT INTO users (id, name, provider, managed_by, verified, is_locked, failed_logins, super_user, invisible,
    mfa_bypass, metadata, vendor_metadata, created_at, updated_at)
SELECT id, name, 'local', 'frontegg', true, false, 0, false, false, false, '{}', '{}', 0, 0
FROM (SELECT 'a' AS id, 'ÄDA' AS name UNION SELECT 'b', NULL UNION SELECT 'c', 'Bob') AS people;
INSERT INTO user_emails (id, user_id, email, address_key, verified, is_primary, created_at, updated_at) VALUES
    ('1', 'a', 'Ada@München.example', 'ada@münchen.example', false, true, 1, 1),
    ('2', 'b', 'ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example', true, true, 2, 2),
    ('3', 'c', 'BOB@acme.test', 'bob@acme.test', true, true, 3, 3);
";

    #[tokio::test]
    async fn rows_of_before_are_found_by_what_they_are() {
        for store in Fresh::all().await {
            let tx = store.begin_write().await;
            tx.execute_unprepared(BEFORE).await.expect("rows");
            for _ in 0..2 {
                derive_all(&tx).await.expect("keys");
                let mut emails = user_email::Entity::find().fetch_all(&tx).await.expect("rows");
                emails.sort_by(|one, other| one.id.cmp(&other.id));
                let keys: Vec<&str> = emails.iter().map(|row| row.address_key.as_str()).collect();
                assert_eq!(keys, ["spelling of 1", "ada@xn--mnchen-3ya.example", "bob@acme.test"]);
                assert_eq!(emails[0].email_folded, "ada@münchen.example");
                let mut users = user::Entity::find().fetch_all(&tx).await.expect("rows");
                users.sort_by(|one, other| one.id.cmp(&other.id));
                let names: Vec<Option<&str>> = users.iter().map(|row| row.name_folded.as_deref()).collect();
                assert_eq!(names, [Some("äda"), None, Some("bob")]);
            }
        }
    }
}
