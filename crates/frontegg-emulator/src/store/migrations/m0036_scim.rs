//! Provisioning connections, and the users and groups that identity providers keep with them. Of the token of a connection
//! only a fingerprint is kept. People and groups of the tenant may go without those.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0036_scim",
    up: "
CREATE TABLE scim_connections (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    sync_to_user_management BOOLEAN NOT NULL,
    fingerprint TEXT NOT NULL,
    last_sync BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX scim_connections_order ON scim_connections (created_at, id);
CREATE INDEX scim_connections_tenant ON scim_connections (tenant_id);
CREATE TABLE scim_users (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    display TEXT NOT NULL,
    user_name_folded TEXT NOT NULL,
    display_name_folded TEXT,
    external_id TEXT,
    resource TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_users_name ON scim_users (connection_id, user_name_folded);
CREATE INDEX scim_users_display_name ON scim_users (connection_id, display_name_folded);
CREATE INDEX scim_users_external_id ON scim_users (connection_id, external_id);
CREATE INDEX scim_users_order ON scim_users (connection_id, created_at, id);
CREATE INDEX scim_users_user ON scim_users (user_id);
CREATE TABLE scim_groups (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    group_id TEXT REFERENCES groups (id) ON DELETE SET NULL,
    display TEXT NOT NULL,
    display_name_folded TEXT NOT NULL,
    external_id TEXT,
    resource TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_groups_name ON scim_groups (connection_id, display_name_folded);
CREATE INDEX scim_groups_external_id ON scim_groups (connection_id, external_id);
CREATE INDEX scim_groups_order ON scim_groups (connection_id, created_at, id);
CREATE INDEX scim_groups_group ON scim_groups (group_id);
CREATE TABLE scim_group_members (
    scim_group_id TEXT NOT NULL REFERENCES scim_groups (id) ON DELETE CASCADE,
    scim_user_id TEXT NOT NULL REFERENCES scim_users (id) ON DELETE CASCADE,
    PRIMARY KEY (scim_group_id, scim_user_id)
);
CREATE INDEX scim_group_members_user ON scim_group_members (scim_user_id);
",
};
