//! What lists of people and tenants are sorted and filtered by, so that a page takes as long among a
//! hundred thousand as among a thousand.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0013_lists",
    up: "
DROP INDEX users_created;
CREATE INDEX users_created ON users (created_at, id);
CREATE INDEX users_name ON users (LOWER(name));
CREATE INDEX users_name_order ON users (COALESCE(name, ''), created_at, id);
CREATE INDEX user_emails_created ON user_emails (created_at, id);
CREATE INDEX tenants_created ON tenants (created_at, tenant_id);
",
};
