//! Tokens that are valid once (activation, invitation, reset, unlock, verification), and invites.
//!
//! A one-time token is stored as a fingerprint; an invite shows its token whenever it is read, so
//! it is stored as it is.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0006_invitations",
    up: "
CREATE TABLE one_time_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    membership_id TEXT REFERENCES memberships (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL UNIQUE,
    code_fingerprint TEXT,
    target TEXT,
    attempts INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, kind);
CREATE INDEX one_time_tokens_membership ON one_time_tokens (membership_id);
CREATE TABLE tenant_invites (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    token TEXT NOT NULL UNIQUE,
    name TEXT,
    should_send_email BOOLEAN NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenant_invites_owner ON tenant_invites (tenant_id, user_id);
CREATE INDEX tenant_invites_user ON tenant_invites (user_id);
CREATE TABLE tenant_invite_roles (
    invite_id TEXT NOT NULL REFERENCES tenant_invites (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (invite_id, role_id)
);
CREATE INDEX tenant_invite_roles_role ON tenant_invite_roles (role_id);
",
};
