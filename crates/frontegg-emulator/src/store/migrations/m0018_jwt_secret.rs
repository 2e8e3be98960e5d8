//! The secret that tokens are signed with where the environment is set to HS256: one row, beside the key pairs
//! of `signing_keys`.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0018_jwt_secret",
    up: "
CREATE TABLE jwt_secret (
    id TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
);
",
};
