//! The environment, under which addresses it issued tokens, its settings documents and signing keys.
//!
//! `epoch` counts resets: a token of an earlier epoch is not good any more. `valid_until` is when no
//! token that a key has signed is valid any more.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0001_environment",
    up: "
CREATE TABLE environment (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE issuers (
    issuer TEXT NOT NULL PRIMARY KEY,
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
    retired_at BIGINT,
    valid_until BIGINT NOT NULL
);
",
};
