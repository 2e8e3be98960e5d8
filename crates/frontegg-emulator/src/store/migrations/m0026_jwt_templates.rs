//! Templates for the claims of tokens. Which of them counts for whom is a settings document.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0026_jwt_templates",
    up: "
CREATE TABLE jwt_templates (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    expiration BIGINT NOT NULL,
    algorithm TEXT NOT NULL,
    claims TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
",
};
