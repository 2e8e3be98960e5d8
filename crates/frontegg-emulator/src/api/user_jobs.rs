//! Reports of long work on people, and the answers made of them.

use frontegg_contract::ApiResult;
use frontegg_model::{enums, types};
use serde::{Deserialize, Serialize};

use super::paging::count;
use crate::{
    domain::{
        Refusal, jobs,
        joining::{
            bulk_invitation::{self, Entry, Failure, Report},
            creation::Invitation,
        },
        memberships::Outcome,
        users::NewUser,
    },
    service::Service,
    store::{Read, Write},
};

/// Somebody as a list of invitations names them.
pub(super) async fn entry(
    service: &Service,
    tenant_id: &str,
    body: types::UserBulkInviteRequestDto,
) -> ApiResult<Entry> {
    let password_hash = match &body.password {
        Some(password) => match service.newcomers_password(tenant_id, password).await {
            Ok(hash) => Some(hash),
            Err(error) if error.refusal() == Refusal::BadRequest => {
                return Ok(Err(Failure { email: body.email, message: error.messages().join("; ") }));
            }
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let person = NewUser {
        email: body.email,
        username: body.username,
        name: body.name,
        profile_picture_url: body.profile_picture_url,
        phone_number: body.phone_number,
        password_hash,
        provider: body.provider.map(|provider| provider.as_str().to_owned()),
        metadata: body.metadata,
        verified: body.verified.unwrap_or_default(),
        ..NewUser::default()
    };
    Ok(Ok(Invitation {
        person,
        role_ids: body.role_ids,
        seconds: body.expiration_in_seconds,
        silent: body.skip_invite_email.unwrap_or_default(),
        application_id: None,
        mail_context: body.email_metadata.unwrap_or_default(),
    }))
}

/// Invites these people, some at a time, so that other requests get their turn; gives the id of the
/// report.
pub(super) async fn invite(service: &Service, tenant_id: &str, mut entries: Vec<Entry>) -> ApiResult<String> {
    let mut report = Report { total: entries.len(), failures: Vec::new() };
    loop {
        let later = entries.split_off(entries.len().min(AT_ONCE));
        let invite = async |tx: &Write| {
            report.failures.extend(bulk_invitation::invite(tx, tenant_id, entries).await?);
            if later.is_empty() { Ok(Some(bulk_invitation::keep(tx, &report).await?)) } else { Ok(None) }
        };
        if let Some(id) = service.write(invite).await? {
            return Ok(id);
        }
        entries = later;
    }
}

/// How an invitation of many went; it ended before anybody could ask.
pub(super) fn invite_status(id: String, report: Report) -> types::BulkInviteStatus {
    let failure = |failure: Failure| types::BulkInviteError { email: failure.email, message: Some(failure.message) };
    types::BulkInviteStatus {
        id: Some(id),
        status: Some(status(&report.failures)),
        total_users: Some(count(report.total)),
        processed_users: Some(count(report.total)),
        errors: Some(report.failures.into_iter().map(failure).collect()),
    }
}

fn status<T>(failures: &[T]) -> enums::TaskStatus {
    if failures.is_empty() { enums::TaskStatus::Completed } else { enums::TaskStatus::CompletedWithErrors }
}

/// The kind of the jobs that change roles.
const ROLES: &str = "bulk-roles";
/// So much is done in one transaction. A change of roles in more tenants is reported as a task.
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
    tx: &Write,
    user_id: String,
    outcome: Outcome,
) -> ApiResult<types::BulkUpdateUserRolesSyncResponseDto> {
    let Outcome { added, removed, tenants, out_of_sight } = outcome;
    if tenants > AT_ONCE {
        let report = RolesReport { user_id: user_id.clone(), added, removed, tenants, out_of_sight };
        let task_id = Some(jobs::keep(tx, ROLES, &report).await?);
        return Ok(types::BulkUpdateUserRolesSyncResponseDto {
            task_id,
            ..types::BulkUpdateUserRolesSyncResponseDto::new(user_id)
        });
    }
    Ok(types::BulkUpdateUserRolesSyncResponseDto {
        affected_tenants: Some(count(tenants)),
        roles_added: Some(added),
        roles_removed: Some(removed),
        ..types::BulkUpdateUserRolesSyncResponseDto::new(user_id)
    })
}

/// How that task went; it ended before anybody could ask.
pub(super) async fn roles_status(tx: &Read, task_id: String) -> ApiResult<types::BulkRolesTaskStatusResponseDto> {
    let report: RolesReport = jobs::report(tx, ROLES, &task_id).await?;
    let status = status(&report.out_of_sight);
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
