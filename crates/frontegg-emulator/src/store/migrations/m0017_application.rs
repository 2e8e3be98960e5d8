//! The environment's default application. Empty in a store that was made before there was one, until it is
//! opened again.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0017_application",
    up: "ALTER TABLE environment ADD COLUMN application_id TEXT NOT NULL DEFAULT '';",
};
