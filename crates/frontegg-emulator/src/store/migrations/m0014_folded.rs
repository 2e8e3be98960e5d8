//! What people, tenants and roles are found by, made by the emulator and not by the engine: one key for
//! all spellings of an address, and texts without case in any script.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0014_folded",
    up: "
ALTER TABLE users ADD COLUMN name_folded TEXT;
ALTER TABLE user_emails ADD COLUMN email_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN alias_folded TEXT;
ALTER TABLE roles ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox_messages ADD COLUMN recipient_key TEXT NOT NULL DEFAULT '';
DROP INDEX users_name;
CREATE INDEX users_name ON users (name_folded);
CREATE INDEX user_emails_folded ON user_emails (email_folded);
CREATE INDEX tenants_alias ON tenants (alias_folded);
",
};
