//! What people are sorted by stands in their own row, with an index for each order: their primary address beside the
//! rest, which the database itself keeps in step with the addresses. Members of a tenant are counted and sorted
//! by age in indexes alone.

use super::{SqlMigration, triggers::Triggers};

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0020_orders",
    up: "
ALTER TABLE users ADD COLUMN address_key TEXT;
UPDATE users SET address_key =
    (SELECT user_emails.address_key FROM user_emails WHERE user_emails.user_id = users.id AND user_emails.is_primary);
CREATE INDEX users_address_order ON users (COALESCE(address_key, ''), created_at, id);
CREATE INDEX users_verified_order ON users (verified, created_at, id);
CREATE INDEX users_locked_order ON users (is_locked, created_at, id);
CREATE INDEX users_provider_order ON users (provider, created_at, id);
CREATE INDEX users_tenant_order ON users (COALESCE(active_tenant_id, ''), created_at, id);
CREATE INDEX memberships_people ON memberships (tenant_id, user_id);
CREATE INDEX users_ages ON users (id, created_at);
",
};

/// That a change of an address reaches the person's row.
pub(super) const TRIGGERS: Triggers = Triggers {
    sqlite: "
CREATE TRIGGER user_emails_made AFTER INSERT ON user_emails WHEN NEW.is_primary BEGIN
    UPDATE users SET address_key = NEW.address_key WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_emails_changed AFTER UPDATE OF address_key, is_primary, user_id ON user_emails BEGIN
    UPDATE users SET address_key =
        (SELECT address_key FROM user_emails WHERE user_id = NEW.user_id AND is_primary) WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_emails_dropped AFTER DELETE ON user_emails WHEN OLD.is_primary BEGIN
    UPDATE users SET address_key = NULL WHERE id = OLD.user_id;
END;
",
    postgres: "
CREATE FUNCTION keep_address_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET address_key =
        (SELECT kept.address_key FROM user_emails AS kept WHERE kept.user_id = users.id AND kept.is_primary)
    WHERE users.id = COALESCE(NEW.user_id, OLD.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER user_emails_made AFTER INSERT ON user_emails
    FOR EACH ROW WHEN (NEW.is_primary) EXECUTE FUNCTION keep_address_key();
CREATE TRIGGER user_emails_changed AFTER UPDATE OF address_key, is_primary, user_id ON user_emails
    FOR EACH ROW EXECUTE FUNCTION keep_address_key();
CREATE TRIGGER user_emails_dropped AFTER DELETE ON user_emails
    FOR EACH ROW WHEN (OLD.is_primary) EXECUTE FUNCTION keep_address_key();
",
};
