//! Sessions of signed-in people, and their refresh tokens.
//!
//! An ended session stays, so that it can be told from an unknown one. So does a spent refresh token
//! until it expires: who presents it once more may have stolen it. Of refresh tokens only
//! fingerprints are stored; `seed` is what the successor was made from, together with the token
//! itself, so that the answer to a request that was repeated can be repeated.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0007_sessions",
    up: "
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    application_id TEXT,
    user_agent TEXT,
    ip_address TEXT,
    amr TEXT NOT NULL,
    proven_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_tenant ON sessions (tenant_id);
CREATE TABLE refresh_tokens (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT,
    seed TEXT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
",
};
