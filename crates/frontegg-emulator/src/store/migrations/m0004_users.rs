//! People and what they are known by: emails, usernames, phone numbers, passwords.
//!
//! `address_key` and `username` are lower-cased by the emulator, not by the engine, so that
//! uniqueness without case means the same everywhere.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0004_users",
    up: "
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    profile_picture_url TEXT,
    phone_number TEXT,
    provider TEXT NOT NULL,
    managed_by TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    is_locked BOOLEAN NOT NULL,
    failed_logins INTEGER NOT NULL,
    super_user BOOLEAN NOT NULL,
    invisible BOOLEAN NOT NULL,
    mfa_bypass BOOLEAN NOT NULL,
    metadata TEXT NOT NULL,
    vendor_metadata TEXT NOT NULL,
    external_id TEXT UNIQUE,
    active_tenant_id TEXT REFERENCES tenants (tenant_id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_login BIGINT
);
CREATE INDEX users_active_tenant ON users (active_tenant_id);
CREATE INDEX users_created ON users (created_at);
CREATE TABLE user_emails (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    address_key TEXT NOT NULL UNIQUE,
    verified BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX user_emails_user ON user_emails (user_id);
CREATE UNIQUE INDEX user_emails_primary ON user_emails (user_id) WHERE is_primary;
CREATE TABLE usernames (
    username TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE TABLE phone_numbers (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    phone_number TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX phone_numbers_user ON phone_numbers (user_id, phone_number);
CREATE UNIQUE INDEX phone_numbers_proven ON phone_numbers (phone_number) WHERE verified;
CREATE TABLE passwords (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE password_history (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX password_history_user ON password_history (user_id, created_at);
",
};
