//! Tokens of machines: client credentials and access tokens, of tenants and of their members.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0011_machine_tokens",
    up: "
CREATE TABLE machine_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    membership_id TEXT REFERENCES memberships (id) ON DELETE CASCADE,
    fingerprint TEXT,
    description TEXT,
    metadata TEXT NOT NULL,
    created_by_user_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX machine_tokens_tenant ON machine_tokens (tenant_id, created_at);
CREATE INDEX machine_tokens_membership ON machine_tokens (membership_id);
CREATE TABLE machine_token_roles (
    machine_token_id TEXT NOT NULL REFERENCES machine_tokens (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (machine_token_id, role_id)
);
CREATE INDEX machine_token_roles_role ON machine_token_roles (role_id);
CREATE TABLE machine_token_permissions (
    machine_token_id TEXT NOT NULL REFERENCES machine_tokens (id) ON DELETE CASCADE,
    permission_id TEXT NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
    PRIMARY KEY (machine_token_id, permission_id)
);
CREATE INDEX machine_token_permissions_permission ON machine_token_permissions (permission_id);
CREATE TABLE machine_token_refreshes (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    machine_token_id TEXT NOT NULL REFERENCES machine_tokens (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX machine_token_refreshes_token ON machine_token_refreshes (machine_token_id, created_at);
",
};
