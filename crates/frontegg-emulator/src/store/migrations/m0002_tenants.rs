//! Tenants and who stands above whom. A deleted tenant keeps its record.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0002_tenants",
    up: "
CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT,
    website TEXT,
    application_url TEXT,
    login_url TEXT,
    logo TEXT,
    logo_url TEXT,
    address TEXT,
    timezone TEXT,
    date_format TEXT,
    time_format TEXT,
    currency TEXT,
    creator_name TEXT,
    creator_email TEXT,
    is_reseller BOOLEAN NOT NULL,
    sub_account_access_type TEXT,
    alias TEXT UNIQUE,
    domain TEXT,
    metadata TEXT NOT NULL,
    details TEXT NOT NULL,
    is_locked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE TABLE tenant_edges (
    child_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    parent_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    CHECK (child_id <> parent_id)
);
CREATE INDEX tenant_edges_parent ON tenant_edges (parent_id);
",
};
