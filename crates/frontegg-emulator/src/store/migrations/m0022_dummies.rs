//! Twins of the tables that a message and its token are written to, for those that nobody gets: to write to them is as
//! much work. They hold a row each.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0022_dummies",
    up: "
CREATE TABLE dummy_messages (
    id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    user_id TEXT,
    tenant_id TEXT,
    code TEXT,
    token TEXT,
    link TEXT,
    context TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sender TEXT,
    subject TEXT,
    body TEXT,
    recipient_key TEXT NOT NULL DEFAULT ''
);
CREATE INDEX dummy_messages_created ON dummy_messages (created_at);
CREATE INDEX dummy_messages_recipient ON dummy_messages (recipient, created_at);
CREATE TABLE dummy_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    membership_id TEXT,
    fingerprint TEXT NOT NULL UNIQUE,
    code_fingerprint TEXT,
    target TEXT,
    attempts INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT,
    device TEXT,
    blind_attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX dummy_tokens_user ON dummy_tokens (user_id, kind);
CREATE INDEX dummy_tokens_membership ON dummy_tokens (membership_id);
CREATE INDEX dummy_tokens_code ON dummy_tokens (kind, code_fingerprint);
",
};
