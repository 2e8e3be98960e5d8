//! How many people there are, and how many in each tenant: kept, so that nobody counts them. A membership says how old
//! its person is, so that the members of a tenant stand by age in one index. The database itself keeps both in step.

use super::{SqlMigration, triggers::Triggers};

/// `''` stands for all people, be they in a tenant or not.
pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0023_counts",
    up: "
CREATE TABLE people_counts (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    people BIGINT NOT NULL
);
INSERT INTO people_counts SELECT tenant_id, COUNT(*) FROM memberships GROUP BY tenant_id;
INSERT INTO people_counts SELECT '', COUNT(*) FROM users HAVING COUNT(*) > 0;
ALTER TABLE memberships ADD COLUMN user_created_at BIGINT;
UPDATE memberships SET user_created_at = (SELECT users.created_at FROM users WHERE users.id = memberships.user_id);
CREATE INDEX memberships_ages ON memberships (tenant_id, user_created_at, user_id);
DROP INDEX memberships_people;
DROP INDEX users_ages;
CREATE INDEX users_hidden ON users (id) WHERE invisible;
",
};

pub(super) const TRIGGERS: Triggers = Triggers {
    sqlite: "
CREATE TRIGGER users_counted AFTER INSERT ON users BEGIN
    INSERT INTO people_counts VALUES ('', 1) ON CONFLICT (tenant_id) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER users_counted_off AFTER DELETE ON users BEGIN
    UPDATE people_counts SET people = people - 1 WHERE tenant_id = '';
END;
CREATE TRIGGER members_counted AFTER INSERT ON memberships BEGIN
    INSERT INTO people_counts VALUES (NEW.tenant_id, 1) ON CONFLICT (tenant_id) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER members_counted_off AFTER DELETE ON memberships BEGIN
    UPDATE people_counts SET people = people - 1 WHERE tenant_id = OLD.tenant_id;
    DELETE FROM people_counts WHERE tenant_id = OLD.tenant_id AND people = 0;
END;
CREATE TRIGGER members_counted_anew AFTER UPDATE OF tenant_id ON memberships BEGIN
    INSERT INTO people_counts VALUES (NEW.tenant_id, 1) ON CONFLICT (tenant_id) DO UPDATE SET people = people + 1;
    UPDATE people_counts SET people = people - 1 WHERE tenant_id = OLD.tenant_id;
    DELETE FROM people_counts WHERE tenant_id = OLD.tenant_id AND people = 0;
END;
CREATE TRIGGER members_aged AFTER INSERT ON memberships
    WHEN NEW.user_created_at IS NOT (SELECT created_at FROM users WHERE id = NEW.user_id) BEGIN
    UPDATE memberships SET user_created_at = (SELECT created_at FROM users WHERE id = NEW.user_id) WHERE id = NEW.id;
END;
CREATE TRIGGER members_aged_anew AFTER UPDATE OF user_id ON memberships BEGIN
    UPDATE memberships SET user_created_at = (SELECT created_at FROM users WHERE id = NEW.user_id) WHERE id = NEW.id;
END;
",
    postgres: "
CREATE FUNCTION count_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO people_counts AS kept VALUES ('', 1) ON CONFLICT (tenant_id) DO UPDATE SET people = kept.people + 1;
    ELSE
        UPDATE people_counts SET people = people - 1 WHERE tenant_id = '';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION count_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO people_counts AS kept VALUES (NEW.tenant_id, 1)
            ON CONFLICT (tenant_id) DO UPDATE SET people = kept.people + 1;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE people_counts SET people = people - 1 WHERE tenant_id = OLD.tenant_id;
        DELETE FROM people_counts WHERE tenant_id = OLD.tenant_id AND people = 0;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION age_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.user_created_at := (SELECT users.created_at FROM users WHERE users.id = NEW.user_id);
    RETURN NEW;
END $$;
CREATE TRIGGER users_counted AFTER INSERT OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION count_person();
CREATE TRIGGER members_counted AFTER INSERT OR DELETE OR UPDATE OF tenant_id ON memberships
    FOR EACH ROW EXECUTE FUNCTION count_member();
CREATE TRIGGER members_aged BEFORE INSERT OR UPDATE OF user_id ON memberships
    FOR EACH ROW EXECUTE FUNCTION age_member();
",
};
