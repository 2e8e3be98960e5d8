//! Applications, the tenants that have them, and their OAuth clients. Which one counts where none is named is marked
//! in its row, in no other at once. Their secrets are kept as they are, since they can be read again.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0025_applications",
    up: "
CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    app_url TEXT NOT NULL,
    login_url TEXT NOT NULL,
    app_host TEXT,
    logo_url TEXT,
    description TEXT,
    metadata TEXT,
    access_type TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    frontend_stack TEXT NOT NULL,
    allow_dcr BOOLEAN NOT NULL,
    integration_finished_at BIGINT,
    client_secret TEXT NOT NULL,
    shared_secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX applications_order ON applications (created_at, id);
CREATE UNIQUE INDEX applications_default ON applications (is_default) WHERE is_default;
CREATE TABLE tenant_applications (
    app_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    access_type TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, tenant_id)
);
CREATE INDEX tenant_applications_tenant ON tenant_applications (tenant_id);
CREATE TABLE application_clients (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    client_name TEXT NOT NULL,
    client_secret TEXT NOT NULL,
    client_type TEXT NOT NULL,
    redirect_urls TEXT NOT NULL,
    external_metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX application_clients_order ON application_clients (app_id, created_at, id);
",
};
