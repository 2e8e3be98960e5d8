//! Networks and mail domains that may or may not come in. What belongs to no tenant is the environment's. Which kinds of
//! settings there are at all is told by an index.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0024_restrictions",
    up: "
CREATE TABLE ip_restrictions (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    ip TEXT NOT NULL,
    list TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    description TEXT,
    folded TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant_id, ip)
);
CREATE INDEX ip_restrictions_list ON ip_restrictions (tenant_id, list, is_active);
CREATE TABLE domain_restrictions (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    list TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX domain_restrictions_once ON domain_restrictions (COALESCE(tenant_id, ''), domain, list);
CREATE INDEX settings_kind ON settings (kind);
",
};
