//! Reports of long work on people, and the answers made of them.

use frontegg_contract::ApiResult;
use frontegg_model::{enums, types};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{jobs, memberships::Outcome},
    store::Tx,
};

/// The kind of the jobs that change roles.
const ROLES: &str = "bulk-roles";
/// A change in more tenants than this is reported as a task.
const AT_ONCE: usize = 100;

/// What is kept of a change of roles.
#[derive(Debug, Serialize, Deserialize)]
struct RolesReport {
    user_id: String,
    added: Vec<String>,
    removed: Vec<String>,
    tenants: usize,
    out_of_sight: Vec<(String, Vec<String>)>,
}

/// Answers with what was changed or, where that was much, with a task that tells it.
pub(super) async fn roles_changed(
    tx: &Tx,
    user_id: String,
    outcome: Outcome,
) -> ApiResult<types::BulkUpdateUserRolesSyncResponseDto> {
    let Outcome { added, removed, tenants, out_of_sight } = outcome;
    if tenants > AT_ONCE {
        let report = RolesReport { user_id: user_id.clone(), added, removed, tenants, out_of_sight };
        return Ok(types::BulkUpdateUserRolesSyncResponseDto {
            user_id,
            affected_tenants: None,
            roles_added: None,
            roles_removed: None,
            task_id: Some(jobs::keep(tx, ROLES, &report).await?),
        });
    }
    Ok(types::BulkUpdateUserRolesSyncResponseDto {
        user_id,
        affected_tenants: Some(count(tenants)),
        roles_added: Some(added),
        roles_removed: Some(removed),
        task_id: None,
    })
}

/// How that task went; it ended before anybody could ask.
pub(super) async fn roles_status(tx: &Tx, task_id: String) -> ApiResult<types::BulkRolesTaskStatusResponseDto> {
    let report: RolesReport = jobs::report(tx, ROLES, &task_id).await?;
    let status = if report.out_of_sight.is_empty() {
        enums::TaskStatus::Completed
    } else {
        enums::TaskStatus::CompletedWithErrors
    };
    let error = |(role_id, tenant_ids): (String, Vec<String>)| types::BulkRolesTaskError {
        message: "Role not found".to_owned(),
        details: Some(format!("Role {role_id} belongs to another tenant")),
        tenant_id: None,
        tenant_ids: Some(tenant_ids),
    };
    Ok(types::BulkRolesTaskStatusResponseDto {
        id: task_id,
        user_id: report.user_id,
        status,
        total_tenants: count(report.tenants),
        processed_tenants: count(report.tenants),
        added_role_ids: report.added,
        removed_role_ids: report.removed,
        errors: Some(report.out_of_sight.into_iter().map(error).collect()),
    })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
