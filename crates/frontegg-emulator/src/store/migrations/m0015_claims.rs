//! Claims and guesses that do others no harm: an address is unique among those that are proven, and among those that
//! accounts were made for; a guess at a code counts where it was made.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0015_claims",
    up: "
CREATE TABLE claimed_emails (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    address_key TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    email_folded TEXT NOT NULL DEFAULT ''
);
INSERT INTO claimed_emails SELECT id, user_id, email, address_key, verified, is_primary, created_at, updated_at,
    email_folded FROM user_emails;
DROP TABLE user_emails;
ALTER TABLE claimed_emails RENAME TO user_emails;
CREATE UNIQUE INDEX user_emails_user ON user_emails (user_id, address_key);
CREATE UNIQUE INDEX user_emails_primary ON user_emails (user_id) WHERE is_primary;
CREATE INDEX user_emails_address ON user_emails (address_key);
CREATE UNIQUE INDEX user_emails_proven ON user_emails (address_key) WHERE verified;
CREATE UNIQUE INDEX user_emails_account ON user_emails (address_key) WHERE is_primary;
CREATE INDEX user_emails_created ON user_emails (created_at, id);
CREATE INDEX user_emails_folded ON user_emails (email_folded);
ALTER TABLE memberships ADD COLUMN invited_as TEXT;
ALTER TABLE one_time_tokens ADD COLUMN blind_attempts INTEGER NOT NULL DEFAULT 0;
CREATE TABLE blind_guesses (
    id TEXT NOT NULL PRIMARY KEY,
    client TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX blind_guesses_client ON blind_guesses (client, created_at);
CREATE INDEX blind_guesses_created ON blind_guesses (created_at);
",
};
