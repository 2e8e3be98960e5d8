//! Providers of social sign-in, who is known by them, and sign-ins under way. Of a state that a browser carries the
//! fingerprint is kept, of its cookie too.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0028_social_providers",
    up: "
CREATE TABLE social_providers (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    redirect_url TEXT NOT NULL,
    redirect_url_pattern TEXT NOT NULL,
    authorization_url TEXT NOT NULL,
    token_url TEXT NOT NULL,
    user_info_url TEXT NOT NULL,
    scopes TEXT NOT NULL,
    sso_logo_url TEXT,
    display_name TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE social_links (
    provider_id TEXT NOT NULL REFERENCES social_providers (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, subject)
);
CREATE INDEX social_links_user ON social_links (user_id);
CREATE TABLE social_sign_ins (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES social_providers (id) ON DELETE CASCADE,
    browser TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    nonce TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX social_sign_ins_provider ON social_sign_ins (provider_id);
CREATE INDEX social_sign_ins_expiry ON social_sign_ins (expires_at);
",
};
