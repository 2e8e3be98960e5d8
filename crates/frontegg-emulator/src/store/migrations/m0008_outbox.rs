//! Mail and SMS that would have left the machine. Messages outlive the people they were for.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0008_outbox",
    up: "
CREATE TABLE outbox_messages (
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
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_messages_created ON outbox_messages (created_at);
CREATE INDEX outbox_messages_recipient ON outbox_messages (recipient, created_at);
",
};
