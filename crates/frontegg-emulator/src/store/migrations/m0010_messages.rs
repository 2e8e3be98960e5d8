//! What messages look like: the environment's own texts, and the rendered form of what was sent.
//! And for what is sent in them: since when a token or code is spent, in which browser it is valid,
//! and how to find a code that comes without its handle.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0010_messages",
    up: "
ALTER TABLE outbox_messages ADD COLUMN sender TEXT;
ALTER TABLE outbox_messages ADD COLUMN subject TEXT;
ALTER TABLE outbox_messages ADD COLUMN body TEXT;
ALTER TABLE one_time_tokens ADD COLUMN spent_at BIGINT;
ALTER TABLE one_time_tokens ADD COLUMN device TEXT;
CREATE INDEX one_time_tokens_code ON one_time_tokens (kind, code_fingerprint);
CREATE TABLE email_templates (
    type TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    sender_email TEXT NOT NULL,
    from_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    html_template TEXT NOT NULL,
    redirect_url TEXT,
    success_redirect_url TEXT,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE sms_templates (
    type TEXT NOT NULL PRIMARY KEY,
    template TEXT NOT NULL,
    more TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
",
};
