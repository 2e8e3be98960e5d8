//! The environment, its settings documents and its signing keys.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0001_environment",
    up: "
CREATE TABLE environment (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE settings (
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, kind)
);
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    pkcs8 TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
",
    down: "DROP TABLE signing_keys; DROP TABLE settings; DROP TABLE environment;",
};
