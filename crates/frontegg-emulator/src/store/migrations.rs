//! The schema, one migration a file, in SQL that SQLite and PostgreSQL both take.
//!
//! A migration is a name and a text. To add one, write the next file, list it in [`all`], and
//! name its tables in [`TABLES`]; those that it drops and that were exported go to [`FORMER_TABLES`], and the newest export of
//! before is kept among the tests. Never change one that has been released.

mod m0001_environment;
mod m0002_tenants;
mod m0003_roles;
mod m0004_users;
mod m0005_memberships;
mod m0006_invitations;
mod m0007_sessions;
mod m0008_outbox;
mod m0009_jobs;
mod m0010_messages;
mod m0011_machine_tokens;
mod m0012_mfa;
mod m0013_lists;
mod m0014_folded;
mod m0015_claims;
mod m0016_clock;
mod m0017_application;
mod m0018_jwt_secret;
mod m0019_catalog;
mod m0020_orders;
mod m0021_search;
mod m0022_dummies;
mod m0023_counts;
mod m0024_restrictions;
mod m0025_applications;
mod m0026_jwt_templates;
mod m0027_approval_flows;
mod m0028_social_providers;
mod m0029_user_pools;
mod m0030_passkeys;
mod m0031_provider_sign_ins;
mod m0032_api_key;
mod m0034_sso;
mod m0035_sso_sign_ins;
mod triggers;

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::derived;
use triggers::Triggers;

/// Every table that a reset empties, children before their parents.
pub(crate) const TABLES: &[&str] = &[
    "dummy_messages",
    "dummy_tokens",
    "people_counts",
    "search_texts",
    "dummy_writes",
    "approvers",
    "approval_executions",
    "approval_flows",
    "provider_sign_ins",
    "sso_attempts",
    "sso_replays",
    "sso_links",
    "sso_default_roles",
    "sso_group_roles",
    "sso_groups",
    "sso_domains",
    "sso_connections",
    "sso_excluded_emails",
    "social_links",
    "social_providers",
    "domain_restrictions",
    "ip_restrictions",
    "user_pool_users",
    "user_pool_accounts",
    "user_pool_applications",
    "user_pools",
    "jobs",
    "jwt_templates",
    "blind_guesses",
    "remembered_devices",
    "recovery_codes",
    "webauthn_challenges",
    "webauthn_credentials",
    "mfa_phones",
    "authenticators",
    "machine_token_refreshes",
    "machine_token_permissions",
    "machine_token_roles",
    "machine_tokens",
    "email_templates",
    "sms_templates",
    "outbox_messages",
    "refresh_tokens",
    "sessions",
    "tenant_invite_roles",
    "tenant_invites",
    "one_time_tokens",
    "application_clients",
    "tenant_applications",
    "applications",
    "application_tenants",
    "application_assignments",
    "group_members",
    "group_roles",
    "groups",
    "membership_roles",
    "memberships",
    "password_history",
    "passwords",
    "phone_numbers",
    "usernames",
    "user_emails",
    "users",
    "role_permissions",
    "roles",
    "permissions",
    "permission_categories",
    "tenant_edges",
    "tenants",
    "settings",
];

/// Those of them that are in no export: what the database makes of others, what was written in vain, and what only the
/// browser that it was made for can go on with.
pub(crate) const UNEXPORTED_TABLES: &[&str] = &[
    "dummy_messages",
    "dummy_tokens",
    "people_counts",
    "provider_sign_ins",
    "search_texts",
    "sso_attempts",
    "sso_replays",
];

/// Tables that exports of earlier schemas may have, and those of the present one do not.
pub(crate) const FORMER_TABLES: &[&str] = &["user_pool_sign_ins"];

/// Those of them whose changes triggers follow.
pub(crate) const WATCHED_TABLES: &[&str] = &["memberships", "phone_numbers", "user_emails", "usernames", "users"];

/// Tables that a reset leaves alone: who the environment is, its keys and its clock.
#[cfg(test)]
pub(crate) const KEPT_TABLES: &[&str] =
    &["clock_setting", "environment", "issuers", "jwt_secret", "signing_keys", "seaql_migrations"];

fn all() -> [SqlMigration; 34] {
    [
        m0001_environment::MIGRATION,
        m0002_tenants::MIGRATION,
        m0003_roles::MIGRATION,
        m0004_users::MIGRATION,
        m0005_memberships::MIGRATION,
        m0006_invitations::MIGRATION,
        m0007_sessions::MIGRATION,
        m0008_outbox::MIGRATION,
        m0009_jobs::MIGRATION,
        m0010_messages::MIGRATION,
        m0011_machine_tokens::MIGRATION,
        m0012_mfa::MIGRATION,
        m0013_lists::MIGRATION,
        m0014_folded::MIGRATION,
        m0015_claims::MIGRATION,
        m0016_clock::MIGRATION,
        m0017_application::MIGRATION,
        m0018_jwt_secret::MIGRATION,
        m0019_catalog::MIGRATION,
        m0020_orders::MIGRATION,
        m0021_search::MIGRATION,
        m0022_dummies::MIGRATION,
        m0023_counts::MIGRATION,
        m0024_restrictions::MIGRATION,
        m0025_applications::MIGRATION,
        m0026_jwt_templates::MIGRATION,
        m0027_approval_flows::MIGRATION,
        m0028_social_providers::MIGRATION,
        m0029_user_pools::MIGRATION,
        m0030_passkeys::MIGRATION,
        m0031_provider_sign_ins::MIGRATION,
        m0032_api_key::MIGRATION,
        m0034_sso::MIGRATION,
        m0035_sso_sign_ins::MIGRATION,
    ]
}

/// The name of the newest migration, which tells the schema.
pub(crate) fn newest() -> &'static str {
    let [.., newest] = all();
    newest.name
}

/// Names and texts of those that are nothing but SQL for SQLite.
#[cfg(test)]
pub(crate) fn before_texts_were_folded() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_older = |migration: &SqlMigration| migration.name != m0014_folded::MIGRATION.name;
    all().into_iter().take_while(is_older).map(|migration| (migration.name, migration.up))
}

/// How many migrations lead to the schema with that name, if there is one.
pub(crate) fn up_to(schema: &str) -> Option<usize> {
    all().iter().position(|migration| migration.name == schema).map(|index| index + 1)
}

/// A migration given as SQL for both engines.
pub(crate) struct SqlMigration {
    name: &'static str,
    up: &'static str,
}

impl SqlMigration {
    fn triggers(&self) -> Option<&'static Triggers> {
        match self.name {
            name if name == m0020_orders::MIGRATION.name => Some(&m0020_orders::TRIGGERS),
            name if name == m0021_search::MIGRATION.name => Some(&m0021_search::TRIGGERS),
            name if name == m0023_counts::MIGRATION.name => Some(&m0023_counts::TRIGGERS),
            _ => None,
        }
    }

    async fn apply(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        if connection.get_database_backend() == DbBackend::Postgres {
            // SQLite compares text byte by byte; PostgreSQL does so only when told, and lists have
            // to come out in one order everywhere.
            connection.execute_unprepared(&self.up.replace(" TEXT", " TEXT COLLATE \"C\"")).await?;
        } else {
            connection.execute_unprepared(self.up).await?;
        }
        if self.name == m0014_folded::MIGRATION.name {
            derived::derive_all(connection).await?;
        }
        if let Some(triggers) = self.triggers() {
            triggers.make(connection).await?;
        }
        Ok(())
    }
}

/// The record of what a database has seen. Name and form are those of SeaORM's migrator, which made it in older stores.
const RECORD: &str = "CREATE TABLE IF NOT EXISTS seaql_migrations (
    version VARCHAR NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
)";

/// Applies the migrations that a database has not seen yet, in a transaction of the caller's. What a newer emulator has
/// made is left alone.
pub(super) async fn apply(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    apply_first(connection, all().len()).await
}

/// The same of so many, the first: for a schema of before.
pub(super) async fn apply_first(connection: &impl ConnectionTrait, count: usize) -> Result<(), DbErr> {
    connection.execute_unprepared(RECORD).await?;
    let backend = connection.get_database_backend();
    let seen = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    let seen = connection.query_all_raw(seen).await?;
    let mut seen = seen.iter().map(|row| row.try_get("", "version")).collect::<Result<BTreeSet<String>, _>>()?;
    let moment = match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)",
        _ => "unixepoch()",
    };
    let record = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, {moment})");
    let missing: Vec<_> = all().into_iter().take(count).filter(|migration| !seen.remove(migration.name)).collect();
    if let Some(unknown) = seen.last() {
        return Err(DbErr::Migration(format!("a newer emulator has used this store: {unknown} is not known here")));
    }
    for migration in missing {
        migration.apply(connection).await?;
        let applied = [migration.name.into()];
        connection.execute_raw(Statement::from_sql_and_values(backend, &record, applied)).await?;
    }
    Ok(())
}
