//! One table of sign-ins for which a browser is at an identity provider, of whichever kind that is.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0031_provider_sign_ins",
    up: "
CREATE TABLE provider_sign_ins (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    browser TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    nonce TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX provider_sign_ins_provider ON provider_sign_ins (provider_id);
CREATE INDEX provider_sign_ins_expiry ON provider_sign_ins (expires_at);
INSERT INTO provider_sign_ins (fingerprint, provider_id, browser, code_verifier, nonce, redirect_uri, expires_at)
SELECT fingerprint, provider_id, browser, code_verifier, nonce, redirect_uri, expires_at FROM social_sign_ins
UNION ALL
SELECT fingerprint, pool_id, browser, code_verifier, nonce, redirect_uri, expires_at FROM user_pool_sign_ins;
DROP TABLE social_sign_ins;
DROP TABLE user_pool_sign_ins;
",
    down: "
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
INSERT INTO user_pool_sign_ins (fingerprint, pool_id, browser, code_verifier, nonce, redirect_uri, expires_at)
SELECT * FROM provider_sign_ins WHERE provider_id IN (SELECT id FROM user_pools);
INSERT INTO social_sign_ins (fingerprint, provider_id, browser, code_verifier, nonce, redirect_uri, expires_at)
SELECT * FROM provider_sign_ins WHERE provider_id IN (SELECT id FROM social_providers);
DROP TABLE provider_sign_ins;
",
};
