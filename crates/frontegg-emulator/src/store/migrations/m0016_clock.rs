//! How the clock is set, which processes share with the store. `shift` is added to the system's time, unless
//! time stands still at `frozen`; both in microseconds. The version grows with every change.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0016_clock",
    up: "
CREATE TABLE clock_setting (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    shift BIGINT NOT NULL,
    frozen BIGINT
);
",
};
