//! The audit trail. An entry outlives whom and what it is about, so it refers to no other row. How many there are is kept,
//! by tenant and day. Whoever could read rules about security before may read it: its permission is of the same kind.

use super::{SqlMigration, triggers::Triggers};

/// `''` stands for entries about no tenant.
pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0033_audits",
    up: "
CREATE TABLE audits (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    severity TEXT NOT NULL,
    user_id TEXT,
    user_name TEXT,
    email TEXT,
    resource TEXT,
    action TEXT,
    description TEXT,
    ip TEXT,
    user_agent TEXT,
    feature_flag_id TEXT,
    members TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX audits_time ON audits (created_at, id);
CREATE INDEX audits_tenant ON audits (tenant_id, created_at, id);
CREATE INDEX audits_person ON audits (tenant_id, user_id, created_at, id);
CREATE INDEX audits_user ON audits (tenant_id, COALESCE(LOWER(user_name), ''), created_at, id);
CREATE INDEX audits_email ON audits (tenant_id, COALESCE(LOWER(email), ''), created_at, id);
CREATE INDEX audits_resource ON audits (tenant_id, COALESCE(LOWER(resource), ''), created_at, id);
CREATE INDEX audits_action ON audits (tenant_id, COALESCE(LOWER(action), ''), created_at, id);
CREATE INDEX audits_severity ON audits (tenant_id, COALESCE(LOWER(severity), ''), created_at, id);
CREATE INDEX audits_ip ON audits (tenant_id, COALESCE(LOWER(ip), ''), created_at, id);
CREATE TABLE audit_counts (
    tenant_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, day)
);
INSERT INTO permissions
    (id, key, name, description, category_id, fe_permission, assignment_type, created_at, updated_at)
    SELECT '6c754182-ce6f-4056-9c34-6fd9e4a03fed', 'fe.secure.read.audits', 'Read the audit trail', NULL, category_id,
        fe_permission, assignment_type, created_at, updated_at
    FROM permissions WHERE key = 'fe.secure.read.securityPolicy' AND fe_permission
    ON CONFLICT DO NOTHING;
INSERT INTO role_permissions (role_id, permission_id)
    SELECT held.role_id, granted.id FROM role_permissions AS held
    JOIN permissions AS known ON known.id = held.permission_id
    JOIN permissions AS granted ON granted.key = 'fe.secure.read.audits'
    WHERE known.key = 'fe.secure.read.securityPolicy'
    ON CONFLICT DO NOTHING;
",
};

pub(super) const TRIGGERS: Triggers = Triggers {
    sqlite: "
CREATE TRIGGER audits_counted AFTER INSERT ON audits BEGIN
    INSERT INTO audit_counts VALUES (COALESCE(NEW.tenant_id, ''), NEW.created_at / 86400000000, 1)
        ON CONFLICT (tenant_id, day) DO UPDATE SET entries = entries + 1;
END;
CREATE TRIGGER audits_counted_off AFTER DELETE ON audits BEGIN
    UPDATE audit_counts SET entries = entries - 1
        WHERE tenant_id = COALESCE(OLD.tenant_id, '') AND day = OLD.created_at / 86400000000;
    DELETE FROM audit_counts
        WHERE tenant_id = COALESCE(OLD.tenant_id, '') AND day = OLD.created_at / 86400000000 AND entries = 0;
END;
",
    postgres: "
CREATE FUNCTION count_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_counts AS kept VALUES (COALESCE(NEW.tenant_id, ''), NEW.created_at / 86400000000, 1)
            ON CONFLICT (tenant_id, day) DO UPDATE SET entries = kept.entries + 1;
    ELSE
        UPDATE audit_counts SET entries = entries - 1
            WHERE tenant_id = COALESCE(OLD.tenant_id, '') AND day = OLD.created_at / 86400000000;
        DELETE FROM audit_counts
            WHERE tenant_id = COALESCE(OLD.tenant_id, '') AND day = OLD.created_at / 86400000000 AND entries = 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audits_counted AFTER INSERT OR DELETE ON audits FOR EACH ROW EXECUTE FUNCTION count_audit();
",
};
