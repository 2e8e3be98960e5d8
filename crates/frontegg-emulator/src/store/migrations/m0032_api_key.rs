//! The environment's API key, as it was given or made: it has to be told again. Empty in a store that was made before it
//! was kept, until it is opened again.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration =
    SqlMigration { name: "m0032_api_key", up: "ALTER TABLE environment ADD COLUMN api_key TEXT NOT NULL DEFAULT '';" };
