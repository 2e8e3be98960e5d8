//! Second factors: authenticator apps, phones, WebAuthn credentials; recovery codes; browsers that
//! skip the second factor.
//!
//! The secret of an authenticator app is kept as it is, since the codes that the app shows have to be
//! computed from it. `pending_id` is the sign-in in which an app is being set up, and nothing is
//! left of it when that is forgotten. Binary values of WebAuthn are base64url text.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0012_mfa",
    up: "
CREATE TABLE authenticators (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pending_id TEXT REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    last_step BIGINT,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT
);
CREATE INDEX authenticators_user ON authenticators (user_id, created_at);
CREATE INDEX authenticators_pending ON authenticators (pending_id);
CREATE UNIQUE INDEX authenticators_unconfirmed ON authenticators (user_id, COALESCE(pending_id, ''))
    WHERE confirmed_at IS NULL;
CREATE TABLE mfa_phones (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    phone_number TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX mfa_phones_user ON mfa_phones (user_id, phone_number);
CREATE TABLE webauthn_credentials (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    device_type TEXT NOT NULL,
    name TEXT NOT NULL,
    is_user_verified BOOLEAN NOT NULL,
    is_backup_eligible BOOLEAN NOT NULL,
    is_backed_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX webauthn_credentials_user ON webauthn_credentials (user_id, created_at);
CREATE TABLE webauthn_challenges (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    pending_id TEXT REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    credential_id TEXT REFERENCES webauthn_credentials (id) ON DELETE CASCADE,
    challenge TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX webauthn_challenges_user ON webauthn_challenges (user_id);
CREATE INDEX webauthn_challenges_pending ON webauthn_challenges (pending_id);
CREATE INDEX webauthn_challenges_credential ON webauthn_challenges (credential_id);
CREATE INDEX webauthn_challenges_expiry ON webauthn_challenges (expires_at);
CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    spent_at BIGINT
);
CREATE TABLE remembered_devices (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX remembered_devices_user ON remembered_devices (user_id);
",
};
