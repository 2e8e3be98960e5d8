//! Who comes by a connection of single sign-on: whom its provider knows, what came of sign-ins, and by which connection a
//! session came, which may be confined to its tenant and have an end that the provider has set.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0035_sso_sign_ins",
    up: "
CREATE TABLE sso_links (
    connection_id TEXT NOT NULL REFERENCES sso_connections (id) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, issuer, subject)
);
CREATE INDEX sso_links_user ON sso_links (user_id);
CREATE TABLE sso_attempts (
    id TEXT NOT NULL PRIMARY KEY,
    protocol TEXT NOT NULL,
    connection_id TEXT,
    issuer TEXT,
    user_id TEXT,
    failed_check BIGINT,
    reason TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX sso_attempts_order ON sso_attempts (created_at, id);
CREATE TABLE sso_replays (
    connection_id TEXT NOT NULL REFERENCES sso_connections (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, id)
);
CREATE INDEX sso_replays_expiry ON sso_replays (expires_at);
ALTER TABLE sessions ADD COLUMN sso_connection_id TEXT;
ALTER TABLE sessions ADD COLUMN confined_to TEXT;
ALTER TABLE sessions ADD COLUMN ends_by BIGINT;
",
};
