//! The version of what processes keep in memory (see `store/catalog`), and a table of its own for work in vain: it
//! must change nothing that is kept.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0019_catalog",
    up: "
ALTER TABLE environment ADD COLUMN catalog BIGINT NOT NULL DEFAULT 0;

CREATE TABLE dummy_writes (
    id TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

DELETE FROM settings WHERE kind = 'dummy-writes';
",
};
