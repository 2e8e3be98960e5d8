//! Flows in which people approve what somebody asks for. An execution outlives its flow, and goes with who asked.

use super::SqlMigration;

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0027_approval_flows",
    up: "
CREATE TABLE approval_flows (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    is_active BOOLEAN NOT NULL,
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX approval_flows_tenant ON approval_flows (tenant_id, created_at);
CREATE TABLE approval_executions (
    id TEXT NOT NULL PRIMARY KEY,
    flow_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT,
    definition TEXT NOT NULL,
    execution_data TEXT,
    webhook_url TEXT,
    status TEXT NOT NULL,
    step_id TEXT NOT NULL,
    step_began_at BIGINT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX approval_executions_due ON approval_executions (due_at);
CREATE INDEX approval_executions_user ON approval_executions (user_id);
CREATE INDEX approval_executions_tenant ON approval_executions (tenant_id);
CREATE TABLE approvers (
    id TEXT NOT NULL PRIMARY KEY,
    execution_id TEXT NOT NULL REFERENCES approval_executions (id) ON DELETE CASCADE,
    step_id TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    email TEXT,
    phone_number TEXT,
    decision TEXT,
    decided_at BIGINT
);
CREATE INDEX approvers_execution ON approvers (execution_id, step_id);
CREATE INDEX approvers_user ON approvers (user_id);
",
};
