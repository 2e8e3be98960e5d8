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
};
