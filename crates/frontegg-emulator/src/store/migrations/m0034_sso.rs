//! Single sign-on: connections of tenants to identity providers, with their mail domains and the roles of those who come
//! by them, and addresses that are spared from it. A domain stands once in a tenant; of several tenants it may be, as long
//! as the rules of the environment have it so. Client secrets are kept as they are, since providers are asked with them.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0034_sso",
    up: "
CREATE TABLE sso_connections (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    sso_endpoint TEXT NOT NULL,
    certificates TEXT NOT NULL,
    issuer TEXT,
    sign_request BOOLEAN NOT NULL,
    acs_url TEXT NOT NULL,
    sp_entity_id TEXT NOT NULL,
    oidc_client_id TEXT NOT NULL,
    oidc_secret TEXT NOT NULL,
    idp_client_id TEXT NOT NULL,
    idp_client_secret TEXT NOT NULL,
    config_metadata TEXT,
    override_active_tenant BOOLEAN NOT NULL,
    sub_account_access_limit BIGINT,
    skip_email_domain_validation BOOLEAN NOT NULL,
    generated_verification TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sso_connections_order ON sso_connections (tenant_id, created_at, id);
CREATE INDEX sso_connections_issuer ON sso_connections (issuer);
CREATE TABLE sso_domains (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES sso_connections (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    validated BOOLEAN NOT NULL,
    txt_record TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (tenant_id, domain)
);
CREATE INDEX sso_domains_order ON sso_domains (connection_id, created_at, id);
CREATE INDEX sso_domains_domain ON sso_domains (domain, validated);
CREATE TABLE sso_groups (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES sso_connections (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (connection_id, name)
);
CREATE INDEX sso_groups_order ON sso_groups (connection_id, created_at, id);
CREATE TABLE sso_group_roles (
    group_id TEXT NOT NULL REFERENCES sso_groups (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, role_id)
);
CREATE INDEX sso_group_roles_role ON sso_group_roles (role_id);
CREATE TABLE sso_default_roles (
    connection_id TEXT NOT NULL REFERENCES sso_connections (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, role_id)
);
CREATE INDEX sso_default_roles_role ON sso_default_roles (role_id);
CREATE TABLE sso_excluded_emails (
    address_key TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);
",
};
