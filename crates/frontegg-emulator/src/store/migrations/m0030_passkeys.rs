//! Whether a WebAuthn credential is a passkey, with which its owner signs in, or a second factor.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0030_passkeys",
    up: "ALTER TABLE webauthn_credentials ADD COLUMN is_passkey BOOLEAN NOT NULL DEFAULT FALSE;",
};
