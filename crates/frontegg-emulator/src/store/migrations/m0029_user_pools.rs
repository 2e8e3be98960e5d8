//! User pools with the applications that they serve, what their providers would answer, who has come from them, and who is
//! on the way.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0029_user_pools",
    up: "
CREATE TABLE user_pools (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    configuration TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE user_pool_applications (
    pool_id TEXT NOT NULL REFERENCES user_pools (id) ON DELETE CASCADE,
    app_id TEXT NOT NULL,
    PRIMARY KEY (pool_id, app_id)
);
CREATE TABLE user_pool_accounts (
    pool_id TEXT NOT NULL REFERENCES user_pools (id) ON DELETE CASCADE,
    address_key TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    document TEXT NOT NULL,
    PRIMARY KEY (pool_id, address_key)
);
CREATE TABLE user_pool_users (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    pool_id TEXT NOT NULL REFERENCES user_pools (id) ON DELETE CASCADE,
    account_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (pool_id, account_key)
);
CREATE INDEX user_pool_users_order ON user_pool_users (pool_id, created_at, user_id);
CREATE TABLE user_pool_sign_ins (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    pool_id TEXT NOT NULL REFERENCES user_pools (id) ON DELETE CASCADE,
    browser TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    nonce TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_pool_sign_ins_pool ON user_pool_sign_ins (pool_id);
CREATE INDEX user_pool_sign_ins_expiry ON user_pool_sign_ins (expires_at);
",
};
